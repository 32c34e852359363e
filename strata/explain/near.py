"""What nearly held, and what will cease to: the engine asked again with one thing changed at a time.

Belongs here: the variants and what each says of the criteria that are not met. Not here: counting, scoring, deciding (sql/strata).
A criterion is near for a reason: `number` (one event short), `window` (it held, until a date), `trait` (the codes are there,
the stay lacks a trait), `filter` (the stay is left out by a filter). A rule is near when one such criterion would make it hold, when it
is one criterion short of a score it has begun (`score`), or when only the age is missing (`age`). One change at a time: two at once are
not tried.
"""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from strata.engine.scratch import rows
from strata.explain.labels import traits
from strata.explain.world import settle, vary

Row = dict[str, Any]
_TURNING_DATE = Path(__file__).with_name("turning_date.sql").read_text(encoding="utf-8")
_OF_PERSON = "person_id IN (SELECT person_id FROM person.stay)"
_UNMET = "criterion_no NOT IN (SELECT criterion_no FROM asked.person_evidence)"
# What each variant changes: table -> query, a few lines each; `asked` and `person` hold what the warehouse says.
_UNMET_ONLY = {"definition_criterion": f"SELECT * FROM asked.definition_criterion WHERE {_UNMET}"}
_ANY_NUMBER = {"definition_criterion": f"SELECT * REPLACE (1 AS at_least) FROM asked.definition_criterion WHERE {_UNMET}"}
_ANY_TRAIT = _UNMET_ONLY | {
    "definition_event": "SELECT * REPLACE (0 AS traits_all, 0 AS traits_any, 0 AS traits_none) FROM asked.definition_event"
}
_NO_FILTER = _UNMET_ONLY | {"stay": "SELECT * REPLACE (exit_date IS NOT NULL AS counts_for_person) FROM person.stay"}
_LOOKED_FOR = """SELECT shown_no FROM asked.shown_event WHERE event_no IN (SELECT event_no FROM variant.definition_criterion)"""
# The dates on which a criterion may last have begun to hold: those of the stays that show its event.
_PAST_DATES = _UNMET_ONLY | {
    "reporting_year": f"""
    SELECT reporting_year.* REPLACE (CAST(row_number() OVER (ORDER BY seen.exit_date) AS SMALLINT) AS year, seen.exit_date AS index_date)
    FROM asked.reporting_year CROSS JOIN (
      SELECT exit_date FROM asked.stay_event WHERE event_no IN ({_LOOKED_FOR})
      UNION SELECT last_date FROM asked.care_event WHERE event_no IN ({_LOOKED_FOR})) AS seen
    WHERE seen.exit_date <= asked.reporting_year.index_date"""
}
# What an index date changes, up to the status.
_OF_DATE = (
    "reporting_place", "criterion_window", "window_bit", "person_residence", "person_state", "person_count", "person_reason", "person_type",
    "person_criteria", "criteria_rule", "criteria_status", "person_status", "person_stratum",
)  # fmt: skip
# Persons who do not exist: number -c has one criterion more, c; number 0 is old enough for any rule.
_ONE_MORE = {
    "person_criteria": f"""
    SELECT -one.criterion_no AS person_id, reporting_year.year, one.block_no,
      (CAST(one.bit AS HUGEINT) << one.block_shift) | coalesce(held.criteria, 0) AS criteria
    FROM asked.criterion_bit AS one CROSS JOIN asked.reporting_year
    LEFT JOIN asked.person_criteria AS held ON one.block_no = held.block_no
    WHERE {_UNMET}
    UNION ALL
    SELECT 0 AS person_id, year, block_no, criteria FROM asked.person_criteria""",
    "person_residence": """
    SELECT DISTINCT state.* REPLACE (held.person_id AS person_id, CASE held.person_id WHEN 0 THEN 200 ELSE state.age_years END AS age_years)
    FROM asked.person_residence AS state CROSS JOIN variant.person_criteria AS held""",
    "person_type": """
    SELECT DISTINCT held.person_id, type.condition, type.year, type.person_type
    FROM asked.person_type AS type CROSS JOIN variant.person_criteria AS held""",
}


def near_criteria(connection: duckdb.DuckDBPyConnection) -> dict[int, list[Row]]:
    """criterion_no -> why it is near, for the criteria that are not met; see the module for the reasons."""
    found: dict[int, list[Row]] = defaultdict(list)
    for reason, near in (("number", _number), ("window", _window), ("trait", _trait), ("filter", _filter)):
        for row in near(connection):
            found[row.pop("criterion_no")].append({"reason": reason, **row})
    settle(connection)
    return found


def imagined_rules(connection: duckdb.DuckDBPyConnection) -> tuple[dict[str, list[int]], dict[int, Row]]:
    """(rule not held -> the criteria any of which would make it hold (0: the age), criterion -> the status it would then give)."""
    vary(connection, _ONE_MORE, ("criteria_rule", "criteria_status", "person_rule", "person_status", "person_stratum"))
    gained: dict[str, list[int]] = defaultdict(list)
    for row in rows(
        connection,
        """SELECT -person_id AS criterion_no, rule_id FROM variant.person_rule
           WHERE rule_id NOT IN (SELECT rule_id FROM asked.person_rule) ORDER BY rule_id, criterion_no""",
    ):
        gained[row["rule_id"]].append(row["criterion_no"])
    outcomes = rows(connection, "SELECT -person_id AS criterion_no, status, stratum, rule_id FROM variant.person_stratum")
    settle(connection)
    return gained, {row.pop("criterion_no"): row for row in outcomes}


