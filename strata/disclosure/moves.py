"""How a year of movement adds up: what anybody can write about the counts of sql/indicators/transition.sql.

Belongs here: the equations between members, outcomes, falls, entries and the stock a year later. Not here: sums along a column (sums.py).

Three sums. The outcomes of a row are its members. Who falls, fell for one of the published reasons or for another. Who reached a stratum
from another and who entered it are its stock a year later, but for those who moved between places: this net is no count of persons, and
the reader is taken to know it. Members and stock are taken as known too, published or not: so the equations of a year of movement touch
no other, and are solved by themselves. Small ones, which may well be withheld, are not taken as known.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import polars as pl

from strata.disclosure.cells import MEMBERS

STRATA = ("1", "2", "3", "4")
OUTCOMES = (*(f"to_{stratum}" for stratum in STRATA), "to_none", "to_dead", "to_left")
REASONS = ("evidence_expired", "no_recent_event")
PREFIX = "transition_"
MANY = 50  # of a stock, beyond any threshold
_GONE = ("to_none", "to_left")
_CELL = ("condition", "state_year", "territory_id", "stratum")


class Book(Protocol):
    """What equations are written in (sums.py)."""

    def new(self, value: int, kind: str) -> int: ...

    def write(self, left: Sequence[int], right: Sequence[int]) -> None: ...

    def value(self, node: int) -> int: ...


Row = tuple[str, int, str, str]


def add_moves(book: Book, cells: pl.DataFrame, *, hidden: str, margin: str) -> None:
    """Write the equations of every row of movement. cells: the published counts, numbered (`node`). hidden, margin: kinds of new nodes."""
    moved = cells.filter(pl.col("counted").str.starts_with(PREFIX) & (pl.col("sex") == "all") & (pl.col("age_band") == "all"))
    if moved.is_empty():
        return
    members = cells.filter((pl.col("counted") == MEMBERS) & (pl.col("sex") == "all") & (pl.col("age_band") == "all"))
    member = {
        (condition, year, place, stratum): node for condition, year, place, stratum, node in members.select(*_CELL, "node").iter_rows()
    }
    counts: dict[Row, dict[str, int]] = {}
    for name, condition, year, place, stratum, node in moved.select("counted", *_CELL, "node").iter_rows():
        found = counts.setdefault((condition, year, place, stratum), {})
        found[name.removeprefix(PREFIX)] = node
    for key in sorted(counts, key=str):
        condition, year, place, stratum = key
        _add_row(book, member.get(key), counts[key], (hidden, margin))
        _add_falls(book, stratum, counts[key], hidden)
        reached = counts.get((condition, year - 1, place, "all"), {}).get(f"to_{stratum}")
        _add_stock(book, member.get(key), reached, counts[key].get("entered"), margin)


def _add_row(book: Book, members: int | None, found: Mapping[str, int], kinds: tuple[str, str]) -> None:
    """Everybody has one outcome; and who has a reason is part of everybody."""
    if members is None:
        return
    hidden, margin = kinds
    size = book.value(members)
    whole = members if size < MANY else book.new(size, margin)
    parts = [found[name] for name in OUTCOMES if name in found]
    if (others := size - sum(book.value(node) for node in parts)) >= 0:
        book.write([whole], [*parts, book.new(others, hidden)] if others else parts)
    for name in REASONS:
        if name in found and 0 < (rest := size - book.value(found[name])) < MANY:
            book.write([whole], [found[name], book.new(rest, hidden)])


def _add_falls(book: Book, stratum: str, found: Mapping[str, int], hidden: str) -> None:
    lower = [f"to_{name}" for name in STRATA if name < stratum] if stratum in STRATA else []
    names = [*lower, *_GONE]
    if stratum in STRATA and all(name in found for name in (*names, *REASONS)):
        parts = [found[name] for name in names]
        fallen = sum(book.value(node) for node in parts)
        other = fallen - sum(book.value(found[name]) for name in REASONS)
        total = book.new(fallen, hidden)
        book.write([total], parts)
        if other >= 0:
            book.write([total], [*(found[name] for name in REASONS), book.new(other, hidden)])


def _add_stock(book: Book, stock: int | None, reached: int | None, entered: int | None, margin: str) -> None:
    """reached: from any stratum to this one; those who moved between places stand between them and the stock."""
    if stock is None or reached is None or entered is None:
        return
    known = book.value(reached) + book.value(entered)
    if known >= MANY:
        book.write([book.new(known, margin)], [reached, entered])
    else:
        net = book.value(stock) - known
        book.write([stock, book.new(max(-net, 0), margin)], [reached, entered, book.new(max(net, 0), margin)])
