"""The catalogue of indicators: indicators.toml, read and checked.

Belongs here: what an entry must say. Not here: computing (sql/indicators, measure.py) or showing it (dashboards).
"""

import csv
import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from strata.measures.methods import COMPUTATIONS
from strata.settings import TABLES

CATALOGUE = Path(__file__).with_name("indicators.toml")
POLARITIES = ("no_judgement", "higher_is_better", "lower_is_better")
CHARACTERISTIC = TABLES / "characteristic.csv"
NEEDS = ("national", "population", "reference", "whole_year", "large_place", "exemptions")
BREAKDOWNS = ("place", "whole_stratum", "stratum", "at_risk", "sex", "age_band", "union", "whole")


QUARTERS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Expected:
    """How often an act is expected of a stratum of a condition: `times` in `years`. basis: 'source', or 'proposal' of ours."""

    condition: str
    stratum: str
    times: int
    years: int
    basis: str
    source: str


@dataclass(frozen=True)
class Act:
    """One act of follow-up of one condition, as its definition says it."""

    act: str
    condition: str
    label_fr: str
    label_en: str
    caveat_fr: str
    caveat_en: str
    is_observable: bool
    expected: tuple[Expected, ...]


@dataclass(frozen=True)
class FollowUp:
    """What an indicator of follow-up is about: the act, its words, the quarter (0: the whole window), its calendar by condition.

    ranks: (condition, place of the act in the calendar of the condition).
    """

    act: str
    label_fr: str
    label_en: str
    quarter: int
    is_observable: bool
    ranks: tuple[tuple[str, int], ...]
    expected: tuple[Expected, ...]


@dataclass(frozen=True)
class Indicator:
    """One entry: texts in both languages, and how the number is made. Empty denominator: a count or a sum.

    measure: which of its table's, for a table that has several. conditions: those it is published for; none named: each definition.
    follow_up: of an act of follow-up.
    """

    id: str
    label_fr: str
    label_en: str
    definition_fr: str
    definition_en: str
    numerator_fr: str
    numerator_en: str
    denominator_fr: str
    denominator_en: str
    unit: str
    polarity: str
    method: str
    caveats_fr: str
    caveats_en: str
    source: str
    cohort: str
    table: str
    breakdowns: tuple[str, ...]
    cost_bases: tuple[str, ...]
    needs: tuple[str, ...]
    measure: str = ""
    conditions: tuple[str, ...] = ()
    follow_up: FollowUp | None = None


@dataclass(frozen=True)
class Catalogue:
    """indicators by id, in the order of the file; units and methods by name."""

    indicators: dict[str, Indicator]
    units: dict[str, dict[str, Any]]
    methods: dict[str, dict[str, str]]

    def published(self) -> dict[str, Any]:
        """The catalogue as published in indicators.json: entries with the text of their method and unit."""
        return {"indicators": {name: self._entry(entry) for name, entry in self.indicators.items()}, "units": self.units}

    def _entry(self, entry: Indicator) -> dict[str, Any]:
        values = {
            part.name: getattr(entry, part.name) for part in fields(entry) if part.name not in ("id", "table", "measure", "follow_up")
        }
        values |= {"follow_up": asdict(entry.follow_up)} if entry.follow_up else {}
        method = self.methods[entry.method]
        return values | {"method_fr": method["label_fr"], "method_en": method["label_en"], "decimals": self.units[entry.unit]["decimals"]}


def catalogue_of(connection: duckdb.DuckDBPyConnection) -> Catalogue:
    """The catalogue of a run: with the indicators of the acts of follow-up, where ambulatory care is held or declared; else without."""
    return load_catalogue(tuple(_acts(connection)))


def _acts(connection: duckdb.DuckDBPyConnection) -> Iterable[Act]:
    held = "SELECT count(*) FROM (SELECT 1 FROM read_person_slice WHERE field = 'dcir' UNION ALL SELECT 1 FROM declared_care)"
    if not connection.execute(held).fetchall()[0][0]:
        return
    expected: dict[tuple[str, str], list[Expected]] = {}
    columns = "act, condition, stratum, times, years, basis, source"
    for act, *number in connection.execute(f"SELECT {columns} FROM definition_act_expected ORDER BY ALL").fetchall():
        expected.setdefault((number[0], act), []).append(Expected(*number))
    rows = connection.execute(
        "SELECT act, condition, label_fr, label_en, caveat_fr, caveat_en, is_observable FROM definition_act ORDER BY rowid"
    )
    for act, condition, *words, is_observable in rows.fetchall():
        label_fr, label_en, caveat_fr, caveat_en = words
        yield Act(act, condition, label_fr, label_en, caveat_fr, caveat_en, is_observable, tuple(expected[condition, act]))


