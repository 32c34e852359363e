"""Why a person has the status they have: every fact on the way, with its dates and its codes.

Belongs here: gathering what the tables say into one answer. Not here: words (pipelines/commands/explain_report.py), the cut (world.py).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from strata.engine.scratch import rows
from strata.explain.near import changes_to_come, imagined_rules, near_criteria
from strata.explain.output import SYSTEM, method_terms
from strata.explain.world import ask

SCHEMA = "strata-explain/1"
_SQL = Path(__file__).parent
_LEVELS = {"at_risk_strict": "strict", "at_risk_extended": "extended"}
Row = dict[str, Any]


@dataclass(frozen=True)
class Explanation:
    """One person x condition x year. Every list of rows is described in docs/how-to/explain-a-person.md.

    status, stratum and rule_id are None without a status; at_risk_level ('strict', 'extended') without a risk. at_risk_dcir: the person
    is at strict risk once ambulatory care is looked at. systems: the organ systems met. position_policy, fields_included, geo_method and
    alive_method are those of the whole warehouse (method_term.sql).
    type: None where the condition has no types.
    """

    person_id: int
    condition: str
    definition_id: str
    label_fr: str
    label_en: str
    year: int
    index_date: date
    lookback_years: int
    is_synthetic: bool
    status: str | None
    stratum: int | None
    rule_id: str | None
    at_risk_level: str | None
    at_risk_dcir: Row | None
    systems: list[str]
    position_policy: str
    fields_included: str
    geo_method: str
    alive_method: str
    person: Row
    gates: list[Row]
    type: Row | None
    rules: list[Row]
    criteria: list[Row]
    near: list[Row]
    changes: list[Row]
    filtered_stays: list[Row]


def explain(connection: duckdb.DuckDBPyConnection, person_id: int, condition: str, year: int) -> Explanation:
    """The explanation of one person of `open_person`. condition and year are in the warehouse (question.py)."""
    ask(connection, condition, year)
    definition = rows(
        connection, "SELECT definition.*, reporting_year.*, is_synthetic FROM definition CROSS JOIN reporting_year CROSS JOIN setting"
    )[0]
    decided = next(iter(rows(connection, "SELECT status, stratum, rule_id FROM person_stratum")), {})
    criteria, terms = _criteria(connection), method_terms(connection)
    return Explanation(
        person_id=person_id,
        condition=condition,
        definition_id=definition["definition_id"],
        label_fr=definition["label_fr"],
        label_en=definition["label_en"],
        year=year,
        index_date=definition["index_date"],
        lookback_years=definition["lookback_years"],
        is_synthetic=definition["is_synthetic"],
        status=decided.get("status"),
        stratum=decided.get("stratum"),
        rule_id=decided.get("rule_id"),
        at_risk_level=_LEVELS.get(decided.get("status", "")),
        at_risk_dcir=next(iter(rows(connection, "SELECT rule_id, is_added FROM at_risk_dcir")), None),
        systems=[row["criterion_id"] for row in criteria if row["is_met"] and row["criterion_id"].startswith(SYSTEM)],
        **{name: terms[name] for name in ("position_policy", "fields_included", "geo_method", "alive_method")},
        person=_person(connection),
        gates=rows(connection, _sql("gate")),
        type=_type(connection, definition["population_type"]),
        rules=_rules(connection),
        criteria=criteria,
        near=_near(connection),
        changes=changes_to_come(connection),
        filtered_stays=rows(connection, _sql("filtered_stay")),
    )


@cache
def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _person(connection: duckdb.DuckDBPyConnection) -> Row:
    """What is known of the person at the index date; None for what is not."""
    names = ("sex", "birth_year", "age_years", "territory_id", "territory_name", "is_alive", "death_date", "death_source")
    query = """SELECT person.sex, birth_year, age_years, person_state.territory_id, named.territory_name, is_alive, death_date, death_source
               FROM person LEFT JOIN person_state ON person.person_id = person_state.person_id
               LEFT JOIN (SELECT DISTINCT territory_id, territory_name FROM territory) AS named
               ON person_state.territory_id = named.territory_id"""
    return next(iter(rows(connection, query)), dict.fromkeys(names))


def _type(connection: duckdb.DuckDBPyConnection, population_type: str | None) -> Row | None:
    """How the type was settled: the stays of each group, the measures, each rule with the terms that hold."""
    if not rows(connection, "SELECT 1 FROM definition_type_rule LIMIT 1"):
        return None
    terms = defaultdict(list)
    query = """SELECT term.rank, term.metric, operator, threshold, value FROM definition_type_term AS term
               LEFT JOIN type_metric ON term.metric = type_metric.metric ORDER BY term.rank, term.metric"""
    for row in rows(connection, query):
        terms[row.pop("rank")].append(row)
    ranked = rows(
        connection,
        """SELECT rule.rank, rule.person_type, rule.label_fr, rule.label_en, coalesce(type_term.terms = rule.terms, false) AS is_held,
             type_first.rank IS NOT NULL AS is_deciding
           FROM definition_type_rule AS rule
           LEFT JOIN (SELECT rank, count(*) AS terms FROM type_term GROUP BY rank) AS type_term ON rule.rank = type_term.rank
           LEFT JOIN type_first ON rule.rank = type_first.rank ORDER BY rule.rank""",
    )
    groups = rows(
        connection,
        """SELECT listed.type_group, listed.label_fr, listed.label_en, listed.specificity, coalesce(counted.stays, 0) AS stays
           FROM definition_type_group AS listed
           LEFT JOIN type_count AS counted ON listed.type_group = counted.type_group ORDER BY listed.specificity, listed.type_group""",
    )
    settled = next(iter(rows(connection, "SELECT person_type FROM person_type")), {"person_type": None})
    return {
        **settled,
        "population_type": population_type,
        "groups": groups,
        "rules": [row | {"terms": terms[row["rank"]]} for row in ranked],
    }


def _rules(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    members = defaultdict(list)
    for row in rows(connection, _sql("member")):
        members[row.pop("rule_id")].append(row)
    return [rule | {"members": members[rule["rule_id"]]} for rule in rows(connection, _sql("rule"))]


def _criteria(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """Every criterion of the condition; those met with the stays they count and the codes that show it."""
    codes = defaultdict(list)
    for row in rows(connection, _sql("event_code")):
        codes[row.pop("stay_id"), row.pop("event_no")].append(row)
    stays = defaultdict(list)
    for row in rows(connection, _sql("counted_stay")):
        number, event_no = row.pop("criterion_no"), row.pop("event_no")
        stays[number].append(row | {"codes": codes[row["stay_id"], event_no]})
    for row in rows(connection, _sql("outside_event")):
        stays[row.pop("criterion_no")].append(_outside(row))
    criteria = rows(connection, _sql("criterion"))
    return [row | {"stays": stays[row["criterion_no"]] if row["is_met"] else []} for row in criteria]


def _outside(row: Row) -> Row:
    """What was shown outside stays, in the shape of a stay: no hospital, no file of its own."""
    code = {"position": row["position"], "code": row["code"], "day_offset": None, "list_id": row["list_id"]}
    dates = {"entry_date": row["first_date"], "exit_date": row["exit_date"], "expires_on": row["expires_on"]}
    nothing = dict.fromkeys(("stay_id", "finess", "days", "episode_no", "source_file", "source_line"))
    return {"is_beside": False, "field": row["position"], **dates, **nothing, "codes": [code]}


def _near(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """One row per rule that nearly held x criterion it lacks x reason, the first rule to decide first; see near.py."""
    near, (gained, outcomes) = near_criteria(connection), imagined_rules(connection)
    names = {
        row["criterion_no"]: row["criterion_id"] for row in rows(connection, "SELECT criterion_no, criterion_id FROM definition_criterion")
    }
    found = []
    for rule in rows(connection, _sql("rule")):
        lacking = gained.get(rule["rule_id"], [])
        about = {key: rule[key] for key in ("rule_id", "purpose", "outcome", "score", "min_score")}
        for number in lacking:
            reasons = [{"reason": "age"}] if number == 0 else near.get(number, [])
            then = {"would_be": outcomes.get(number)}
            found += [about | {"criterion_id": names.get(number)} | reason | then for reason in reasons]
        if rule["score"] > 0 and not any(row["rule_id"] == rule["rule_id"] for row in found) and lacking:
            would = {"would_be": outcomes.get(lacking[0])}
            found.append(about | {"criterion_id": None, "reason": "score", "any_of": [names[number] for number in lacking]} | would)
    return found
