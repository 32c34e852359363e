"""The blocks a page is made of: plain frozen values that every renderer lays out. Numbers are kept as published and as written.

Belongs here: the shape of one block. Not here: which blocks a page has (page.py), how one is made (a module per block), how it looks.
"""

from dataclasses import dataclass

from dashboards.sources.published import Row


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
class Cell:
    """One cell of a table: what to write, and the number behind it (None: there is none, or it may not be shown).

    kind: text | count | eur | ratio | percent | decimal, for the renderers that write numbers themselves.
    """

    text: str
    number: float | None = None
    kind: str = "text"


@dataclass(frozen=True)
class Table:
    """The numbers of a block, as every renderer shows them. name: of a sheet. The first cell of a row names the row.

    bars: of a ranking, how far the interval of each of the first rows goes below and above its ratio, for the programs that draw them.
    """

    name: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    reading: str = ""
    bars: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class GlanceLine:
    """One indicator of the overview. reference: what the local value is set beside; spread: of the declared territories, in its unit.

    count: how many persons or stays it is about; '' where it is a ratio of euros, or not told.
    verdict: favourable | unfavourable | above | below | same | unclaimed | none. trend: up | down | flat | '' (none is claimed).
    is_worsening: the trend goes the unfavourable way.
    """

    label: str
    unit: str
    polarity: str
    theme: str
    count: str
    measure: Measure
    reference: float | None
    reference_text: str
    spread: Spread | None
    verdict: str
    verdict_text: str
    trend: str
    trend_text: str
    is_worsening: bool


@dataclass(frozen=True)
class Glance:
    """The territory in one look. missing: indicators the run did not publish, by name."""

    lines: tuple[GlanceLine, ...]
    missing: tuple[str, ...]
    reading: str


@dataclass(frozen=True)
class FunnelPoint:
    """One territory of a funnel: measure has the expected and the ratio."""

    name: str
    is_here: bool
    measure: Measure


@dataclass(frozen=True)
class FunnelLimit:
    """The prediction limits of a ratio where `expected` cases are expected: 95 % (inner) and 99.8 % (outer)."""

    expected: float
    inner_low: float
    inner_high: float
    outer_low: float
    outer_high: float


@dataclass(frozen=True)
class Funnel:
    """A ratio of every territory against its expected number. Without points, `reading` says why."""

    title: str
    label: str
    points: tuple[FunnelPoint, ...]
    limits: tuple[FunnelLimit, ...]
    reading: str


@dataclass(frozen=True)
class MapTile:
    """One territory on the map. column, row: of a tile; outline: rings of (x, y) in a unit square, when the user brought contours.

    shade: rank of its class, -1 without a number.
    """

    name: str
    is_here: bool
    column: int
    row: int
    outline: tuple[tuple[tuple[float, float], ...], ...]
    shade: int
    measure: Measure


@dataclass(frozen=True)
class TerritoryMap:
    """The territories shaded by one ratio. classes: the text of each shade. place_note: what the places of the tiles mean."""

    label: str
    tiles: tuple[MapTile, ...]
    classes: tuple[str, ...]
    place_note: str
    reading: str


@dataclass(frozen=True)
class Neighbour:
    """A territory like this one, and how far it stands."""

    name: str
    distance: str


@dataclass(frozen=True)
class Comparators:
    """This territory beside France, its region and the territories most like it. columns: their headings, after the territory's own."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    neighbours: tuple[Neighbour, ...]
    note: str
    reading: str


@dataclass(frozen=True)
class FirstLookItem:
    """One thing to look at first, with the caveat it must be read with."""

    label: str
    text: str
    caveat: str
    measure: Measure


@dataclass(frozen=True)
class FirstLook:
    """At most five: worse and worsening before worse. rule: how they are chosen; empty_text when nothing meets it."""

    items: tuple[FirstLookItem, ...]
    rule: str
    empty_text: str


@dataclass(frozen=True)
class UseCell:
    """Observed, expected and gap of one year."""

    observed: Cell
    expected: Cell
    gap: Cell
    verdict: str


@dataclass(frozen=True)
class HospitalUse:
    """Hospital use of two years side by side. lines: label, then one cell per year. Without lines, `reading` says why."""

    years: tuple[int, ...]
    lines: tuple[tuple[str, tuple[UseCell, ...]], ...]
    reading: str


@dataclass(frozen=True)
class ActCell:
    """One act of follow-up in one stratum, or in all. expected: how often, in words (of all strata together: empty).

    is_expected: the calendar asks for it here. gap: the share of persons with fewer. text: what to write of it, short.
    quarters: acts seen per person, in order; none where none is told.
    """

    stratum: str
    expected: str
    is_expected: bool
    gap: Measure
    text: str
    quarters: tuple[Measure, ...]


@dataclass(frozen=True)
class ActLine:
    """One act of follow-up: strata 1 to 4, then all. note: why no cell has a number, or empty. whole: the gap of the whole extract."""

    label: str
    note: str
    cells: tuple[ActCell, ...]
    whole: Measure | None


@dataclass(frozen=True)
class CareGaps:
    """Acts of follow-up expected and observed, by stratum. Without lines, `text` says why; with lines, it teaches how to read them.

    quarter: how to read a figure. limits: what is not seen. bars: what the figures show. hidden: why some cells have no number.
    """

    lines: tuple[ActLine, ...]
    text: str
    quarter: str = ""
    limits: str = ""
    bars: str = ""
    hidden: str = ""


@dataclass(frozen=True)
class Movements:
    """Passages from a stratum to another, as published: a line per passage, a measure per stratum left. Without lines, `text` says why."""

    strata: tuple[str, ...]
    lines: tuple[tuple[str, tuple[Measure, ...]], ...]
    text: str


@dataclass(frozen=True)
class Foretold:
    """The persons of a stratum at the end of a year: foretold by the passages of the year before, found, and found over foretold.

    withheld: the part of the foretold that rests on masked cells. verdict: above | below | same | unclaimed.
    """

    year: int
    label: str
    predicted: Cell
    withheld: Cell
    observed: Cell
    ratio: Cell
    verdict: str
    verdict_text: str


@dataclass(frozen=True)
class Calibration:
    """Whether the passages foretell the year after. Without lines, `text` says why."""

    lines: tuple[Foretold, ...]
    text: str


@dataclass(frozen=True)
class Profile:
    """Persons found by sex and by age band, then their characteristics: label, number, and that of the whole extract where it compares.

    Empty when the run publishes no such cell.
    """

    rows: tuple[tuple[str, Measure, Measure | None], ...]
    text: str


@dataclass(frozen=True)
class FollowUp:
    """Deployment of the programme. lines: stratum, included, found, share. process: label, total. Without lines, `text` says why."""

    lines: tuple[tuple[Cell, ...], ...]
    process: tuple[tuple[str, Cell], ...]
    text: str
