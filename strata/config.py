"""The one file a person edits: strata.toml.

Belongs here: every key, its default, its check, and the tables that carry the settings to SQL.
Not here: what the settings do (sql/, strata/), nor secrets, which come from the environment only.
"""

import re
import tomllib
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, get_args, get_origin

from strata.errors import StrataError
from strata.toml_words import said

COVERAGE_SCOPES = ("own", "regional", "national")
COST_BASES = ("billed_br", "standard")
FIELDS = ("mco", "smr", "had", "psy")
CARE = "dcir"  # ambulatory care: a coverage of its own, no field of stays
YEARS = (2000, 2100)


@dataclass(frozen=True)
class Project:
    """name: shown on every page. language: of the pages, 'fr' or 'en'."""

    name: str = "strata"
    language: str = "fr"


@dataclass(frozen=True)
class Paths:
    """Folders and files, relative to strata.toml. population: a file, or a folder of them.

    territory_groups: places made of several territories, published beside them (none: no such place).
    crosswalk: ATIH files that say which code a commune or a postcode belongs to (none: places are PMSI codes).
    nomenclatures: a folder of lists of codes (none: codes are not checked).
    deaths: dates of death outside the hospital; the file may be absent.
    reference: a pack made elsewhere (none: made from a national extract).
    """

    landing: str = "landing"
    warehouse: str = "warehouse"
    published: str = "published"
    territories: str = "territories.csv"
    territory_groups: str = ""
    population: str = "population.csv"
    tariffs: str = "tariffs"
    deaths: str = "deaths.csv"
    crosswalk: str = ""
    nomenclatures: str = ""
    conditions: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Years:
    """The years to publish, both included."""

    first: int = 2021
    last: int = 2025


@dataclass(frozen=True)
class Method:
    """What the figures mean. conditions: empty, the default ones of the folder. pie_rule: a, b or c of docs/reference/filters.md."""

    conditions: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=lambda: ["mco"])
    lookback_years: int = 5
    cost_basis: str = "standard"
    standard_tariff_year: int = 2024
    residence: str = "last"
    pie_rule: str = "c"


@dataclass(frozen=True)
class Coverage:
    """What one field of care covers. hospitals: every one of them, or none listed. last_complete_month: 'YYYY-MM', or what is seen.

    accepted_gaps: hospital-years known to be absent or cut short, 'FINESS:YYYY'; any other stops the publication.
    """

    scope: str = "own"
    hospitals: list[str] = field(default_factory=list)
    last_complete_month: str = ""
    accepted_gaps: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Disclosure:
    """threshold: the smallest number of persons a published cell may concern. publish_zero: whether nobody is told as 0.

    dominance_share: the largest part of a cell's euros that one person may make. earlier_masks: publications whose masks still hold.
    """

    threshold: int = 11
    publish_zero: bool = True
    dominance_share: float = 0.85
    earlier_masks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Engine:
    """memory_limit as DuckDB writes it ('4GB'; empty: its own default). threads 0: all."""

    name: str = "duckdb"
    memory_limit: str = ""
    threads: int = 0


@dataclass(frozen=True)
class Schedule:
    """When Dagster refreshes: a cron line and its time zone."""

    cron: str = "0 6 5 * *"
    timezone: str = "Europe/Paris"


@dataclass(frozen=True)
class Publish:
    """keep: how many publications stay, the one shown included; 0, all of them. Older ones are removed after a publication."""

    keep: int = 12


