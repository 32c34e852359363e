"""How counts add up: the equations that anybody can write about the published cells, and what they would give by subtraction.

Belongs here: strata, sexes, ages and places that make a total; places within declared wholes; counts nested in others; unions of
definitions; sums known from a reference pack. Not here: what is masked (primary.py, secondary.py), whether it holds (audit.py).

A difference that is no published cell - extended risk without strict, members without those counted, what is missing of a sum - is a
node too, hidden: it is never printed, and must not be found by subtraction when it concerns few persons.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import block_array, csr_matrix
from scipy.sparse.csgraph import connected_components

from strata.disclosure.cells import CELL, MEMBERS, NODE
from strata.disclosure.moves import MANY, PREFIX, add_moves

CELL_KIND, HIDDEN, MARGIN = "cell", "hidden", "margin"
IN_BOTH = "overlap numerator"  # who has both conditions of a union (sql/indicators/overlap.sql)
# A sum: the column whose parts add up, its total, and its parts when not every other value is one.
_SUMS = {
    "territory_id": ("ALL", None),
    "stratum": ("all", ("1", "2", "3", "4")),
    "sex": ("all", ("F", "M")),
    "age_band": ("all", None),
}
MARGIN_COLUMNS: dict[str, Any] = {
    "condition": pl.String,
    "state_year": pl.Int16,
    "stratum": pl.String,
    "sex": pl.String,
    "age_bands": pl.List(pl.String),
}


@dataclass(frozen=True)
class Relations:
    """What adds up beyond the columns.

    wholes: a published place and the places it is made of. unions: a condition, and the two whose union it is.
    margins: sums over the whole extract that are known from elsewhere (MARGIN_COLUMNS), as from the pack made of it.
    same: a count nested in the members that other cells of theirs give: its column and the values that it is the sum of (women, a group of
    ages). partitions: counts nested in the members that make them all up.
    """

    wholes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    same: Mapping[str, tuple[str, Sequence[str]]] = field(default_factory=dict)
    partitions: Sequence[Sequence[str]] = ()
    margins: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=MARGIN_COLUMNS))


@dataclass(frozen=True)
class Sums:
    """matrix @ values == 0. cells: the published ones (NODE, persons), first in `values`; kind: 'cell', 'hidden' or 'margin' by node."""

    cells: pl.DataFrame
    values: NDArray[np.int64]
    kind: NDArray[np.str_]
    matrix: csr_matrix


def sums_of(cells: pl.DataFrame, relations: Relations | None = None, *, is_many_known: bool = True) -> Sums:
    """Every equation between the counts of `cells` (cells.count_cells).

    Members who are many are taken as known, published or not: what is nested in them is solved apart, and they are seldom withheld.
    is_many_known: False where that would give a few by subtraction, whatever is withheld: beside a few, they are counts like others.
    """
    relations = relations or Relations()
    numbered = cells.with_row_index("node").with_columns(pl.col("node").cast(pl.Int64))
    book = _Book(cells["persons"].to_numpy())
    for column, (total, parts) in _SUMS.items():
        _add_column(book, numbered, column, total, parts, relations)
    _add_wholes(book, numbered, relations.wholes)
    crowds = _crowds(book, numbered, is_many_known)
    _add_nested(book, numbered, crowds)
    _add_same(book, numbered, relations.same)
    _add_partitions(book, numbered, relations.partitions, crowds)
    _add_unions(book, numbered, relations.unions)
    _add_margins(book, numbered, relations.margins)
    add_moves(book, numbered, hidden=HIDDEN, margin=MARGIN)
    return Sums(cells, book.all_values(), book.kinds(), book.matrix())


def parts_of(matrix: csr_matrix) -> NDArray[np.int32]:
    """For each column (node), the number of its part: nodes of different parts share no equation, directly or not."""
    graph = block_array([[None, matrix.T], [matrix, None]]) if matrix.shape[0] else csr_matrix((matrix.shape[1], matrix.shape[1]))
    _, part = connected_components(graph, directed=False)
    return part[: matrix.shape[1]]


class _Book:
    """The equations as they are written, one after the other: a total (+1), its parts (-1), and what is missing of it."""

    def __init__(self, values: NDArray[np.int64]) -> None:
        self.values = values.astype(np.int64)
        self.extra: list[int] = []
        self.extra_kind: list[str] = []
        self.terms: list[tuple[int, int, int]] = []
        self.equations = 0

    def add(self, total: int, parts: Sequence[int], *, is_whole: bool) -> None:
        """total = parts, plus something hidden unless they are the whole of it. Parts over their total are no sum."""
        rest = self.value(total) - int(self.values[list(parts)].sum())
        if rest < 0:
            return
        hidden = [] if is_whole and rest == 0 else [self.new(rest, HIDDEN)]
        self.write([total], [*parts, *hidden])

    def new(self, value: int, kind: str) -> int:
        self.extra.append(value)
        self.extra_kind.append(kind)
        return len(self.values) + len(self.extra) - 1

    def write(self, left: Sequence[int], right: Sequence[int]) -> None:
        self.terms += [(self.equations, node, 1) for node in left] + [(self.equations, node, -1) for node in right]
        self.equations += 1

    def value(self, node: int) -> int:
        return int(self.values[node]) if node < len(self.values) else self.extra[node - len(self.values)]

    def all_values(self) -> NDArray[np.int64]:
        return np.concatenate([self.values, np.array(self.extra, dtype=np.int64)])

    def kinds(self) -> NDArray[np.str_]:
        return np.array([CELL_KIND] * len(self.values) + self.extra_kind)

    def matrix(self) -> csr_matrix:
        rows, columns, signs = np.array(self.terms, dtype=np.int64).reshape(-1, 3).T
        return csr_matrix((signs.astype(float), (rows, columns)), shape=(self.equations, len(self.values) + len(self.extra)))


def _add_column(book: _Book, cells: pl.DataFrame, column: str, total: str, parts: Sequence[str] | None, relations: Relations) -> None:
    others = [name for name in NODE if name != column]
    is_part = pl.col(column).is_in(list(parts)) if parts else ~pl.col(column).is_in([total, *relations.wholes])
    scope = ["condition", "state_year"]
    owed = cells.filter(is_part).group_by(scope).agg(owed=pl.lit(len(parts)) if parts else pl.col(column).n_unique())
    found = cells.filter(is_part).group_by(others, maintain_order=True).agg(parts=pl.col("node"))
    totals = cells.filter(pl.col(column) == total).select(*others, total="node")
    for row in found.join(totals, on=others).join(owed, on=scope).sort("total").iter_rows(named=True):
        book.add(row["total"], row["parts"], is_whole=len(row["parts"]) == row["owed"])


def _add_wholes(book: _Book, cells: pl.DataFrame, wholes: Mapping[str, Sequence[str]]) -> None:
    others = [name for name in NODE if name != "territory_id"]
    for whole, places in wholes.items():
        parts = cells.filter(pl.col("territory_id").is_in(list(places))).group_by(others, maintain_order=True).agg(parts=pl.col("node"))
        totals = cells.filter(pl.col("territory_id") == whole).select(*others, total="node")
        for row in parts.join(totals, on=others).sort("total").iter_rows(named=True):
            book.add(row["total"], row["parts"], is_whole=len(row["parts"]) == len(places))


def _crowds(book: _Book, cells: pl.DataFrame, is_many_known: bool) -> set[int]:
    """The nodes of members taken as known (sums_of)."""
    members = cells.filter(pl.col("counted") == MEMBERS)["node"].to_list()
    many = {node for node in members if book.value(node) >= MANY}
    return many if is_many_known else many - _beside_few(book)


def _beside_few(book: _Book) -> set[int]:
    """The cells that share one of the sums written so far with a few persons."""
    beside: set[int] = set()
    for _, terms in groupby(book.terms, key=lambda term: term[0]):
        nodes = [node for _, node, _ in terms if node < len(book.values)]
        if any(0 < book.value(node) < MANY for node in nodes):
            beside.update(nodes)
    return beside


def _add_nested(book: _Book, cells: pl.DataFrame, crowds: Container[int]) -> None:
    """Strict risk within extended; whoever an indicator counts within the members of its cell (of movement: moves.py)."""
    others = [name for name in NODE if name != "stratum"]
    strict, extended = (
        cells.filter(pl.col("stratum") == f"at_risk_{level}").select(*others, level="node") for level in ("strict", "extended")
    )
    pairs = extended.join(strict.rename({"level": "part"}), on=others).select(total="level", part="part")
    members = cells.filter(pl.col("counted") == MEMBERS).select(*CELL, total="node")
    within = (
        cells.filter((pl.col("counted") != MEMBERS) & ~pl.col("counted").str.starts_with(PREFIX))
        .select(*CELL, part="node")
        .join(members, on=CELL)
        .select("total", "part")
    )
    for total, part in pairs.sort("part").iter_rows():
        book.add(total, [part], is_whole=False)
    for total, part in within.sort("part").iter_rows():
        if book.value(part) <= (size := book.value(total)):
            book.add(book.new(size, MARGIN) if total in crowds else total, [part], is_whole=False)


def _add_same(book: _Book, cells: pl.DataFrame, same: Mapping[str, tuple[str, Sequence[str]]]) -> None:
    for counted, (column, values) in same.items():
        others = [name for name in CELL if name != column]
        nested = cells.filter((pl.col("counted") == counted) & (pl.col(column) == "all")).select(*others, nested="node")
        parts = cells.filter((pl.col("counted") == MEMBERS) & pl.col(column).is_in(list(values)))
        found = parts.group_by(others, maintain_order=True).agg(parts="node").filter(pl.col("parts").list.len() == len(values))
        for row in nested.join(found, on=others).sort("nested").iter_rows(named=True):
            book.add(row["nested"], row["parts"], is_whole=True)


def _add_partitions(book: _Book, cells: pl.DataFrame, partitions: Sequence[Sequence[str]], crowds: Container[int]) -> None:
    members = cells.filter(pl.col("counted") == MEMBERS).select(*CELL, total="node")
    for names in partitions:
        found = cells.filter(pl.col("counted").is_in(list(names))).group_by(CELL, maintain_order=True).agg(parts="node")
        whole = found.filter(pl.col("parts").list.len() == len(names)).join(members, on=CELL).sort("total")
        for row in whole.iter_rows(named=True):
            size = book.value(row["total"])
            book.add(book.new(size, MARGIN) if row["total"] in crowds else row["total"], row["parts"], is_whole=True)


def _add_unions(book: _Book, cells: pl.DataFrame, unions: Mapping[str, tuple[str, str]]) -> None:
    """A union and its two definitions: those of one only and those of both are found by subtraction; the latter may be printed."""
    others = [name for name in NODE if name != "condition"]
    for union, names in unions.items():
        one, two, both = (
            cells.filter(pl.col("condition") == name).select(*others, **{key: "node"})
            for key, name in zip(("a", "b", "u"), (*names, union), strict=True)
        )
        printed = cells.filter((pl.col("condition") == union) & (pl.col("counted") == IN_BOTH))
        printed = printed.select(*others, both="node").with_columns(counted=pl.lit(MEMBERS))
        rows = one.join(two, on=others).join(both, on=others).join(printed, on=others, how="left")
        for row in rows.sort("u").iter_rows(named=True):
            a, b, u = row["a"], row["b"], row["u"]
            only_a, only_b = book.values[u] - book.values[b], book.values[u] - book.values[a]
            shared = book.values[a] - only_a
            if min(only_a, only_b, shared) >= 0:
                first, second, common = (book.new(int(value), HIDDEN) for value in (only_a, only_b, shared))
                book.write([u], [b, first])
                book.write([u], [a, second])
                book.write([a], [first, common])
                book.write([b], [second, common])
                if row["both"] is not None:
                    book.write([common], [row["both"]])


def _add_margins(book: _Book, cells: pl.DataFrame, margins: pl.DataFrame) -> None:
    """Sums of members, or of what `counted` names where the frame has that column."""
    whole = cells.filter(pl.col("territory_id") == "ALL").with_columns(pl.col("state_year").cast(pl.Int16))
    named = margins if "counted" in margins.columns else margins.with_columns(counted=pl.lit(MEMBERS))
    listed = named.with_row_index("margin").explode("age_bands").rename({"age_bands": "age_band"})
    joined = whole.join(listed, on=["counted", "condition", "state_year", "stratum", "sex", "age_band"]).sort("margin", "node")
    for nodes in joined.group_by("margin", maintain_order=True).agg("node")["node"]:
        parts = nodes.to_list()
        book.write([book.new(int(book.values[parts].sum()), MARGIN)], parts)
