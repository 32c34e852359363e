"""Who is reviewed: so many persons of each stratum, so many who meet each criterion asked for, and where their charts are.

Belongs here: the draw. Not here: the file (sheet.py). No pseudonym: a person is our integer, a chart is found by hospital, dates, file
and line.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from strata.config import Config
from strata.engine.duckdb import connect
from strata.errors import StrataError
from strata.explain.labels import definitions_folder, stratum_labels

Text = tuple[str, str]
_SQL = {name: (Path(__file__).parent / f"{name}.sql").read_text(encoding="utf-8") for name in ("draw", "stay")}
_STAYS_SHOWN = 20  # of one question: a person may have hundreds of sessions; the latest lead to the chart


@dataclass(frozen=True)
class Stay:
    """One stay that counts for the answer. criteria: the criteria it counts for."""

    finess: str
    field: str
    entry_date: date
    exit_date: date
    source_file: str
    source_line: int
    criteria: str


@dataclass(frozen=True)
class Question:
    """One thing asked of one chart. kind: 'stratum' or 'criterion'; value: the stratum or the criterion_id. stays: the latest ones."""

    number: int
    person_id: int
    kind: str
    value: str
    stays: tuple[Stay, ...]
    all_stays: int


@dataclass(frozen=True)
class Group:
    """A stratum or a criterion. held: persons it has; drawn: of them, in the sheet. label: its clinical words."""

    kind: str
    value: str
    label: Text
    held: int
    drawn: int


@dataclass(frozen=True)
class Asked:
    """A criterion of the definition: its words, how many of what it counts, within how many months of the index date."""

    label: Text
    at_least: int
    counted: str
    months: int


@dataclass(frozen=True)
class Draw:
    """Everything the sheet says; definition_id and seed make it possible to draw it again.

    profiles: stratum -> its clinical words, drawn or not. criteria: criterion_id -> what it asks, all those of the definition.
    """

    condition: str
    definition_id: str
    year: int
    index_date: date
    seed: int
    is_synthetic: bool
    profiles: dict[int, Text]
    criteria: dict[str, Asked]
    groups: tuple[Group, ...]
    questions: tuple[Question, ...]


def draw(config: Config, condition: str, year: int, *, per_stratum: int, criteria: list[str], per_criterion: int, seed: int) -> Draw:
    """Draw up to `per_stratum` persons of each stratum of the year and `per_criterion` who meet each criterion. Reads the warehouse only.

    StrataError: usage when a criterion is not of the condition; the data's fault when there is nobody.
    """
    connection = connect(config.database, read_only=True)
    try:
        known = _criteria(connection, condition, year)
        _refuse_unknown(known, criteria)
        asked: dict[str, Any] = {"condition": condition, "year": year}
        numbers = {"per_stratum": per_stratum, "per_criterion": per_criterion, "criteria": criteria, "seed": seed}
        drawn = connection.execute(_SQL["draw"], asked | numbers).fetchall()
        if not drawn:
            raise _nobody(condition, year, with_strata=per_stratum > 0)
        profiles = stratum_labels(definitions_folder(config), condition)
        groups = _groups(profiles, known, drawn)
        order = {(group.kind, group.value): rank for rank, group in enumerate(groups)}
        drawn.sort(key=lambda row: (row[0], order[row[1], row[2]]))  # a chart is opened once: what is asked of a person stands together
        questions = _questions(connection, [(number, *row[:3]) for number, row in enumerate(drawn, start=1)], asked)
        ((definition_id, is_synthetic, index_date),) = connection.execute(
            """SELECT definition_id, is_synthetic, index_date FROM definition CROSS JOIN setting CROSS JOIN reporting_year
               WHERE condition = ? AND year = ?""",
            [condition, year],
        ).fetchall()
    finally:
        connection.close()
    return Draw(condition, definition_id, year, index_date, seed, is_synthetic, profiles, known, groups, questions)


def _questions(
    connection: duckdb.DuckDBPyConnection, drawn: list[tuple[int, int, str, str]], asked: dict[str, Any]
) -> tuple[Question, ...]:
    columns = list(zip(*drawn))
    table = "SELECT unnest($n) AS question_no, unnest($p) AS person_id, unnest($k) AS kind, unnest($v) AS value"
    found = connection.execute(
        f"""WITH drawn AS ({table}), answer AS ({_SQL["stay"]})
            SELECT * FROM answer ORDER BY question_no, exit_date DESC, source_file, source_line""",
        {**asked, **dict(zip("npkv", map(list, columns)))},
    ).fetchall()
    stays: dict[int, list[Stay]] = {}
    for number, *stay in found:
        stays.setdefault(number, []).append(Stay(*stay))
    of = {number: tuple(stays.get(number, ())) for number, *_ in drawn}
    return tuple(Question(*row, stays=of[row[0]][:_STAYS_SHOWN], all_stays=len(of[row[0]])) for row in drawn)


def _groups(profiles: dict[int, Text], criteria: dict[str, Asked], drawn: list[tuple[int, str, str, int]]) -> tuple[Group, ...]:
    counted: dict[tuple[str, str], list[int]] = {}
    for _, kind, value, held in drawn:
        counted.setdefault((kind, value), []).append(held)
    groups = []
    for (kind, value), of_each in sorted(counted.items(), key=lambda item: (item[0][0] != "stratum", item[0][1])):
        label = profiles.get(int(value), ("", "")) if kind == "stratum" else criteria[value].label
        groups.append(Group(kind, value, label, of_each[0], len(of_each)))
    return tuple(groups)


def _criteria(connection: duckdb.DuckDBPyConnection, condition: str, year: int) -> dict[str, Asked]:
    query = """SELECT criterion_id, label_fr, label_en, definition_criterion.at_least, definition_criterion.counted, criterion_window.months
               FROM definition_criterion INNER JOIN criterion_window USING (condition, criterion_id)
               WHERE condition = ? AND year = ? ORDER BY criterion_id"""
    found = connection.execute(query, [condition, year]).fetchall()
    return {criterion: Asked((french, english), *asked) for criterion, french, english, *asked in found}


def _refuse_unknown(known: dict[str, Asked], criteria: list[str]) -> None:
    if unknown := [one for one in criteria if one not in known]:
        raise StrataError(
            what=("Critère inconnu", "Unknown criterion"),
            where=f"--criterion {', '.join(unknown)}",
            why=(f"la définition a : {', '.join(known)}", f"the definition has: {', '.join(known)}"),
            fix=("Choisir parmi eux", "Choose among them"),
            is_usage=True,
        )


def _nobody(condition: str, year: int, with_strata: bool) -> StrataError:
    of_strata = ("aucune personne n'a de strate cette année-là", "nobody has a stratum in that year")
    of_criteria = ("aucune personne d'une strate n'a ces critères cette année-là", "nobody in a stratum meets these criteria in that year")
    return StrataError(
        what=("Personne à tirer", "Nobody to draw"),
        where=f"{condition}, {year}",
        why=of_strata if with_strata else of_criteria,
        fix=("Choisir une autre année (--year)", "Choose another year (--year)"),
    )