@dataclass(frozen=True)
class Notify:
    """Who is told how a run ended. file: written anew each time, beside strata.toml. command: a program and its arguments, no shell."""

    file: str = ""
    command: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Filters:
    """duplicate_finess: geographic FINESS that repeat stays of their legal hospital, beside the built-in list."""

    duplicate_finess: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Config:
    """strata.toml, checked. folder: where it lies; every path is relative to it. coverage: by field of care."""

    folder: Path
    project: Project = field(default_factory=Project)
    paths: Paths = field(default_factory=Paths)
    years: Years = field(default_factory=Years)
    method: Method = field(default_factory=Method)
    coverage: dict[str, Coverage] = field(default_factory=dict)
    disclosure: Disclosure = field(default_factory=Disclosure)
    engine: Engine = field(default_factory=Engine)
    schedule: Schedule = field(default_factory=Schedule)
    publish: Publish = field(default_factory=Publish)
    notify: Notify = field(default_factory=Notify)
    filters: Filters = field(default_factory=Filters)

    def path(self, name: str) -> Path:
        """Absolute path of an entry of [paths]."""
        return (self.folder / str(getattr(self.paths, name))).resolve()

    @property
    def database(self) -> Path:
        """The warehouse file: personal data, one writer."""
        return self.path("warehouse") / "strata.duckdb"

    @property
    def scope(self) -> str:
        """The narrowest coverage of the fields included: what the figures may claim."""
        scopes = [self.coverage.get(name, Coverage()).scope for name in self.method.fields]
        return min(scopes, key=COVERAGE_SCOPES.index)

    def declared_through(self, field: str) -> date | None:
        """Last day of the last month declared complete in a field of care; None when it is left to what is read."""
        month = self.coverage.get(field, Coverage()).last_complete_month
        return _month_end(month) if month else None

    @property
    def fields_label(self) -> str:
        """The fields of care as published: 'mco' or 'had+mco+psy+smr'."""
        return "+".join(sorted(self.method.fields))


_GAP = re.compile(r"[0-9A-Z]{9}:[0-9]{4}")
_SECTIONS = {part.name: part.type for part in fields(Config) if part.name not in ("folder", "coverage")}


