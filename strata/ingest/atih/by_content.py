"""Which files of SMR, HAD and PSY go together by what they hold, where neither name, place nor hospital and year tell.

Belongs here: comparing the stays of files, and pairing those that match each other and nothing else. Not here: the rules that come first
(transmissions.py), reading (care_field.py). Each file is read once, whole, and only when it is still alone.

Stay numbers begin again each year, so that two transmissions share most of them: what counts is which file shares the most, both ways.
Two files of one best match are not paired: the transmission is then refused by that name (transmissions.py, undecided).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from strata.ingest.atih.found import Found
from strata.ingest.lines.fixed_width import Array, Cells, line_blocks
from strata.ingest.reasons import Refused

_ACTS = "psy_r3a"  # its stay_number is that of an act, and its patients are not all in the sequences
_MONTHS = {"psy_rpsa": ("end_year", "end_month"), _ACTS: ("year", "month")}
_ENOUGH = 0.5  # of the stays of two files together: fewer shared prove nothing, unless no other shares half as many
_YEAR_COUNTS = 0.001  # tells apart two years that share all their numbers; less than one stay in a thousand
_Keys = dict[str, Array]  # kind of key -> its distinct values in a file


@dataclass(frozen=True)
class Match:
    """One group of files and one file that share more with each other than with any other."""

    group: int
    other: int


def matches(groups: Sequence[Sequence[Found]], others: Sequence[Found]) -> tuple[list[Match], set[int], set[int]]:
    """The pairs, and the groups and files that some other could be of, without being told apart."""
    if not groups or not others:
        return [], set(), set()
    theirs = [_keys([one]) for one in others]
    scores = np.array([[_score(group, keys, one, theirs[n]) for n, one in enumerate(others)] for group, keys in _with_keys(groups)])
    made: list[Match] = []
    while (pair := _best(scores)) is not None:
        made.append(Match(*pair))
        scores[pair[0], :] = 0
        scores[:, pair[1]] = 0
    left = np.argwhere(scores > 0)
    return made, {int(row) for row, _ in left}, {int(column) for _, column in left}


def _with_keys(groups: Sequence[Sequence[Found]]) -> Iterable[tuple[Sequence[Found], _Keys]]:
    return ((group, _keys(group)) for group in groups)


def _best(scores: Array) -> tuple[int, int] | None:
    """A pair that is the best of its row and of its column, alone, and good enough; None when there is none."""
    for row, column in np.argwhere(scores > 0):
        score = scores[row, column]
        second = max(_second(scores[row, :], int(column)), _second(scores[:, column], int(row)))
        if score > second and (score >= _ENOUGH or score >= 2 * second):
            return int(row), int(column)
    return None


def _second(scores: Array, place: int) -> float:
    return float(np.delete(scores, place).max(initial=0))


def _score(group: Sequence[Found], keys: _Keys, other: Found, its: _Keys) -> float:
    """0 to 1: what two sets of files share of what they hold together; 0 for another place or hospital."""
    first = group[0]
    if first.source.container != other.source.container or (first.finess and other.finess and first.finess != other.finess):
        return 0
    kinds = [kind for kind in keys if kind in its and kind != "month"]
    share = float(np.mean([_share(keys[kind], its[kind]) for kind in (["link"] if "link" in kinds else kinds)])) if kinds else 0.0
    if {one.family for one in group} | {other.family} == {*_MONTHS}:  # not the same patients: the last month says more
        is_same = "month" in keys and "month" in its and keys["month"][-1] == its["month"][-1]
        return (1 + share) / 2 if is_same else 0
    return share + _YEAR_COUNTS * any(one.year == other.year is not None for one in group) if share else 0


def _share(mine: Array, its: Array) -> float:
    together = len(np.union1d(mine, its))
    return len(np.intersect1d(mine, its)) / together if together else 0


def _keys(group: Sequence[Found]) -> _Keys:
    """What the files of a group hold, by kind: stays, their units, how many weeks each has, link indexes, months."""
    made: _Keys = {}
    for one in group:
        try:
            own = _keys_of(one)
        except Refused:
            continue
        made |= {kind: np.union1d(made[kind], values) if kind in made else values for kind, values in own.items()}
    return made


def _keys_of(found: Found) -> _Keys:
    if found.layout is None:
        return {}
    fixed = found.layout.fixed
    cells = [
        Cells.gather(lines.data, fixed, lines.starts[whole], whole)
        for lines in line_blocks(found.source.blocks())
        if len(whole := np.flatnonzero(lines.lengths >= fixed.width))
    ]
    if not cells:
        return {}
    made: _Keys = {}
    if cells[0].has("link_index"):
        links = np.unique(_texts(cells, "link_index"))
        made["link"] = links[np.char.strip(links) != b""]
    if cells[0].has("ipp_hash"):
        made["patient"] = np.unique(_texts(cells, "ipp_hash"))
    if found.family in _MONTHS:
        made["month"] = _months(cells, found.family)
    if found.family != _ACTS and cells[0].has("stay_number"):
        stays = _numbers(cells, "stay_number")
        made |= {"stay": np.unique(stays)} | _units(cells, stays, found.family)
    return {kind: values for kind, values in made.items() if len(values)}


def _months(cells: list[Cells], family: str) -> Array:
    if cells[0].has("contact_date"):
        days = np.concatenate([one.bytes_of("contact_date") for one in cells])
        months = np.ascontiguousarray(days[:, [4, 5, 6, 7, 2, 3]]).view("S6").reshape(-1)
        return np.unique(months[np.char.isdigit(months)].astype(np.int64))
    year, month = _MONTHS[family]
    return np.unique(_numbers(cells, year) * 100 + _numbers(cells, month))


def _units(cells: list[Cells], stays: Array, family: str) -> _Keys:
    """A line of RHA or TRA is a week of a stay; SSRHA says how many weeks each stay has."""
    if family == "smr_ssrha":
        return {"weeks": np.unique(stays * 1000 + _numbers(cells, "week_count"))}
    if not cells[0].has("unit_number"):
        return {}
    numbers, weeks = np.unique(stays, return_counts=True)
    return {"unit": np.unique(stays * 10_000 + _numbers(cells, "unit_number")), "weeks": np.unique(numbers * 1000 + weeks)}


def _texts(cells: list[Cells], name: str) -> Array:
    parts = np.concatenate([one.bytes_of(name) for one in cells])
    return np.ascontiguousarray(parts).view(f"S{parts.shape[1]}").reshape(-1)


def _numbers(cells: list[Cells], name: str) -> Array:
    return np.concatenate([one.integer(name).values for one in cells]).astype(np.int64)
