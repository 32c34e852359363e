"""A nation's hospital stays made by SQL: the tables that sql/strata reads, for as many stays as asked, without any file in a real format.

Belongs here: what these stays look like. Not here: what is measured on them (stratify.py), the synthetic country of the demonstration
(strata/synthetic), whose persons fall ill and age; these only have plausible numbers.

Per 100 stays: 336 associated diagnoses, 100 acts, 100 units, 30 persons of whom 28 are seen. The ill are about as many as published for
France (FHF, 2021), if 28.8 million persons are seen in five years, which is assumed: type 2 diabetes 7 % for 7, heart failure 5 % for 4, at
risk of the one 63 % for 60, of the other 50 % for 33. Few persons have most of the codes, and most of the stays. Stays come by
hospital-year, so that those of a person lie far apart.
As many codes, places, authorisations, days and dates of death as hospitals write, the common ones more often: a column that says too little
is stored in less, and read faster, than a real one.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from string import ascii_uppercase

import duckdb

from strata.config import from_dict
from strata.definitions.folder import write_definitions
from strata.engine.duckdb import connect
from strata.settings import TABLES

CONDITIONS = ["hf", "t2d"]
CHUNK = 2_000_000
STAYS_PER_SLICE = 20_000
SLOTS = 65_536
RARE = 2  # slots of every code of a list that is not common
SICK = 0.07  # of persons: those who come most often, with a fifth of the stays
# Mentions of each list per thousand mentions, of the sick and of the others; every other code of a list has RARE slots.
PER_MILLE = {
    "icd10": {
        "htn": 100, "dm_t2": 120, "dyslipidaemia": 40, "obesity_bmi30": 30, "af_flutter": 25, "hf_core": 35, "ckd_early": 4, "ckd_3": 4,
        "ckd_4_5": 2, "copd": 15, "anaemia": 20, "coronary": 15, "overweight": 10, "pad": 3, "stroke_any": 4, "alcohol": 10,
        "sleep_apnoea": 15, "valve": 6, "chemo_session": 15, "dialysis_dx": 2, "palliative": 3,
    },
    "icd10_others": {
        "htn": 25, "dm_t2": 0, "dyslipidaemia": 10, "obesity_bmi30": 10, "af_flutter": 1, "hf_core": 0, "ckd_early": 2, "ckd_3": 0,
        "ckd_4_5": 0, "copd": 2, "anaemia": 3, "coronary": 1, "overweight": 5, "pad": 0, "stroke_any": 1, "alcohol": 3,
        "sleep_apnoea": 3, "valve": 1, "chemo_session": 4, "dialysis_dx": 0, "palliative": 1,
    },
    "ccam": {"dialysis_act": 20, "pci_act": 8, "eye_act": 10},
    "ghm": {"valve_coronary_ghm": 10},
}  # fmt: skip
# Codes of no list: how many of each nomenclature are seen in a year of the country, and what they look like.
OTHERS = {"icd10": 12_000, "ccam": 7_500, "ghm": 2_600}
_SHAPES = {
    "icd10": (ascii_uppercase, "0123456789", "0123456789", ("", *"0123456789")),
    "ccam": ("ABCDEFGHJLMNPQYZ", "ABCDEFGHJKLMNPQR", "ACFGHJLMNPQR", "ABCDEFGHJKLMNPQR", ("001", "002", "003")),
    "ghm": (("01", "02", "03", "04", "05", "06", "07", "08", "09", *map(str, range(10, 28))), "CKM", "0123456789", "0123456789", "1234JT"),
}  # fmt: skip
_SMALL = """
CREATE TABLE reporting_year AS SELECT 2024::SMALLINT AS year, DATE '2024-12-31' AS index_date, 5::SMALLINT AS lookback_years;
CREATE TABLE setting AS SELECT 'last' AS residence_rule;
CREATE TABLE territory AS SELECT 'T' || range % 100 AS territory_id, '9' || lpad(range::VARCHAR, 4, '0') AS geo_code FROM range(5601);
CREATE TABLE care (person_id INTEGER, care_date DATE, system VARCHAR, code VARCHAR, quantity INTEGER);
CREATE TABLE ald (person_id INTEGER, cim10_code VARCHAR, start_date DATE, end_date DATE);
CREATE TABLE read_person_slice (field VARCHAR);
CREATE TABLE stay (stay_id BIGINT, person_id INTEGER, field VARCHAR, entry_date DATE, exit_date DATE, exit_mode VARCHAR, geo_code VARCHAR,
  ghm VARCHAR, sessions SMALLINT, is_session BOOLEAN, is_transfer_in BOOLEAN, is_contact BOOLEAN, traits SMALLINT,
  counts_for_person BOOLEAN);