@cache
def load_catalogue(acts: tuple[Act, ...] = (), path: Path = CATALOGUE) -> Catalogue:
    """Read and check the catalogue; acts: those of follow-up that it has entries for. ValueError naming the entry and the key at fault."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    entries = {name: entry for given, written in raw["indicators"].items() for name, entry in _spelt_out(given, written, acts).items()}
    catalogue = Catalogue({name: _indicator(name, entry) for name, entry in entries.items()}, raw["units"], raw["methods"])
    for entry in catalogue.indicators.values():
        _check(entry, catalogue)
    return catalogue


def _spelt_out(name: str, entry: dict[str, Any], acts: tuple[Act, ...]) -> dict[str, dict[str, Any]]:
    """The entry, or one for each row of tables/characteristic.csv when its name has `{measure}` (in its texts: `{fr}`, `{en}`).

    When its name has `{act}`, one for each act of follow-up, and for each quarter where it has `{quarter}` too.
    """
    if "{act}" in name:
        return _of_acts(name, entry, acts)
    if "{measure}" not in name:
        return {name: entry}
    with CHARACTERISTIC.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        words = {"measure": row["measure"], "fr": row["label_fr"], "en": row["label_en"]}
        texts = {key: value.format(**words) if isinstance(value, str) else value for key, value in entry.items()}
        conditions = [other["condition"] for other in rows if other["measure"] == row["measure"] and other["condition"]]
        found[name.format(**words)] = texts | {"measure": row["measure"], "conditions": sorted(set(conditions))}
    return found


def _of_acts(name: str, entry: dict[str, Any], acts: tuple[Act, ...]) -> dict[str, dict[str, Any]]:
    """An act that several conditions ask for has one indicator; a quarter of an act that nothing shows has none."""
    found: dict[str, dict[str, Any]] = {}
    for act_id in dict.fromkeys(act.act for act in acts):
        same = [act for act in acts if act.act == act_id]
        expected = tuple(number for act in same for number in act.expected)
        for quarter in QUARTERS if "{quarter}" in name else (0,):
            if quarter and not same[0].is_observable:
                continue
            words = {"act": act_id, "quarter": quarter, "fr": same[0].label_fr, "en": same[0].label_en}
            words |= {f"caveat_{language}": _caveats(same, f"caveat_{language}") for language in ("fr", "en")}
            texts = {key: value.format(**words) if isinstance(value, str) else value for key, value in entry.items()}
            ranks = tuple((act.condition, acts.index(act)) for act in same)
            about = FollowUp(act_id, same[0].label_fr, same[0].label_en, quarter, same[0].is_observable, ranks, expected)
            measure = name.format(**words)
            found[measure] = texts | {"measure": measure, "conditions": [act.condition for act in same], "follow_up": about}
    return found


def _caveats(same: list[Act], key: str) -> str:
    """The caveats of one act, each once."""
    return " ".join(dict.fromkeys(getattr(act, key) for act in same))


def _indicator(name: str, entry: dict[str, Any]) -> Indicator:
    known = {part.name for part in fields(Indicator)} - {"id"}
    needed = {part.name for part in fields(Indicator) if part.default is MISSING} - {"id"}
    if not needed <= set(entry) <= known:
        raise ValueError(f"{name}: missing or unknown keys {sorted((needed - set(entry)) | (set(entry) - known))}")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Indicator(name, **values)


def _check(entry: Indicator, catalogue: Catalogue) -> None:
    allowed = {
        "unit": (entry.unit, catalogue.units),
        "method": (entry.method, catalogue.methods),
        "polarity": (entry.polarity, POLARITIES),
        "cohort": (entry.cohort, ("stock", "flow")),
        **{f"needs {need}": (need, NEEDS) for need in entry.needs},
        **{f"breakdowns {name}": (name, BREAKDOWNS) for name in entry.breakdowns},
        **{f"cost_bases {name}": (name, ("none", "billed_br", "standard")) for name in entry.cost_bases},
    }
    for key, (value, choices) in allowed.items():
        if value not in choices:
            raise ValueError(f"{entry.id}: {key} is {value!r}, not one of {list(choices)}")
    if catalogue.methods[entry.method]["computes"] not in COMPUTATIONS:
        raise ValueError(f"{entry.method}: computes {catalogue.methods[entry.method]['computes']!r}, not one of {list(COMPUTATIONS)}")
    if not all(
        getattr(entry, name) for name in ("label_fr", "label_en", "definition_fr", "definition_en", "caveats_fr", "caveats_en", "source")
    ):
        raise ValueError(f"{entry.id}: a text is empty")