def changes_to_come(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """What the status becomes as evidence and the person age, were nothing new to be seen: one row per change.

    (date, status, stratum, rule_id): all but the date None without a status.
    """
    nothing: Row = {"status": None, "stratum": None, "rule_id": None}
    current = next(iter(rows(connection, f"SELECT status, stratum, rule_id FROM asked.person_stratum WHERE {_OF_PERSON}")), nothing)
    dates = [row["turning_date"] for row in rows(connection, _TURNING_DATE)]
    becomes: dict[date, Row] = {}
    for asked in _one_a_year(dates):
        becomes |= _statuses(connection, asked)
    settle(connection)
    found = []
    for on in dates:
        later = becomes.get(on, nothing)
        if later != current:
            found.append({"date": on, **later})
            current = later
    return found


def _one_a_year(dates: list[date]) -> list[list[date]]:
    """The dates in as few lots as hold one of each year: the engine keeps one index date a year, and answers for a lot at once."""
    lots: list[list[date]] = []
    for on in dates:
        lot = next((lot for lot in lots if all(other.year != on.year for other in lot)), None)
        if lot is None:
            lots.append(lot := [])
        lot.append(on)
    return lots


def _statuses(connection: duckdb.DuckDBPyConnection, dates: list[date]) -> dict[date, Row]:
    """The status at each of these index dates, of different years, that has one."""
    moved = ", ".join(f"({on.year}, DATE '{on}')" for on in dates)
    query = f"""
        SELECT reporting_year.* REPLACE (CAST(moved.year AS SMALLINT) AS year, moved.index_date AS index_date)
        FROM asked.reporting_year CROSS JOIN (VALUES {moved}) AS moved (year, index_date)"""
    vary(connection, {"reporting_year": query}, _OF_DATE)
    on_year = {on.year: on for on in dates}
    found = rows(connection, f"SELECT year, status, stratum, rule_id FROM variant.person_stratum WHERE {_OF_PERSON}")
    return {on_year[row.pop("year")]: row for row in found}


def _number(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """One event short of the number asked for."""
    vary(connection, _ANY_NUMBER)
    return rows(
        connection,
        """SELECT held.criterion_no, held.events, held.last_date FROM variant.person_evidence AS held
           INNER JOIN asked.definition_criterion AS criterion ON held.criterion_no = criterion.criterion_no
           WHERE held.events = criterion.at_least - 1 ORDER BY held.criterion_no""",
    )


def _window(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """The last time the criterion held before, the day from which it no longer did, and the event that had then left the window.

    That event is the last one only where one is enough: of two asked for, the older leaves first.
    """
    vary(connection, _PAST_DATES)
    return rows(
        connection,
        """SELECT asked.criterion_no, max(reason.last_date) AS last_date, max(reason.deciding_date) AS left_date,
             max(CAST(reason.deciding_date + to_months(asked.months) AS DATE)) AS expired_on
           FROM variant.person_reason AS reason INNER JOIN variant.criterion_window AS asked ON reason.window_no = asked.window_no
           GROUP BY asked.criterion_no ORDER BY asked.criterion_no""",
    )


def _trait(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """The latest stay that would be counted were no trait asked for, and the traits it lacks or has too many."""
    vary(connection, _ANY_TRAIT)
    found = rows(connection, _NEW_STAYS.format(more=_MASKS))
    for row in found:
        masks = {name: row.pop(name) for name in ("lacks_all", "lacks_any", "excluded")}
        row |= {name: [trait for trait, bit in traits().items() if mask & bit] for name, mask in masks.items()}
    return found


def _filter(connection: duckdb.DuckDBPyConnection) -> list[Row]:
    """The latest stay that would be counted had no filter left it out, and those filters."""
    vary(connection, _NO_FILTER)
    reasons = """, (SELECT list(stay_rejection.reason ORDER BY stay_rejection.reason)
        FROM stay_rejection INNER JOIN stay_filter ON stay_rejection.reason = stay_filter.reason AND stay_filter.from_persons
        WHERE stay_rejection.stay_id = stay.stay_id) AS filters"""
    return rows(connection, _NEW_STAYS.format(more=reasons))


_MASKS = """,
    event.traits_all - (event.traits_all & stay.traits) AS lacks_all,
    CASE WHEN (event.traits_any & stay.traits) = 0 THEN event.traits_any ELSE 0 END AS lacks_any,
    event.traits_none & stay.traits AS excluded"""
# Of the criteria that the variant alone meets: the latest stay that the variant alone counts.
_NEW_STAYS = """
    SELECT criterion.criterion_no, stay.stay_id, stay.exit_date AS last_date, stay.field,
       stay.finess, stay.source_file, stay.source_line {more}
    FROM variant.person_evidence AS held
    INNER JOIN asked.definition_criterion AS criterion ON held.criterion_no = criterion.criterion_no
    INNER JOIN asked.definition_event AS event ON criterion.event_no = event.event_no
    INNER JOIN shown_event AS alike ON criterion.event_no = alike.event_no
    INNER JOIN variant.stay_event AS shown ON alike.shown_no = shown.event_no
    INNER JOIN stay ON shown.stay_id = stay.stay_id
    ANTI JOIN (
      SELECT alike.event_no, counted.stay_id
      FROM asked.stay_event AS counted INNER JOIN asked.shown_event AS alike ON counted.event_no = alike.shown_no
    ) AS before ON shown.stay_id = before.stay_id AND criterion.event_no = before.event_no
    WHERE stay.exit_date <= held.last_date
    QUALIFY row_number() OVER (PARTITION BY criterion.criterion_no ORDER BY stay.exit_date DESC, stay.stay_id) = 1
    ORDER BY criterion.criterion_no"""