CREATE TABLE read_stay (stay_id BIGINT, supplement_rea SMALLINT, supplement_stf SMALLINT, supplement_src SMALLINT);
CREATE TABLE diagnosis (stay_id BIGINT, position VARCHAR, code VARCHAR);
CREATE TABLE procedure (stay_id BIGINT, code VARCHAR, day_offset SMALLINT);
CREATE TABLE unit (stay_id BIGINT, authorisation_1 VARCHAR, authorisation_2 VARCHAR);
"""
# The bits of traits: strata/tables/trait.csv.
_DRAWN = """CREATE OR REPLACE TEMP TABLE drawn AS
WITH met AS (
  SELECT range AS n, (pow(hash(range, 1) / 18446744073709551616.0, 1.7) * {persons})::BIGINT AS rank FROM range({first}, {last})
), numbered AS (
  SELECT n, ((n // {per_slice}) + 1) * 4294967296 + n % {per_slice} + 1 AS stay_id, 1 + (rank * 7919) % {persons} AS person_id,
    CASE WHEN rank < {sick} * {persons} THEN 'icd10' ELSE 'icd10_others' END AS diagnoses, hash(n, 2) AS h
  FROM met
), described AS (
  SELECT n, stay_id, person_id::INTEGER AS person_id, diagnoses, h,
    h % 100 < 20 AS is_session,
    CASE WHEN h % 100 < 60 THEN 0 ELSE 1 + floor(-ln((hash(n, 12) + 1.0) / 18446744073709551617.0) * 5) END::INTEGER AS nights,
    DATE '2020-01-01' + (365 * (n // {per_slice} % 5) + (h >> 16) % 365)::INTEGER AS exit_date,
    (h >> 32) % 100 < 15 AS is_urgent, (h >> 40) % 100 < 3 AS is_transfer_in, (h >> 48) % 200 = 0 AS is_death
  FROM numbered
)
SELECT stay_id, person_id, diagnoses, h, is_session, is_transfer_in, exit_date, exit_date - nights AS entry_date,
  CASE WHEN is_death THEN '9' WHEN (h >> 52) % 40 = 0 THEN '7' WHEN (h >> 52) % 20 = 1 THEN '6' ELSE '8' END AS exit_mode, nights,
  -- half of the persons live in a seventh of the places; of a stay in twenty the place is another
  '9' || lpad((5600 * pow(hash(CASE (h >> 56) % 20 WHEN 0 THEN n ELSE person_id END, 13) / 18446744073709551616.0, 2.8))::INTEGER::VARCHAR,
    4, '0') AS geo_code,
  (32 + CASE WHEN is_session THEN 1 ELSE 0 END + CASE WHEN nights > 0 THEN 2 ELSE 0 END + CASE WHEN is_urgent THEN 4 ELSE 0 END
    + CASE WHEN is_death THEN 8 ELSE 0 END + CASE WHEN is_transfer_in THEN 16 ELSE 0 END)::SMALLINT AS traits,
  CASE WHEN is_session THEN 0 ELSE floor(-ln((hash(n, 3) + 1.0) / 18446744073709551617.0) * 4.78) END::INTEGER AS das
FROM described"""
_CODED = (
    """INSERT INTO stay SELECT drawn.stay_id, drawn.person_id, 'mco', drawn.entry_date, drawn.exit_date, drawn.exit_mode, drawn.geo_code,
      CASE WHEN NOT drawn.is_session THEN slot.code WHEN hash(drawn.person_id, 4) % 12 = 0 THEN '28Z04Z' ELSE '28Z07Z' END,
      is_session::SMALLINT, drawn.is_session, drawn.is_transfer_in, false, drawn.traits, true
    FROM drawn INNER JOIN slot ON slot.system = 'ghm' AND slot.slot = hash(drawn.h, 5) % {slots}""",
    """INSERT INTO read_stay SELECT stay_id, ((h >> 20) % 50 = 0)::SMALLINT, ((h >> 21) % 50 = 0)::SMALLINT, ((h >> 22) % 20 = 0)::SMALLINT
    FROM drawn""",
    # One unit in twenty is of intensive care; the others are of sixty kinds.
    """INSERT INTO unit SELECT stay_id,
      CASE WHEN hash(h, 6) % 20 = 0 THEN '01A' ELSE (30 + hash(h, 14) % 60)::VARCHAR || 'A' END,
      CASE WHEN hash(h, 6) % 20 = 1 THEN (30 + hash(h, 15) % 60)::VARCHAR || 'B' END
    FROM drawn""",
    """INSERT INTO procedure SELECT drawn.stay_id, slot.code, hash(h, 16) % (drawn.nights + 1) FROM drawn
    INNER JOIN slot ON slot.system = 'ccam' AND slot.slot = hash(drawn.h, 7) % {slots}""",
    # Six mentions in ten are of what the person has, the others of what the stay met. Its one unit has the principal and, in a session, the
    # related diagnosis of the stay.
    """INSERT INTO diagnosis WITH principal AS (
      SELECT * FROM (VALUES (-1, 'stay_dr'), (-1, 'unit_dr'), (0, 'stay_dp'), (0, 'unit_dp')) AS written (rank, position)
    ), mention AS (
      SELECT stay_id, person_id, diagnoses, h, unnest(range(-is_session::INTEGER, das + 1)) AS rank FROM drawn
    ), placed AS (
      SELECT mention.stay_id, mention.diagnoses, coalesce(principal.position, 'das') AS position,
        CASE WHEN hash(h, mention.rank) % 10 < 6 THEN hash(person_id, abs(mention.rank) % 4) ELSE hash(h, mention.rank, 8) END
          % {slots} AS slot
      FROM mention LEFT JOIN principal ON mention.rank = principal.rank
    ) SELECT placed.stay_id, placed.position, slot.code FROM placed
    INNER JOIN slot ON slot.system = placed.diagnoses AND slot.slot = placed.slot""",
)
_PERSON = """CREATE TABLE person AS SELECT (range + 1)::INTEGER AS person_id, CASE hash(range, 9) % 2 WHEN 0 THEN 'F' ELSE 'M' END AS sex,
  (1925 + hash(range, 10) % 85)::SMALLINT AS birth_year,
  CASE WHEN hash(range, 11) % 25 = 0 THEN DATE '2021-01-01' + (hash(range, 17) % 1461)::INTEGER END AS death_date
FROM range({persons})"""


def generate(path: Path, stays: int) -> None:
    """Write `stays` stays and the definitions of CONDITIONS into a new DuckDB database `path`."""
    connection = connect(path, memory_limit="4GB")
    connection.execute("SET preserve_insertion_order = true")  # stays lie by hospital-year, as they are read
    whole = {"scope": "national", "last_complete_month": "2024-12"}
    raw = {"years": {"first": 2024, "last": 2024}, "coverage": {"mco": whole}, "method": {"conditions": CONDITIONS}}
    write_definitions(connection, from_dict(raw, path.parent))
    connection.execute(_SMALL)
    connection.execute(f"CREATE TABLE age_band AS SELECT * FROM read_csv('{(TABLES / 'age_band.csv').as_posix()}', header = true)")
    _write_slots(connection)
    persons = stays * 3 // 10
    connection.execute(_PERSON.format(persons=persons))
    for first in range(0, stays, CHUNK):
        last = min(first + CHUNK, stays)
        connection.execute(_DRAWN.format(per_slice=STAYS_PER_SLICE, persons=persons, sick=SICK, first=first, last=last))
        for statement in _CODED:
            connection.execute(statement.format(slots=SLOTS))
    connection.close()


def _write_slots(connection: duckdb.DuckDBPyConnection) -> None:
    """slot: which code a number below SLOTS stands for, in each nomenclature."""
    connection.execute("CREATE TABLE slot (system VARCHAR, slot INTEGER, code VARCHAR)")
    for name, common in PER_MILLE.items():
        system = name.partition("_")[0]
        held = connection.execute("SELECT list_id, list(code ORDER BY code) FROM definition_code WHERE system = ? GROUP BY 1", [system])
        filled = list(_slots_of(dict(held.fetchall()), common))
        filled += _others(system, connection, SLOTS - len(filled))
        rows = [(name, rank, code) for rank, code in enumerate(filled)]
        connection.execute("INSERT INTO slot SELECT unnest(?), unnest(?), unnest(?)", [list(column) for column in zip(*rows, strict=True)])


def _slots_of(lists: dict[str, list[str]], common: dict[str, int]) -> Iterator[str]:
    for list_id, codes in sorted(lists.items()):
        if list_id in common:
            yield from (codes[rank % len(codes)] for rank in range(common[list_id] * SLOTS // 1000))
    frequent = {code for list_id in common for code in lists[list_id]}
    yield from sorted(RARE * list({code for codes in lists.values() for code in codes} - frequent))


def _others(system: str, connection: duckdb.DuckDBPyConnection, slots: int) -> list[str]:
    """Codes of no list, the first ones in more slots than the last."""
    listed = tuple(code for (code,) in connection.execute("SELECT code FROM definition_code WHERE system = ?", [system]).fetchall())
    free = [code for code in map("".join, product(*_SHAPES[system])) if not code.startswith(listed)]
    codes = free[:: len(free) // OTHERS[system]]
    return [codes[int(len(codes) * (rank / slots) ** 2)] for rank in range(slots)]
