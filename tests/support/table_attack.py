"""The attack: what a reader can tell of the persons behind masked cells, from every published number, its sums and its labels.

Belongs here: reading counts out of published rows by every road, and bounding the others by linear programming. It shares nothing with
strata/disclosure: equations and bounds are written again, from what the pages say.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl
from scipy.optimize import linprog
from scipy.sparse import csr_array

PLACE = ["territory_id", "stratum", "sex", "age_band"]
CELL = ["condition", "state_year", *PLACE]
TOTALS = {"territory_id": "ALL", "stratum": "all", "sex": "all", "age_band": "all"}
Cell = tuple


def rows_by_cell(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows with the date of their persons: a flow is the stock of its eve."""
    return frame.with_columns(state_year=pl.col("year") - (pl.col("cohort") == "flow").cast(pl.Int16))


def counts_shown(published: pl.DataFrame) -> dict[Cell, int]:
    """Persons of a cell by every road: counts, rate x population, O/E x expected, total / mean, denominators."""
    shown = rows_by_cell(published)
    totals = shown.filter(pl.col("indicator_id") == "cost_total").select(*CELL, "cost_basis", total="value")
    found: dict[Cell, int] = {}
    for row in shown.join(totals, on=[*CELL, "cost_basis"], how="left").iter_rows(named=True):
        count = _count(row)
        if count is not None:
            found[tuple(row[name] for name in CELL)] = round(count)
    return found


def _count(row: Mapping) -> float | None:
    name, value = row["indicator_id"], row["value"]
    if name in ("cost_per_patient", "cost_5y_per_person", "hospitalised_share") and row["denominator"] is not None:
        return row["denominator"]
    if name == "cost_per_patient" and value and row["total"]:
        return row["total"] / value
    if name.startswith("prevalence") and value is not None:
        return value * row["denominator"]
    if name == "persons_vs_expected" and value is not None:
        return row["ratio"] * row["expected"]
    return value if name in ("persons", "at_risk_persons") else None


def sums(cells: Iterable[Cell], wholes: Mapping[str, Sequence[str]]) -> Iterator[tuple[list[Cell], Cell]]:
    """Each sum as (parts, total), from the shape of the published cells alone."""
    cells = list(cells)
    known = set(cells)
    for at, column in enumerate(PLACE, start=2):
        groups: dict[Cell, list[Cell]] = {}
        for cell in cells:
            is_nested = (column == "stratum" and cell[at].startswith("at_risk")) or (column == "territory_id" and cell[at] in wholes)
            if not is_nested:
                groups.setdefault(cell[:at] + cell[at + 1 :], []).append(cell)
        for group in groups.values():
            parts, total = [cell for cell in group if cell[at] != TOTALS[column]], [cell for cell in group if cell[at] == TOTALS[column]]
            if parts and total:
                yield parts, total[0]
    for cell in cells:
        if cell[2] in wholes:
            yield [part for place in wholes[cell[2]] if (part := (*cell[:2], place, *cell[3:])) in known], cell


def differences(cells: Iterable[Cell], unions: Mapping[str, tuple[str, str]]) -> Iterator[list[tuple[Cell, int]]]:
    """What is nobody's cell but never below zero: extended risk beyond strict, a union beyond one of its definitions, their overlap."""
    known = set(cells)
    for cell in known:
        strict = (*cell[:3], "at_risk_strict", *cell[4:])
        if cell[3] == "at_risk_extended" and strict in known:
            yield [(cell, 1), (strict, -1)]
        if cell[0] in unions:
            one, two = ((name, *cell[1:]) for name in unions[cell[0]])
            if one in known and two in known:
                yield from ([(cell, 1), (one, -1)], [(cell, 1), (two, -1)], [(one, 1), (two, 1), (cell, -1)])


class Attack:
    """All that is known of one or several publications, as linear programmes over the unknown counts."""

    def __init__(
        self,
        shown: Mapping[Cell, int],
        truth: Mapping[Cell, int],
        primary: Iterable[Cell],
        *,
        wholes: Mapping[str, Sequence[str]] | None = None,
        unions: Mapping[str, tuple[str, str]] | None = None,
        threshold: int = 11,
    ) -> None:
        """shown: counts that are known. truth: every cell (its shape; counts only to name what is found). primary: labelled so."""
        self.truth, self.threshold, self.primary = truth, threshold, set(primary)
        self.unknown = {cell: at for at, cell in enumerate(cell for cell in truth if cell not in shown)}
        equalities = [[(part, 1) for part in parts] + [(total, -1)] for parts, total in sums(truth, wholes or {})]
        self.differences = list(differences(truth, unions or {}))
        self._equal, self._equal_right = self._system(equalities, shown)
        above, right = self._system(self.differences, shown)
        self._above, self._above_right = -above, -right
        self._tables: list[np.ndarray] = []

    def _system(self, lines: list[list[tuple[Cell, int]]], shown: Mapping[Cell, int]) -> tuple[csr_array, np.ndarray]:
        rows, columns, signs, right = [], [], [], np.zeros(len(lines))
        for at, line in enumerate(lines):
            for cell, sign in line:
                if cell in shown:
                    right[at] -= sign * shown[cell]
                else:
                    rows.append(at)
                    columns.append(self.unknown[cell])
                    signs.append(float(sign))
        return csr_array((signs, (rows, columns)), shape=(len(lines), len(self.unknown))), right

    def bounds(self, aims: list[tuple[Cell, int]]) -> tuple[float, float]:
        """Smallest and largest value of a sum of unknown counts; labels say 1 to threshold - 1 of every primary cell."""
        objective = self._objective(aims)
        limits = [(1, self.threshold - 1) if cell in self.primary else (0, None) for cell in self.unknown]
        ends = [
            linprog(sign * objective, self._above, self._above_right, self._equal, self._equal_right, limits, method="highs-ds")
            for sign in (1, -1)
        ]
        self._tables += [end.x for end in ends if end.status == 0]
        return (ends[0].fun if ends[0].status == 0 else -np.inf), (-ends[1].fun if ends[1].status == 0 else np.inf)

    def _objective(self, aims: list[tuple[Cell, int]]) -> np.ndarray:
        objective = np.zeros(len(self.unknown))
        for cell, sign in aims:
            objective[self.unknown[cell]] += sign
        return objective

    def recovered(self) -> list[Cell]:
        """Cells of 1 to threshold - 1 persons whose count is known, and differences as small that are."""
        small = [cell for cell in self.unknown if 0 < self.truth[cell] < self.threshold]
        found = [cell for cell in small if self._is_pinned([(cell, 1)])]
        for line in self.differences:
            if 0 < sum(sign * self.truth[cell] for cell, sign in line) < self.threshold:
                hidden = [(cell, sign) for cell, sign in line if cell in self.unknown]
                if not hidden or self._is_pinned(hidden):
                    found.append(line[0][0])
        return found

    def _is_pinned(self, aims: list[tuple[Cell, int]]) -> bool:
        """Two tables that agree with all that is known and differ here say no; most aims differ in those found for others."""
        if self._tables and np.ptp(np.array(self._tables) @ self._objective(aims)) >= 1:
            return False
        low, high = self.bounds(aims)
        return high - low < 1