def load(path: Path) -> Config:
    """Read and check strata.toml. Raises StrataError (usage) naming the key at fault."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # Windows editors put a mark in front
    except OSError as error:
        raise _wrong(str(path), "le fichier ne peut pas être lu", "the file cannot be read", "strata init DIR") from error
    except UnicodeDecodeError as error:
        raise _wrong(str(path), "le fichier n'est pas enregistré en UTF-8", "the file is not saved as UTF-8", "UTF-8") from error
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        (french, english), line = said(error)
        why = (f"ce n'est pas du TOML valide : {french}", f"this is not valid TOML: {english}")
        raise _wrong(f"{path}:{line}" if line else str(path), *why, "corriger la ligne / mend the line") from error
    return from_dict(raw, path.parent.resolve(), str(path))


def from_dict(raw: dict[str, Any], folder: Path, where: str = "strata.toml") -> Config:
    """The same from a parsed table: what tests and the demo use."""
    _refuse_unknown(raw, {*_SECTIONS, "coverage"}, where)
    _refuse_unknown(_table(raw.get("coverage", {}), f"{where} [coverage]"), {*FIELDS, CARE}, f"{where} [coverage]")
    parts = {name: _section(kind, raw.get(name, {}), f"{where} [{name}]") for name, kind in _SECTIONS.items()}
    coverage = {name: _section(Coverage, table, f"{where} [coverage.{name}]") for name, table in raw.get("coverage", {}).items()}
    config = Config(folder=folder, coverage=coverage, **parts)
    _check_values(config, where)
    return config


def _section(kind: Any, table: Any, where: str) -> Any:
    known = {part.name: part.type for part in fields(kind)}
    _refuse_unknown(_table(table, where), set(known), where)
    for name, value in table.items():
        _check_type(value, known[name], f"{where} {name}")
    return kind(**table)


def _table(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(where, "une section est attendue, pas une valeur", "a section is expected, not a value", "[section]")
    return value


def _check_type(value: Any, kind: Any, where: str) -> None:
    expected: Any = get_origin(kind) or kind
    if expected is float:
        expected = (int, float)  # TOML writes 1 for 1.0
    good = isinstance(value, expected) and not (expected is not bool and isinstance(value, bool))
    if good and expected is list:
        good = all(isinstance(item, get_args(kind)[0]) for item in value)
    if not good:
        raise _wrong(where, "la valeur n'a pas le type attendu", "the value has the wrong type", str(kind))


def _refuse_unknown(table: dict[str, Any], known: set[str], where: str) -> None:
    for name in table:
        if name not in known:
            raise _wrong(f"{where} {name}", "cette clé n'existe pas", "there is no such key", ", ".join(sorted(known)))


def _check_values(config: Config, where: str) -> None:
    allowed = [
        ("[project] language", config.project.language, ("fr", "en")),
        ("[method] cost_basis", config.method.cost_basis, COST_BASES),
        ("[method] residence", config.method.residence, ("last", "modal")),
        ("[method] pie_rule", config.method.pie_rule, ("a", "b", "c")),
        ("[engine] name", config.engine.name, ("duckdb",)),
        *((f"[coverage.{name}] scope", part.scope, COVERAGE_SCOPES) for name, part in config.coverage.items()),
    ]
    for key, value, choices in allowed:
        if value not in choices:
            raise _wrong(f"{where} {key}", "cette valeur n'est pas admise", "this value is not allowed", " | ".join(choices))
    if not config.method.fields or set(config.method.fields) - set(FIELDS):
        raise _wrong(f"{where} [method] fields", "champ de soins non admis", "field of care not allowed", " | ".join(FIELDS))
    if len(set(config.method.conditions)) < len(config.method.conditions):
        raise _wrong(f"{where} [method] conditions", "une maladie y est deux fois", "a condition is in it twice", "une fois / once")
    for name, part in config.coverage.items():
        if not all(_GAP.fullmatch(gap) for gap in part.accepted_gaps):
            raise _wrong(f"{where} [coverage.{name}] accepted_gaps", "une lacune ne se lit pas", "a gap cannot be read", '"990000001:2024"')
    care = config.coverage.get(CARE, Coverage())
    if care.hospitals or care.accepted_gaps:
        raise _wrong(
            f"{where} [coverage.{CARE}]", "les soins de ville n'ont pas d'établissement", "ambulatory care has no hospital", "scope"
        )
    _check_numbers(config, where)
    for name in config.coverage:
        config.declared_through(name)  # a month that cannot be read is refused here, not at the first use


def _check_numbers(config: Config, where: str) -> None:
    years, lookback = config.years, config.method.lookback_years
    if not YEARS[0] <= years.first <= years.last <= YEARS[1] or lookback < 1:
        raise _wrong(
            f"{where} [years]",
            "les années ne se suivent pas",
            "the years are not in order",
            "2000 <= first <= last <= 2100, lookback_years >= 1",
        )
    if config.disclosure.threshold < 1:
        raise _wrong(
            f"{where} [disclosure] threshold", "le seuil doit être au moins 1", "the threshold must be at least 1", "threshold = 11"
        )
    if not 0 < config.disclosure.dominance_share <= 1:
        raise _wrong(
            f"{where} [disclosure] dominance_share", "cette part n'est pas entre 0 et 1", "this share is not between 0 and 1", "0.85"
        )
    if config.publish.keep < 0 or config.publish.keep == 1:  # readers of the one before must have time to leave
        raise _wrong(f"{where} [publish] keep", "ce nombre n'est ni 0 ni au moins 2", "this number is neither 0 nor at least 2", "12")
    if config.engine.threads < 0:
        raise _wrong(f"{where} [engine] threads", "ce nombre est négatif", "this number is negative", "0 (tous / all), 1, 2…")


def _month_end(month: str) -> date:
    try:
        year, number = (int(part) for part in month.split("-"))
        first = date(year, number, 1)
        following = date(first.year + number // 12, number % 12 + 1, 1)
    except ValueError as error:
        raise _wrong("[coverage] last_complete_month", "ce mois ne se lit pas", "this month cannot be read", "2025-12") from error
    return date.fromordinal(following.toordinal() - 1)


def _wrong(where: str, why_fr: str, why_en: str, fix: str) -> StrataError:
    return StrataError(
        what=("Configuration refusée", "Configuration refused"),
        where=where,
        why=(why_fr, why_en),
        fix=(f"Valeurs ou clés admises : {fix}", f"Allowed values or keys: {fix}"),
        is_usage=True,
    )
