"""What a page holds: plain frozen values, one object that every renderer lays out (HTML today; the same for spreadsheets and slides).

Belongs here: the shape. Numbers are kept twice: as published (`row`) and as written in the page's language.
Not here: how the object is made (territory.py, national.py) nor how it looks (render.py, figures/, templates/).
"""

from dataclasses import dataclass

from dashboards.published import Row


@dataclass(frozen=True)
class Measure:
    """One published number. text: what to write, also when there is no number ('< 11', 'masqué', a reason).

    verdict: above | below | same | unclaimed (no interval is claimed) | none (no ratio).
    note: why there is no number, or no interval.
    interval, numerator, denominator, expected, reference, ratio, ratio_interval, gap are empty when there is nothing to write.
    """

    row: Row
    text: str
    interval: str
    numerator: str
    denominator: str
    expected: str
    reference: str
    ratio: str
    ratio_interval: str
    gap: str
    verdict: str
    verdict_text: str
    note: str

    @property
    def is_shown(self) -> bool:
        """There is a number to show."""
        return self.row.status == "ok"

    @property
    def is_ratio(self) -> bool:
        """Its value is an observed over an expected."""
        return self.row.unit == "ratio"

    @property
    def anchor(self) -> str:
        """Where the page says where the number comes from."""
        return f"source-{self.row.condition}-{self.row.indicator_id}"


@dataclass(frozen=True)
class Tile:
    """A headline number: a label, the number, lines of context, and the measure a link explains."""

    label: str
    text: str
    lines: tuple[str, ...]
    verdict: str
    measure: Measure


@dataclass(frozen=True)
class Step:
    """One stratum of the pyramid."""

    stratum: str
    label: str
    meaning: str
    share: str
    persons: Measure
    cost: Measure


@dataclass(frozen=True)
class Pyramid:
    """Strata from the most severe (first) to the mildest; people at risk stand outside the scale. Costs are those of lookback_years."""

    lookback_years: int
    steps: tuple[Step, ...]
    total: Measure
    total_cost: Measure
    at_risk_strict: Measure
    at_risk_extended: Measure
    reading: str


@dataclass(frozen=True)
class Spread:
    """Ratios of the declared territories: lowest, quartiles, highest. Made from published numbers only."""

    low: float
    lower_quartile: float
    upper_quartile: float
    high: float
    text: str


@dataclass(frozen=True)
class Comparison:
    """A line that sets observed beside expected (persons, or euros in short). spread is None when too few territories have a ratio."""

    label: str
    detail: str
    group: str
    observed: str
    expected: str
    measure: Measure
    spread: Spread | None


@dataclass(frozen=True)
class Series:
    """One indicator over the years, oldest first."""

    label: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Costs:
    """Money: the standardised mean, and the two ratios that must be read together. table: one line per indicator over the years.

    history_note: the years that open on a shorter look-back; empty when there is none.
    """

    standardised: Series
    per_patient: Series
    per_resident: Series
    table: tuple[Series, ...]
    standardised_reading: str
    patient_reading: str
    resident_reading: str
    history_note: str


@dataclass(frozen=True)
class Origin:
    """Where the numbers of one indicator come from. label and facts (name, text) are the catalogue's."""

    anchor: str
    label: str
    facts: tuple[tuple[str, str], ...]
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class ConditionSection:
    """Everything a page says of one condition."""

    condition: str
    label: str
    definition_id: str
    tiles: tuple[Tile, ...]
    basis_note: str
    pyramid: Pyramid
    comparisons: tuple[Comparison, ...]
    comparison_reading: str
    costs: Costs
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class TableLine:
    """One territory of the table: residents, then for each condition persons found, share, persons at risk, share."""

    territory_id: str
    name: str
    link: str
    is_total: bool
    is_here: bool
    population: str
    cells: tuple[Measure, ...]


@dataclass(frozen=True)
class TerritoryTable:
    """The table of the territories for one year. conditions: their labels, in the order of the cells."""

    year: int
    conditions: tuple[str, ...]
    lines: tuple[TableLine, ...]
    reading: str


@dataclass(frozen=True)
class Stamp:
    """What every page says of the run it shows."""

    run_id: str
    project: str
    threshold: int
    data_through: str
    period: str
    is_synthetic: bool
    lookback_years: int
    coverage: str
    title_note: str
    reference_id: str
    checks: str
    checks_all_passed: bool
    warning: str


@dataclass(frozen=True)
class Link:
    """A way to another page."""

    name: str
    target: str
    is_here: bool


@dataclass(frozen=True)
class TerritoryPage:
    """One territory, every condition, the latest published year in front."""

    language: str
    territory_id: str
    name: str
    file_name: str
    year: int
    stamp: Stamp
    links: tuple[Link, ...]
    sections: tuple[ConditionSection, ...]
    table: TerritoryTable


@dataclass(frozen=True)
class NationalCondition:
    """One condition across the territories. comparisons: per territory (name, link), one measure per ratio shown."""

    section: ConditionSection
    columns: tuple[str, ...]
    lines: tuple[tuple[Link, tuple[Comparison, ...]], ...]
    reading: str


@dataclass(frozen=True)
class NationalPage:
    """All territories and the whole extract."""

    language: str
    name: str
    file_name: str
    year: int
    stamp: Stamp
    links: tuple[Link, ...]
    tables: tuple[TerritoryTable, ...]
    conditions: tuple[NationalCondition, ...]
