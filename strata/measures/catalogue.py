"""The catalogue of indicators: indicators.toml, read and checked.

Belongs here: what an entry must say. Not here: computing (sql/indicators, measure.py) or showing it (dashboards).
"""

import csv
import tomllib
from dataclasses import MISSING, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from strata.measures.methods import COMPUTATIONS
from strata.settings import TABLES

CATALOGUE = Path(__file__).with_name("indicators.toml")
POLARITIES = ("no_judgement", "higher_is_better", "lower_is_better")
CHARACTERISTIC = TABLES / "characteristic.csv"
NEEDS = ("national", "population", "reference", "whole_year", "large_place", "exemptions")
BREAKDOWNS = ("place", "whole_stratum", "stratum", "at_risk", "sex", "age_band", "union", "whole")


@dataclass(frozen=True)
class Indicator:
    """One entry: texts in both languages, and how the number is made. Empty denominator: a count or a sum.

    measure: which of its table's, for a table that has several. conditions: those it is published for; none named: each definition.
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
        values = {part.name: getattr(entry, part.name) for part in fields(entry) if part.name not in ("id", "table", "measure")}
        method = self.methods[entry.method]
        return values | {"method_fr": method["label_fr"], "method_en": method["label_en"], "decimals": self.units[entry.unit]["decimals"]}


@cache
def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Read and check the catalogue. ValueError naming the entry and the key at fault."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    entries = {name: entry for given, written in raw["indicators"].items() for name, entry in _spelt_out(given, written).items()}
    catalogue = Catalogue({name: _indicator(name, entry) for name, entry in entries.items()}, raw["units"], raw["methods"])
    for entry in catalogue.indicators.values():
        _check(entry, catalogue)
    return catalogue


def _spelt_out(name: str, entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The entry, or one for each row of tables/characteristic.csv when its name has `{measure}` (in its texts: `{fr}`, `{en}`)."""
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
