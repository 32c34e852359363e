"""The validity page: does the cost follow the strata, and how far do their sizes depend on our choices.

Belongs here: one page, its tables as CSV and its picture, with numbers that may leave the hospital. Not here: the numbers
(strata/sensitivity.py, sql/quality), the drawing (validity_figure.py). What is shown is protected in two places and nowhere else:
`sensitivity.shared` and `_mean`.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.expectations import Expectation, suites
from pipelines.pages.private_page import render
from pipelines.pages.validity_figure import Bar, Line, as_file, draw
from strata.config import Config
from strata.sensitivity import LEVELS, Sensitivity, Shared, shared

Text = tuple[str, str]
_AXES: dict[str, Text] = {
    "lookback": ("Fenêtre", "Look-back"),
    "positions": ("Positions des diagnostics", "Diagnosis positions"),
    "fields": ("Champs de soins", "Fields of care"),
    "residence": ("Résidence", "Residence"),
}
_LEVELS: dict[str, Text] = {
    **{level: (f"Strate {level}", f"Stratum {level}") for level in "1234"},
    "all": ("Repérées (1 à 4)", "Found (1 to 4)"),
    "at_risk_strict": ("À risque, strict", "At risk, strict"),
    "at_risk_extended": ("À risque, étendu (strict compris)", "At risk, extended (strict included)"),
}
_SIZE_COLUMNS = ("axis", "variant", "is_base", "condition", "territory_id", "level", "persons", "change_percent", "status", "why_not")
_GATE_COLUMNS = ("year", "condition", "definition_id", "cost_basis", "part", "part_value", "stratum", "persons", "mean_eur", "status")
_PARTS: dict[str, Text] = {
    "all": ("Ensemble", "All"),
    "F": ("Femmes", "Women"),
    "M": ("Hommes", "Men"),
    "<50": ("Moins de 50 ans", "Under 50"),
    "50-64": ("50 à 64 ans", "50 to 64"),
    "65-74": ("65 à 74 ans", "65 to 74"),
    "75-84": ("75 à 84 ans", "75 to 84"),
    "85+": ("85 ans et plus", "85 and over"),
}
# How a number of the gate is read; others have no unit to say.
_SEEN: dict[str, Text] = {
    "sexes_rising": ("{0} sur 2", "{0} of 2"),
    "age_bands_rising": ("{0} sur 5", "{0} of 5"),
    "least_ratio": ("× {0}", "× {0}"),
    "trend_z": ("z = {0}", "z = {0}"),
}
_SCOPES: dict[str, Text] = {
    "own": ("nos établissements seulement", "our hospitals only"),
    "regional": ("région", "region"),
    "national": ("nationale", "national"),
}
_FEW, _AS_BASE = "<{threshold}", "≈"


@dataclass(frozen=True)
class Criterion:
    """One condition of the release gate: what is asked, what was seen, whether it is met."""

    asked: str
    seen: str
    is_met: bool


def write_validity_page(found: Sensitivity, connection: duckdb.DuckDBPyConnection, config: Config, folder: Path) -> Path:
    """Write index.html, sensitivity.csv, sensitivity.svg and gate.csv in `folder`, in the language of the project; gives the page."""
    folder.mkdir(parents=True, exist_ok=True)
    teller = _Teller(found, connection, config)
    drawings = {condition: teller.drawing(condition) for condition in teller.conditions}
    _write_csv(folder / "sensitivity.csv", _SIZE_COLUMNS, teller.size_rows())
    _write_csv(folder / "gate.csv", _GATE_COLUMNS, teller.gate_rows())
    (folder / "sensitivity.svg").write_text(as_file(list(drawings.values())), encoding="utf-8", newline="\n")
    page = folder / "index.html"
    page.write_text(render("validity.html.j2", view=teller.view(drawings), config=config), encoding="utf-8", newline="\n")
    return page


def _write_csv(path: Path, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@dataclass
class _Teller:
    found: Sensitivity
    connection: duckdb.DuckDBPyConnection
    config: Config

    def __post_init__(self) -> None:
        self.side = 0 if self.config.project.language == "fr" else 1
        self.threshold = self.config.disclosure.threshold
        self.numbers = _numbers(self.config.project.language)
        self.labels = {row[0]: row[1:] for row in self._rows("SELECT condition, label_fr, label_en, definition_id FROM definition")}
        self.conditions = sorted(self.labels)
        self.names = dict(self._rows("SELECT DISTINCT territory_id, territory_name FROM territory"))
        columns = set(self._rows("SELECT table_name, column_name FROM duckdb_columns()"))  # a warehouse of a former version has none of it
        self.has_gate = {("release_gate", "smallest_share_asked"), ("stratum_gradient", "condition")} <= columns
        ((self.is_synthetic, self.through, self.lookback),) = self._rows("SELECT is_synthetic, data_through, lookback_years FROM setting")

    def _rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql, parameters).fetchall()

    def say(self, text: Text) -> str:
        return text[self.side]

    # ------------------------------------------------------------------ sizes

    def shown(self, condition: str, place: str, level: str, size: Any) -> Shared:
        cell = (condition, place, level)
        persons, base = None if size.why_not else size.persons.get(cell, 0), self.found.base.get(cell, 0)
        return Shared("few") if size.variant.is_base and 0 < base < self.threshold else shared(persons, base, self.threshold)

    def size_rows(self) -> list[dict[str, Any]]:
        rows = []
        for size in self.found.sizes:
            one = size.variant
            for condition, place, level in self.found.cells:
                seen = self.shown(condition, place, level, size)
                change = "" if seen.change is None else round(100 * seen.change, 1)
                known: dict[str, Any] = {
                    "axis": one.axis,
                    "variant": one.value,
                    "is_base": str(one.is_base).lower(),
                    "condition": condition,
                }
                why_not = self.say(size.why_not) if size.why_not else ""
                persons = "" if seen.persons is None else seen.persons
                told = {"persons": persons, "change_percent": change, "status": seen.status, "why_not": why_not}
                rows.append(known | {"territory_id": place, "level": level} | told)
        return rows

    def words(self, seen: Shared, is_base: bool) -> str:
        if seen.status == "not_computable":
            return "–"
        if seen.status == "few":
            return _FEW.format(threshold=self.threshold)
        if seen.status == "as_base":
            return (self.numbers.count(seen.persons) if seen.persons is not None else "–") if is_base else _AS_BASE
        return self.numbers.count(seen.persons or 0)

    def sizes_of(self, condition: str) -> list[dict[str, Any]]:
        """The rows of the table of a condition: the axis once, then each variant, with its cells or why it has none."""
        rows = []
        for size in self.found.sizes:
            cells = (
                [] if size.why_not else [self._cell(self.shown(condition, "ALL", level, size), size.variant.is_base) for level in LEVELS]
            )
            why_not = self.say(size.why_not) if size.why_not else ""
            axis, label = self.say(_AXES[size.variant.axis]), self.say(size.variant.label)
            rows.append({"axis": axis, "label": label, "is_base": size.variant.is_base, "cells": cells, "why_not": why_not})
        return rows

    def _cell(self, seen: Shared, is_base: bool) -> dict[str, str]:
        change = "" if seen.change is None or is_base else self.numbers.percent(seen.change, 0, signed=True)
        return {"persons": self.words(seen, is_base), "change": change}

    def places_of(self, condition: str) -> list[list[str]]:
        """Persons found by territory under each residence rule: the whole extract, last, does not move, its parts may."""
        known = {place for of, place, _ in self.found.cells if of == condition}
        places = [*sorted(known - {"REST", "ALL"}, key=self.place), *(place for place in ("REST", "ALL") if place in known)]
        rules = [size for size in self.found.sizes if size.variant.axis == "residence"]
        return [
            [self.place(place), *(self.words(self.shown(condition, place, "all", one), one.variant.is_base) for one in rules)]
            for place in places
        ]

    def place(self, place: str) -> str:
        """The name of a place, as on the pages of a publication."""
        return self.names.get(place) or _texts(self.config.project.language)(f"name.{place}")

    def drawing(self, condition: str) -> str:
        """The picture of what could be counted; the table says why the rest could not."""
        lines, axis = [], ""
        for size in self.found.sizes:
            if not size.variant.is_base and not size.why_not:
                bars = tuple(self._bar(self.shown(condition, "ALL", level, size)) for level in LEVELS)
                lines.append(Line(self.say(size.variant.label), bars, size.variant.axis != axis))
                axis = size.variant.axis
        heads = [self.say(_LEVELS[level]) for level in LEVELS]
        colon, semicolon = (" : ", " ; ") if self.side == 0 else (": ", "; ")
        words = [f"{line.label}{colon}{', '.join(bar.text for bar in line.bars)}" for line in lines]
        return draw(f"sensitivity-{condition}", self.labels[condition][self.side], semicolon.join(words), heads, lines)

    def _bar(self, seen: Shared) -> Bar:
        words = {"not_computable": "–", "few": _FEW.format(threshold=self.threshold), "as_base": _AS_BASE}
        text = words.get(seen.status) or ("–" if seen.change is None else self.numbers.percent(seen.change, 0, signed=True))
        return Bar(seen.change, text)

    # ------------------------------------------------------------------ the gate

    def gate_rows(self) -> list[dict[str, Any]]:
        if not self.has_gate:
            return []
        found = self._rows(
            """SELECT g.year, g.condition, definition_id, g.cost_basis, part, part_value, stratum, persons, cost_eur, largest_eur
               FROM stratum_gradient AS g INNER JOIN definition USING (condition) ORDER BY ALL"""
        )
        return [dict(zip(_GATE_COLUMNS, (*row[:7], *self._mean(*row[7:])))) for row in found]

    def _mean(self, persons: int, cost: Any, largest: Any) -> tuple[Any, Any, str]:
        """Persons and mean cost as they may be shown: none under the threshold or where one person makes nearly all, else to the ten."""
        if persons < self.threshold:
            return ("", "", "few") if persons else (0, "", "nobody")
        if cost and float(largest) > self.config.disclosure.dominance_share * float(cost):
            return ("", "", "one_person")
        step = max(self.threshold - 1, 1)
        return step * round(persons / step), 10 * round(float(cost) / persons / 10), "ok"

    def gate_of(self, condition: str) -> dict[str, Any] | None:
        """The gate of a condition in the last flow year, on the cost basis of the project where there are euros, else on the other."""
        if not self.has_gate:
            return None
        suite = suites()["release_gate"]
        columns = ", ".join(f"{one.column}, {one.min_column or 'NULL'}, {one.max_column or 'NULL'}" for one in suite)
        found = self._rows(
            f"""SELECT year, cost_basis, is_default, smallest_share * persons, {columns} FROM release_gate
                WHERE condition = ? AND year <= ? ORDER BY year DESC, cost_basis <> ?, cost_basis LIMIT 1""",
            [condition, self.found.year, self.config.method.cost_basis],
        )
        if not found:
            return None
        year, basis, is_default, fewest, *seen = found[0]
        rows = [row for row in self.gate_rows() if (row["year"], row["condition"], row["cost_basis"]) == (year, condition, basis)]
        triples = zip(suite, seen[::3], seen[1::3], seen[2::3])
        criteria = [self._criterion(one, value, (low, high), 0 < round(fewest) < self.threshold) for one, value, low, high in triples]
        return {
            "year": year,
            "is_default": is_default,
            "basis": _texts(self.config.project.language)(f"basis.{basis}"),
            "criteria": criteria,
            "means": self._means(rows),
        }

    def _criterion(self, one: Expectation, seen: float | None, own: tuple[float | None, float | None], is_few: bool) -> Criterion:
        """A NULL meets nothing. Where a stratum is too small to be shown, what would tell its size or its mean is not shown either.

        own: the bounds that the definition itself declares, None where it says nothing.
        """
        low, high = (of_all if asked is None else asked for asked, of_all in zip(own, (one.min, one.max)))
        is_met = seen is not None and (low is None or seen >= low) and (high is None or seen <= high)
        is_hidden = is_few and one.column in ("smallest_share", "least_ratio")
        shown = _FEW.format(threshold=self.threshold) if is_hidden else self._seen(one.column, seen)
        return Criterion(self.say(one.label) + self._own(own), shown, is_met)

    def _own(self, own: tuple[float | None, float | None]) -> str:
        """What a definition asks in place of what is asked of all."""
        asked = " ".join(self.numbers.percent(bound, 0) for bound in own if bound is not None)
        return self.say((f" (ici : {asked})", f" (here: {asked})")) if asked else ""

    def _seen(self, column: str, seen: float | None) -> str:
        if seen is None:
            return "–"
        if column.endswith("_share"):
            return self.numbers.percent(seen, 0)
        return self.say(_SEEN[column]).format(self.numbers.decimal(seen, 0 if column.endswith("_rising") else 2))

    def _means(self, rows: list[dict[str, Any]]) -> list[list[str]]:
        """One row per part: its name, then persons and mean cost of each stratum."""
        order = {"all": 0, "sex": 1, "age": 2}
        parts = sorted({(order[row["part"]], row["part_value"].replace("<", "0"), row["part_value"]) for row in rows})
        table = []
        for _, _, part in parts:
            cells = [self._mean_words(row) for row in sorted(rows, key=lambda row: row["stratum"]) if row["part_value"] == part]
            table.append([self.say(_PARTS[part]) if part in _PARTS else part, *cells])
        return table

    def _mean_words(self, row: dict[str, Any]) -> str:
        if row["status"] == "ok":
            return f"{self.numbers.exact_euros(row['mean_eur'])} ({self.numbers.count(row['persons'])})"
        return {"few": _FEW.format(threshold=self.threshold), "nobody": "0"}.get(row["status"], "–")

    # ------------------------------------------------------------------ the page

    def _facts(self) -> list[str]:
        residence = next(one.variant.label for one in self.found.sizes if one.variant.axis == "residence" and one.variant.is_base)
        return [self.config.fields_label.upper(), str(self.lookback), self.say(residence).lower(), self.say(_SCOPES[self.config.scope])]

    def view(self, drawings: dict[str, str]) -> dict[str, Any]:
        return {
            "language": self.config.project.language,
            "year": self.found.year,
            "is_synthetic": self.is_synthetic,
            "is_national": self.config.scope == "national" and not self.is_synthetic,
            "threshold": self.threshold,
            "through": self.numbers.day(self.through),
            "facts": self._facts(),
            "levels": [self.say(_LEVELS[level]) for level in LEVELS],
            "rules": [self.say(size.variant.label) for size in self.found.sizes if size.variant.axis == "residence"],
            "sections": [
                {
                    "label": self.labels[condition][self.side],
                    "definition_id": self.labels[condition][2],
                    "gate": self.gate_of(condition),
                    "sizes": self.sizes_of(condition),
                    "places": self.places_of(condition),
                    "drawing": drawings[condition],
                }
                for condition in self.conditions
            ],
        }


def _texts(language: str) -> Any:
    """The words of the pages of a publication: the names of places and of cost bases."""
    from dashboards.texts import load

    return load(language)


def _numbers(language: str) -> Any:
    """How numbers are written on the pages of a publication: dashboards are loaded only when a page is made."""
    from dashboards.model.numbers import Numbers

    return Numbers(language)
