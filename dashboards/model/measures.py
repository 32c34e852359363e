"""From a published row to a written measure: the only place that turns a number, a mask or a reason into text.

Belongs here: value, interval, parts, verdict of one row. Not here: which rows a page needs (territory.py, national.py).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from dashboards.model.blocks import Cell, Measure
from dashboards.model.numbers import Numbers
from dashboards.sources.atlas import Atlas
from dashboards.sources.deployment import Entry
from dashboards.sources.published import NO_COST, Published, Row
from dashboards.texts import Texts

SUPPRESSED = ("suppressed_primary", "suppressed_secondary")
KINDS = {"persons": "count", "eur": "eur", "ratio": "ratio", "share": "percent"}


@dataclass(frozen=True)
class Writer:
    """Writes the measures of one run in one language. atlas, entries: what users say of the places and of the deployment."""

    published: Published
    texts: Texts
    numbers: Numbers
    atlas: Atlas = field(default_factory=Atlas)
    entries: tuple[Entry, ...] = ()

    def measure(
        self, indicator_id: str, year: int, condition: str, territory_id: str, stratum: str = "all", cost_basis: str = NO_COST
    ) -> Measure:
        """The measure of a key; a row the run did not publish is not computable, and says so."""
        row = self.published.find(indicator_id, year, condition, territory_id, stratum, cost_basis)
        return self.write(row or self._absent(indicator_id, year, condition, territory_id, stratum, cost_basis))

    def write(self, row: Row) -> Measure:
        """Every text of one row."""
        amount = self.numbers.count if row.cost_basis == NO_COST else self.numbers.exact_euros
        divisor = self.numbers.count if row.expected is None else amount  # of a ratio, the denominator is what was expected
        verdict = verdict_of(row)
        return Measure(
            row=row,
            text=self._text(row),
            interval=self._pair(row.lower, row.upper, self.numbers.bound if row.unit == "ratio" else self._unit(row.unit)),
            numerator=_optional(row.numerator, amount),
            denominator=_optional(row.denominator, divisor),
            expected=_optional(row.expected, amount),
            reference=_optional(row.reference_value, self._unit(row.unit)),
            ratio=_optional(row.ratio, self.numbers.ratio),
            ratio_interval=self._pair(row.ratio_lower, row.ratio_upper, self.numbers.bound),
            gap="" if row.ratio is None else self.numbers.percent(row.ratio - 1, 1, signed=True),
            verdict=verdict,
            verdict_text=self.texts(f"verdict.{verdict}"),
            note=self._note(row),
        )

    def _text(self, row: Row) -> str:
        if row.status != "ok":
            return self.texts(f"status.{row.status}", threshold=self.published.threshold)
        return _optional(row.value, self._unit(row.unit))

    def _note(self, row: Row) -> str:
        if row.status == "ok" and not row.reason:
            return ""
        if row.status in SUPPRESSED:
            return self.texts(f"status.{row.status}_note", threshold=self.published.threshold)
        return self.texts.get(f"reason.{row.reason}", self.texts("reason.other", reason=row.reason))

    def _unit(self, unit: str) -> Callable[[float], str]:
        numbers = self.numbers
        units: dict[str, Callable[[float], str]] = {
            "persons": numbers.count,
            "eur": numbers.euros,
            "ratio": numbers.ratio,
            "share": numbers.percent,
        }
        return units.get(unit, numbers.by_size if self.decimals(unit) else numbers.count)

    def decimals(self, unit: str) -> int:
        """Decimals of the unit in the catalogue."""
        return int(self.published.units.get(unit, {}).get("decimals", 2))

    def amount(self, value: float | None, unit: str) -> str:
        """A number of this run in one of its units; empty when there is none."""
        return "" if value is None else self._unit(unit)(value)

    def cell(self, measure: Measure) -> Cell:
        """The value of a measure for a table."""
        kind = KINDS.get(measure.row.unit) or ("decimal" if self.decimals(measure.row.unit) else "count")
        return Cell(measure.text, measure.row.value if measure.is_shown else None, kind)

    def _pair(self, low: float | None, high: float | None, write: Callable[[float], str]) -> str:
        if low is None or high is None:
            return ""
        return self.texts("page.interval_short", lower=write(low), upper=write(high))

    def _absent(self, indicator_id: str, year: int, condition: str, territory_id: str, stratum: str, cost_basis: str) -> Row:
        numbers = dict.fromkeys(
            ["numerator", "denominator", "value", "lower", "upper", "expected", "ratio", "ratio_lower", "ratio_upper", "reference_value"]
        )
        key = {"indicator_id": indicator_id, "year": year, "condition": condition, "territory_id": territory_id, "stratum": stratum}
        state = {"cost_basis": cost_basis, "status": "not_computable", "reason": "not_published"}
        return replace(self.published.front_row, **key, **state, **numbers)  # type: ignore[arg-type]


def verdict_of(row: Row) -> str:
    """above, below or same by the 95 % interval of the ratio; unclaimed without one; none without a ratio."""
    return beside(row.ratio, row.ratio_lower, row.ratio_upper, 1)


def beside(value: float | None, lower: float | None, upper: float | None, reference: float | None) -> str:
    """The one rule of significance of the pages: does the 95 % interval hold the reference?"""
    if value is None or reference is None:
        return "none"
    if lower is None or upper is None:
        return "unclaimed"
    if lower > reference:
        return "above"
    return "below" if upper < reference else "same"


def _optional(value: float | None, write: Callable[[float], str]) -> str:
    return "" if value is None else write(value)
