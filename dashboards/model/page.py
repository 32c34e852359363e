"""What a page holds: plain frozen values, one object that every renderer lays out (HTML, workbook, slides, document).

Belongs here: the shape of pages. Not here: the blocks they are made of (blocks.py), how the object is made (territory.py, national.py)
nor how it looks (render.py, figures/, templates/, exports/).
"""

from dataclasses import dataclass, field

from dashboards.model.blocks import (
    Calibration,
    CareGaps,
    Cell,
    Comparators,
    Comparison,
    Costs,
    FirstLook,
    FollowUp,
    Funnel,
    Glance,
    HospitalUse,
    Measure,
    Movements,
    Origin,
    Profile,
    Pyramid,
    Table,
    TerritoryMap,
    Tile,
)


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
    glance: Glance
    first_look: FirstLook
    funnel: Funnel
    map: TerritoryMap
    comparators: Comparators
    hospital_use: HospitalUse
    care_gaps: CareGaps
    movements: Movements
    calibration: Calibration
    profile: Profile
    follow_up: FollowUp
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
    residents: Cell
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
    content_hash: str
    revision: str
    revision_short: str
    refreshed: str


@dataclass(frozen=True)
class Link:
    """A way to another page."""

    name: str
    target: str
    is_here: bool


@dataclass(frozen=True)
class Navigation:
    """Every way out of a page. links: the national page, then the territories; exports: the same page in other files;
    about: methods and quality; other_language: this page in the other one; definitions: the page of each condition's;
    revision: the report of what changed since the run before, None where it is not beside the page."""

    links: tuple[Link, ...]
    exports: tuple[Link, ...] = ()
    about: tuple[Link, ...] = ()
    other_language: Link | None = None
    definitions: dict[str, str] = field(default_factory=dict)
    revision: str | None = None


@dataclass(frozen=True)
class TerritoryPage:
    """One territory, every condition, the latest published year in front."""

    language: str
    territory_id: str
    name: str
    file_name: str
    year: int
    stamp: Stamp
    navigation: Navigation
    sections: tuple[ConditionSection, ...]
    table: TerritoryTable


@dataclass(frozen=True)
class NationalCondition:
    """One condition across the territories. lines: per territory, one measure per ratio shown.

    ranking: territories by the ratio named ranking_label, highest first, those without one last.
    """

    section: ConditionSection
    columns: tuple[str, ...]
    lines: tuple[tuple[Link, tuple[Comparison, ...]], ...]
    ranking: tuple[tuple[Link, Comparison], ...]
    ranking_label: str
    reading: str
    ranking_reading: str


@dataclass(frozen=True)
class NationalPage:
    """All territories and the whole extract."""

    language: str
    name: str
    file_name: str
    year: int
    stamp: Stamp
    navigation: Navigation
    tables: tuple[TerritoryTable, ...]
    conditions: tuple[NationalCondition, ...]

    @property
    def sections(self) -> tuple[ConditionSection, ...]:
        """What the page says of the whole extract, condition by condition."""
        return tuple(one.section for one in self.conditions)


ExportedPage = TerritoryPage | NationalPage  # those that workbooks, slides and CSV files are made of


@dataclass(frozen=True)
class DefinitionText:
    """A definition in words. strata: label, meaning. code_lists: file, sha256. target, file: its own page and its file, or empty."""

    condition: str
    label: str
    definition_id: str
    strata: tuple[tuple[str, str], ...]
    code_lists: tuple[tuple[str, str], ...]
    target: str
    file: str


@dataclass(frozen=True)
class IndicatorText:
    """An indicator in words."""

    indicator_id: str
    label: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class MethodsPage:
    """What the numbers mean. statistics: title, text. scope: settings of the run."""

    language: str
    name: str
    year: int
    stamp: Stamp
    navigation: Navigation
    definitions: tuple[DefinitionText, ...]
    indicators: tuple[IndicatorText, ...]
    statistics: tuple[tuple[str, str], ...]
    scope: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class QualityPage:
    """What the run read and checked. failing: names of the checks that do not hold."""

    language: str
    name: str
    year: int
    stamp: Stamp
    navigation: Navigation
    checks: Table
    failing: tuple[str, ...]
    tables: tuple[Table, ...]
