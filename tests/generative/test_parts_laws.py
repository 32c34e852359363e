"""Tables of which only the stale rows are made again hold the rows of tables made whole, whatever changed. Not here: what they hold."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from strata.engine import changes, fingerprints, parts, summed, told, windows
from strata.engine.models import Model, build, models
from strata.engine.tables import columns
from strata.errors import StrataError
from strata.ingest.warehouse.tables import bring_up_to_date
from strata.settings import write_settings
from tests.support import small_country

LAYERS = ("staging", "core", "strata")
ALSO = (
    "compared_year", "stratum_change", "at_risk_outcome", "flow_year", "flow_member", "stock_member", "stay_reason", "used_stay",
    "member_use", "declared_measure", "characteristic_bit",
)  # fmt: skip
TABLES = [
    name
    for name, model in models().items()
    if (model.layer in LAYERS and name != "population_cell")
    or name in ALSO
    or model.adds
    or (model.layer == "quality" and changes.is_parted(model))
]
SUMS = [name for name, model in models().items() if model.adds]
CODES = ("E118", "E109", "I500", "I10", "N185", "J189", "Z491", "I500", "E118")

# a year is a slice: the years ended last are sent again most often. Stays lie close to the new year, where they may reach back.
ends = st.dates(date(2020, 1, 1), date(2025, 12, 31)) | st.sampled_from([date(year, 12, 20) for year in range(2020, 2026)])
STAY = st.tuples(
    st.sampled_from("ABCDEF"), ends, st.sampled_from((0, 1, 5, 40, 400)), st.sampled_from(CODES), st.sampled_from(CODES),
    st.sampled_from(("8", "7", "9")), st.sampled_from(("8", "7")), st.sampled_from((1948, 1950, 1951)),
)  # fmt: skip
Stays = list[tuple[str, date, int, str, str, str, str, int]]


def text(stays: Stays) -> str:
    """As tests/support/small_country.py reads them. Everybody has a stay, so that a person keeps their number."""
    always = [(name, date(2017, 5, 1), 1, "J189", "I10", "8", "8", 1950) for name in "ABCDE"]
    lines = ["person | exit | nights | dp | das | exit_mode | entry_mode | born | slice"]
    for person, end, nights, dp, das, left, came, born in [*always, *stays]:
        start = end - timedelta(days=nights)
        lines.append(f"{person} | {end} | {nights} | {dp} | {das} | {left} | {came} | {born} | {end.year - 2016}" if start else "")
    return "\n".join(lines)


def read(stays: Stays) -> duckdb.DuckDBPyConnection:
    """A warehouse that has read these stays and made nothing of them. F is nobody known: a stay without a pseudonym."""
    connection: duckdb.DuckDBPyConnection = small_country.built(text(stays), only=[])
    nobody = "(SELECT person_id FROM pseudonym WHERE ltrim(pseudonym, '0') = 'F')"
    connection.execute(f"UPDATE read_stay SET person_id = NULL, pseudonym_status = 'missing' WHERE person_id = {nobody}")
    connection.execute(f"DELETE FROM pseudonym WHERE person_id = {nobody}")
    connection.execute("UPDATE read_stay SET slice_id = stay_id >> 32")
    places = "SELECT unnest(['REST', 'ALL']) AS place_id, 'REST' AS territory_id"
    connection.execute(f"CREATE TABLE place_part AS {places}")  # its file asks for every cell there is
    return connection


def send(warehouse: duckdb.DuckDBPyConnection, stays: Stays, years: set[int]) -> None:
    """Replace the slices of these years by what these stays say of them."""
    source = read(stays)
    low = {year: (year - 2016) << 32 for year in years}
    for table in changes.READ[1:]:
        for first in low.values():
            within = f"stay_id BETWEEN {first} AND {first + (1 << 32) - 1}"
            warehouse.execute(f"DELETE FROM {table} WHERE {within}")
            rows = source.sql(f"SELECT * FROM {table} WHERE {within}").to_arrow_table()
            warehouse.register("sent", rows)
            warehouse.execute(f"INSERT INTO {table} BY NAME SELECT * FROM sent")
            warehouse.unregister("sent")
    for year in years:
        warehouse.execute("UPDATE read_slice SET sha256 = concat(coalesce(sha256, ''), 'x') WHERE slice_id = ?", [year - 2016])


def refresh(warehouse: duckdb.DuckDBPyConnection, dies_at: int | None = None, month: int = 12) -> list[str]:
    """What a run does with the tables, until it dies; gives those of which only a part was made. month: of 2025, the last complete one."""
    national = {"scope": "national", "last_complete_month": f"2025-{month:02d}"}
    chosen = small_country.config() if month == 12 else small_country.config(coverage={"mco": national})
    write_settings(warehouse, chosen)
    small_country.define(warehouse, chosen)
    contents = dict.fromkeys(changes.READ, changes.slices_content(warehouse))
    in_part = []
    for number, name in enumerate(TABLES):
        if number == dies_at:
            break
        model = models()[name]
        for one in model.inputs:
            if one not in contents:
                contents[one] = fingerprints.content(warehouse, one)
        wanted = fingerprints.made_of(model, contents)
        found = fingerprints.up_to_date(warehouse, name, wanted)
        if found is None:
            before = fingerprints.known(warehouse, name)
            if before and changes.is_parted(model) and changes.stale(warehouse, model, changes.inputs(warehouse, model, contents), before):
                in_part.append(name)
            found = parts.make(warehouse, model, contents, wanted)
        contents[name] = found[0]
    return in_part


Made = Callable[..., duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Gives warehouses that have read some stays and made their tables, each a copy of its own: the same stays are made once."""
    folder, paths = tmp_path_factory.mktemp("made"), dict[tuple[Any, ...], Path]()

    def copied(stays: Stays, month: int = 12) -> duckdb.DuckDBPyConnection:
        path = paths.setdefault((month, *stays), folder / f"{len(paths)}.duckdb")
        if not path.exists():
            first = read(stays)
            refresh(first, month=month)
            first.execute(f"ATTACH '{path.as_posix()}' AS saved; COPY FROM DATABASE memory TO saved; DETACH saved")
        copy = duckdb.connect(config={"threads": 1})
        copy.execute(f"ATTACH '{path.as_posix()}' AS saved (READ_ONLY); COPY FROM DATABASE saved TO memory; DETACH saved")
        return copy

    return copied


@pytest.fixture(scope="module")
def whole() -> duckdb.DuckDBPyConnection:
    """What is made at once of BACKWARDS and, since the year was sent again, REACHING. To be compared with, and left as it is."""
    one = read(BACKWARDS)
    send(one, [*BACKWARDS, *REACHING], {2025})
    refresh(one)
    return one


def differing(one: duckdb.DuckDBPyConnection, other: duckdb.DuckDBPyConnection) -> list[str]:
    """The tables that do not hold the same rows as often, and those (no view) whose fingerprint is not that of their rows."""
    return [
        name
        for name in TABLES
        if rows(one, name) != rows(other, name)
        or not (models()[name].is_view or fingerprints.known(one, name) == fingerprints.content(one, name))
    ]


def rows(connection: duckdb.DuckDBPyConnection, table: str) -> Counter[tuple[Any, ...]]:
    """How often each row is in a table. Of a few rows: counted here, they cost a third of EXCEPT ALL both ways."""
    return Counter(connection.execute(f"FROM {table}").fetchall())


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(STAY, min_size=8, max_size=25),
    st.lists(STAY, min_size=4, max_size=12),
    st.sets(st.integers(2020, 2025), max_size=2),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.sampled_from((0, changes._MOST)),
    st.data(),
)
def test_stale_rows_replaced_are_a_table_made_whole(
    before: Stays, later: Stays, resent: set[int], months: tuple[int, int], most: int, data: st.DataObject
) -> None:
    """Years are sent again with other stays, some the same on other lines, until another month; a run dies on the way, another one ends.

    most: 0, so that readers make again the rows of the persons they are told, and sums are moved by theirs, as in a country; here, a few
    persons are most of them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(changes, "_MOST", most)
        patch.setattr(summed, "_MOST", most)
        replaced_is_whole(before, later, resent, months, data)


def replaced_is_whole(before: Stays, later: Stays, resent: set[int], months: tuple[int, int], data: st.DataObject) -> None:
    """One case of the law."""
    warehouse = read(before)
    refresh(warehouse, month=months[0])
    years = resent | {2025}
    kept = data.draw(st.permutations([stay for stay in before if data.draw(st.booleans()) or stay[1].year not in years]))
    now = [stay for stay in later if stay[1].year in years] + kept
    send(warehouse, now, years)
    refresh(warehouse, dies_at=data.draw(st.none() | st.integers(0, len(TABLES) - 1)), month=months[1])
    refresh(warehouse, month=months[1])
    whole = read(before)
    send(whole, now, years)
    refresh(whole, month=months[1])
    assert differing(warehouse, whole) == []


# What a stay of 2025 may say of the years before: it began in November and joins two episodes, it is a readmission, it ages a
# person, it goes on with an episode by transfer, months later.
BACKWARDS: Stays = [
    ("A", date(2024, 11, 10), 3, "I500", "E118", "7", "8", 1950), ("A", date(2024, 12, 28), 2, "I500", "E118", "8", "8", 1950),
    ("B", date(2024, 11, 25), 3, "I500", "E118", "8", "8", 1950), ("C", date(2024, 3, 25), 3, "E118", "I10", "8", "8", 1950),
    ("D", date(2023, 5, 1), 3, "I500", "I10", "8", "8", 1950), ("D", date(2024, 11, 10), 3, "I500", "I10", "7", "8", 1950),
]  # fmt: skip
REACHING: Stays = [
    ("A", date(2025, 1, 5), 56, "I500", "E118", "8", "8", 1950), ("B", date(2025, 2, 1), 60, "I500", "I10", "8", "8", 1950),
    ("D", date(2025, 4, 1), 3, "I500", "I10", "8", "7", 1950), ("F", date(2025, 1, 10), 30, "I500", "I10", "8", "8", 1950),
    ("C", date(2025, 6, 1), 1, "E118", "I10", "8", "8", 1948), ("C", date(2025, 7, 1), 1, "E118", "I10", "9", "8", 1948),
]  # fmt: skip


@pytest.mark.parametrize("most", [0, changes._MOST])
def test_a_stay_of_this_year_that_speaks_of_the_years_before(
    most: int, made: Made, whole: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = made(BACKWARDS)
    monkeypatch.setattr(changes, "_MOST", most)
    readmitted = "SELECT person_id, exit_date FROM used_stay WHERE year = 2024 AND is_followed_by_a_stay ORDER BY ALL"
    earlier = warehouse.execute(readmitted).fetchall()
    send(warehouse, [*BACKWARDS, *REACHING], {2025})
    in_part = refresh(warehouse)
    assert {"stay", "stay_event", "person_residence", "person_count", "person_criteria", "person_status", "stock_member", "used_stay"} <= {
        *in_part
    }
    assert differing(warehouse, whole) == []
    assert warehouse.execute(readmitted).fetchall() != earlier


def test_this_test_sees_a_promise_that_does_not_hold(made: Made, whole: duckdb.DuckDBPyConnection) -> None:
    """Were the persons whose stay reaches back told of the last years alone, the years before would be wrong."""
    warehouse = made(BACKWARDS)
    send(warehouse, [*BACKWARDS, *REACHING], {2025})
    refresh(warehouse, dies_at=TABLES.index("stay_event") + 1)
    warehouse.execute("UPDATE part_change_person SET all_years = false WHERE table_name IN ('stay', 'stay_event')")
    refresh(warehouse)
    assert {"used_stay", "member_use"} <= set(differing(warehouse, whole))


def test_a_code_corrected_in_an_episode_that_began_in_the_year_before() -> None:
    """The same stays on the same lines, joined by transfer over the new year; the second is now for the condition, too."""
    one_code: Stays = [
        ("D", date(2024, 11, 10), 3, "I500", "I10", "7", "8", 1950), ("D", date(2025, 4, 1), 3, "J189", "I10", "8", "7", 1950),
    ]  # fmt: skip
    other_code = [one_code[0], (*one_code[1][:3], "I500", *one_code[1][4:])]
    history: Stays = [("D", date(2022, 5, 1), 3, "I500", "I10", "8", "8", 1950)]
    warehouse, whole = read([*history, *one_code]), read([*history, *one_code])
    refresh(warehouse)
    earlier = warehouse.execute("SELECT sum(decompensations) FROM member_use WHERE year = 2024").fetchall()
    for one in (warehouse, whole):
        send(one, [*history, *other_code], {2025})
    refresh(warehouse)
    refresh(whole)
    assert differing(warehouse, whole) == []
    assert warehouse.execute("SELECT sum(decompensations) FROM member_use WHERE year = 2024").fetchall() != earlier


def test_a_transfer_corrected_in_a_run_of_a_former_version_that_died() -> None:
    """It told years of everybody. Nothing but the modes of transfer changed, so that no event says a year."""
    apart: Stays = [
        ("D", date(2025, 3, 10), 3, "I500", "I10", "8", "8", 1950), ("D", date(2025, 4, 1), 3, "I500", "I10", "8", "8", 1950),
    ]  # fmt: skip
    joined: Stays = [(*apart[0][:5], "7", "8", 1950), (*apart[1][:6], "7", 1950)]
    warehouse, whole = read(apart), read(apart)
    refresh(warehouse)
    for one in (warehouse, whole):
        send(one, joined, {2025})
    refresh(warehouse, dies_at=TABLES.index("stay") + 1)
    warehouse.execute("DELETE FROM part_change_person WHERE table_name = 'stay'")
    warehouse.execute("UPDATE part_change SET first_year = 2025, since = NULL WHERE table_name = 'stay'")
    refresh(warehouse)
    refresh(whole)
    assert differing(warehouse, whole) == []


def test_only_whose_rows_come_out_otherwise_are_told_and_exchanged(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a year whose index date moved. Without them, readers would keep what was."""
    held: Stays = [(name, date(2025, 1, 12), 5, "I500", "E118", "8", "8", 1950) for name in "ABCD"]
    new: Stays = [("E", date(2025, 2, 20), 3, "N185", "E118", "8", "8", 1950)]
    warehouse, forgetful, whole = made([*BACKWARDS, *held], month=1), made([*BACKWARDS, *held], month=1), read([*BACKWARDS, *held])
    monkeypatch.setattr(changes, "_MOST", 0)
    for one in (warehouse, forgetful, whole):
        send(one, [*BACKWARDS, *held, *new], {2025})
    assert {"person_criteria", "person_status", "stock_member"} <= {*refresh(warehouse, month=2)}
    assert named(warehouse, "table_name IN ('person_criteria', 'person_status', 'stock_member')") == {"E"}
    keep = changes.keep

    def forgets(connection: duckdb.DuckDBPyConnection, table: str, before: str, now: str, change: changes.Change) -> None:
        keep(connection, table, before, now, changes.Change(change.slices, change.first_year, change.persons, change.is_dated))

    with monkeypatch.context() as patched:
        patched.setattr(changes, "keep", forgets)
        refresh(forgetful, month=2)
    refresh(whole, month=2)
    assert differing(warehouse, whole) == []
    assert {"person_status", "stock_member"} <= {*differing(forgetful, whole)}


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sums that are moved, and not made whole: all that may be, as in a country."""
    names, move = list[str](), summed.move
    monkeypatch.setattr(changes, "_MOST", 0)
    monkeypatch.setattr(summed, "_MOST", 0)

    def spies(connection: duckdb.DuckDBPyConnection, model: Model, changed: list[str]) -> fingerprints.Sums | None:
        names.append(model.name)
        return move(connection, model, changed)

    monkeypatch.setattr(summed, "move", spies)
    return names


# E, whom nobody has seen for years, comes back: rows of a year come where there were none.
MOVING: Stays = [*BACKWARDS, *REACHING, ("E", date(2025, 3, 5), 2, "E118", "N185", "8", "8", 1950)]


@pytest.fixture(scope="module")
def summed_whole() -> duckdb.DuckDBPyConnection:
    """What is made at once of MOVING. To be compared with, and left as it is."""
    one = read(BACKWARDS)
    send(one, MOVING, {2025})
    refresh(one)
    return one


def test_sums_are_moved_by_who_came_and_who_went(made: Made, summed_whole: duckdb.DuckDBPyConnection, moved: list[str]) -> None:
    warehouse = made(BACKWARDS)
    before = {name: rows(warehouse, name) for name in SUMS}
    send(warehouse, MOVING, {2025})
    refresh(warehouse)
    assert sorted(moved) == sorted(SUMS)
    assert differing(warehouse, summed_whole) == []
    assert [name for name in SUMS if rows(warehouse, name) == before[name]] == []


@pytest.mark.parametrize("is_gone", [True, False])
def test_sums_would_be_wrong_without_what_was_exchanged(
    is_gone: bool, made: Made, summed_whole: duckdb.DuckDBPyConnection, moved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse, note = made(BACKWARDS), summed.note
    send(warehouse, MOVING, {2025})

    def forgets(connection: duckdb.DuckDBPyConnection, rows: str, **side: bool) -> None:
        if side["is_gone"] != is_gone:
            note(connection, rows, **side)

    monkeypatch.setattr(summed, "note", forgets)
    refresh(warehouse)
    assert {"use_cell", "residence_unknown"} & {*differing(warehouse, summed_whole)}


def test_sums_are_made_whole_where_more_would_go_than_there_was(
    made: Made, summed_whole: duckdb.DuckDBPyConnection, moved: list[str]
) -> None:
    """And where what was exchanged is of other contents than theirs."""
    warehouse, short = made(BACKWARDS), made(BACKWARDS)
    for one in (warehouse, short):
        send(one, MOVING, {2025})
        refresh(one, dies_at=TABLES.index("use_cell"))
    moved.clear()
    warehouse.execute("UPDATE part_exchanged SET from_content = 'another'")
    refresh(warehouse)
    assert "use_cell" not in moved
    short.execute("INSERT INTO member_use_exchanged SELECT more.* FROM member_use_exchanged AS more, range(9) WHERE is_gone")
    refresh(short)
    assert "use_cell" in moved
    assert differing(warehouse, summed_whole) == differing(short, summed_whole) == []


def test_what_is_added_up_is_exact_and_of_persons(made: Made) -> None:
    """A sum of DOUBLE depends on its order; what is exchanged in a table by year is all of a person's year."""
    warehouse = made(BACKWARDS)
    for model in (models()[name] for name in SUMS):
        types = dict(warehouse.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM {model.name})").fetchall())
        assert {types[name].partition("(")[0] for name in model.sums} <= {"BIGINT", "DECIMAL"}
        assert set(model.adds) <= set(model.inputs)
        for source in (models()[name] for name in model.adds):
            assert source.years and source.bucket_column in (None, "person_id")
            assert {"person_id", "year"} <= set(columns(warehouse, source.name))


def test_whom_a_window_passes_is_made_again_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """A month later and nothing sent: a stay of 2020 is over five years old, two of February count, E has an exemption since February, that
    of C ended five years before, and C died in February, outside a hospital."""
    held: Stays = [
        ("A", date(2020, 2, 10), 3, "I500", "E118", "8", "8", 1950), ("B", date(2025, 2, 10), 3, "E118", "I10", "8", "8", 1950),
        ("C", date(2024, 6, 1), 3, "I500", "E118", "8", "8", 1950), ("D", date(2025, 2, 12), 3, "I500", "E118", "9", "8", 1950),
    ]  # fmt: skip
    warehouse, forgetful, whole = read(held), read(held), read(held)
    monkeypatch.setattr(changes, "_MOST", 0)
    for one in (warehouse, forgetful, whole):
        for name, start, end in (("E", "2025-02-05", None), ("C", "2018-01-01", "2020-02-15")):
            person = f"(SELECT person_id FROM pseudonym WHERE ltrim(pseudonym, '0') = '{name}')"
            ald = f"SELECT {person} AS person_id, '41' AS exemption_kind, 'E11' AS cim10_code, CAST(? AS DATE) AS start_date"
            one.execute(f"INSERT INTO read_ald BY NAME {ald}, CAST(? AS DATE) AS end_date", [start, end])
        one.execute(f"INSERT INTO user_death SELECT {person}, DATE '2025-02-15'")
    for one in (warehouse, forgetful):
        refresh(one, month=1)
    stale: dict[str, set[str]] = {}
    exchange = parts._exchange

    def spies(connection: duckdb.DuckDBPyConnection, model: Model, *rest: Any) -> fingerprints.Sums:
        query = "SELECT ltrim(pseudonym, '0') FROM stale_person INNER JOIN pseudonym USING (person_id)"
        stale[model.name] = {name for (name,) in connection.execute(query).fetchall()}
        return exchange(connection, model, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(parts, "_exchange", spies)
        refresh(warehouse, month=2)
    assert stale["person_residence"] == {"A", "B", "D", "C"}
    assert stale["person_criteria"] == {"A", "B", "D", "C", "E"}
    with monkeypatch.context() as patched:
        patched.setattr(windows, "passed", lambda *_: [])
        refresh(forgetful, month=2)
    refresh(whole, month=2)
    assert differing(warehouse, whole) == []
    assert {"person_residence", "person_criteria"} <= {*differing(forgetful, whole)}


def test_windows_are_the_same_but_for_their_days() -> None:
    """Where a window holds something else, or there is one more, no day says whom it passes."""
    assert windows.moved("a 2020-01-31 2025-01-31", "a 2020-02-29 2025-02-28") == {
        ("2020-01-31", "2020-02-29"),
        ("2025-01-31", "2025-02-28"),
    }
    assert windows.moved("a 2020-01-31 2025-01-31", "b 2020-02-29 2025-02-28") is None
    assert windows.moved("a 2020-01-31 2025-01-31", "a 2020-01-31 2025-01-31 2024-01-31 2025-01-31") is None


def test_a_year_that_opens_while_a_former_one_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 2025, which is whole in December alone, everybody's rows; since 2023, those of the persons who are told."""
    held: Stays = [*BACKWARDS, ("C", date(2025, 2, 1), 3, "I500", "E118", "8", "8", 1950)]
    new: Stays = [("B", date(2023, 6, 20), 3, "N185", "E118", "8", "8", 1950), ("A", date(2023, 7, 1), 2, "I500", "E118", "9", "8", 1950)]
    warehouse, whole = read(held), read(held)
    monkeypatch.setattr(changes, "_MOST", 0)
    refresh(warehouse, month=11)
    for one in (warehouse, whole):
        send(one, [*held, *new], {2023, 2025})
    refresh(warehouse, month=12)
    refresh(whole, month=12)
    assert warehouse.execute("SELECT first_year, since FROM part_change WHERE table_name = 'person_criteria'").fetchall() == [(None, 2023)]
    assert differing(warehouse, whole) == []


def test_rows_that_do_not_come_back_are_refused(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tests/faults/test_rows_not_shown.py asks of a table by slice."""
    warehouse, insert = made(BACKWARDS), parts._insert
    send(warehouse, [*BACKWARDS, *REACHING], {2025})
    held = warehouse.execute("SELECT count(*), sum(hash(person_residence)) FROM person_residence").fetchall()
    more = {"person_residence": fingerprints.Sums(1, 0, 0)}
    nothing = fingerprints.Sums(0, 0, 0)
    monkeypatch.setattr(parts, "_insert", lambda here, model, *which: insert(here, model, *which).and_also(more.get(model.name, nothing)))
    with pytest.raises(StrataError) as refused:
        refresh(warehouse)
    assert refused.value.where == "sql/core/person_residence.sql"
    assert warehouse.execute("SELECT count(*), sum(hash(person_residence)) FROM person_residence").fetchall() == held


def test_tables_by_year_tell_persons_and_years_to_tables_by_year_alone() -> None:
    """Others do not ask of which years a person's rows came out otherwise."""
    by_year = {name for name, model in models().items() if model.years}
    others = [model for model in models().values() if model.is_by_slice or model.persons or model.is_compared]
    assert by_year and [model.name for model in others if by_year & set(model.inputs)] == []


def test_tables_by_year_name_no_stay(made: Made) -> None:
    """Of who is told nothing, the stays sent again would keep the numbers they had."""
    warehouse = made(BACKWARDS)
    by_year = [name for name, model in models().items() if model.years and name in TABLES]
    assert by_year and [name for name in by_year if "stay_id" in columns(warehouse, name)] == []


def test_stays_sent_again_on_other_lines_say_nothing_new_of_a_person() -> None:
    january: Stays = [(name, date(2025, 1, 12), 5, "I500", "E118", "8", "8", 1950) for name in "ABCD"]
    warehouse, whole = read([*BACKWARDS, *january]), read([*BACKWARDS, *january])
    refresh(warehouse)
    new: Stays = [("B", date(2025, 2, 20), 30, "I10", "I10", "8", "8", 1950), ("E", date(2025, 3, 5), 2, "I10", "I10", "8", "8", 1950)]
    for one in (warehouse, whole):
        send(one, [*new, *BACKWARDS, *january], {2025})
    refresh(warehouse)
    refresh(whole)
    assert named(warehouse, "table_name IN ('stay', 'used_stay') AND all_years") == {"B"}
    assert named(warehouse, "table_name = 'stay'") == {"B", "E"}
    assert named(warehouse, "table_name = 'person'") == set()
    assert differing(warehouse, whole) == []


@pytest.mark.parametrize(("first", "second", "is_turned", "is_told"), [(12, 20, False, False), (12, 20, True, True), (12, 12, False, True)])
def test_who_has_the_same_stays_is_told_of_another_order_and_of_days_that_tell_none(
    first: int, second: int, is_turned: bool, is_told: bool, made: Made
) -> None:
    """A reader may settle a tie by the numbers of stays. Of two stays of the same days, it may always."""
    two: Stays = [("E", date(2025, 1, day), 1, dp, "I10", "8", "8", 1950) for day, dp in ((first, "E118"), (second, "N185"))]
    alone: Stays = [("D", date(2025, 1, 12), 1, "E118", "I10", "8", "8", 1950)]
    warehouse = made([*alone, *two])
    new: Stays = [("B", date(2025, 3, 5), 2, "I10", "I10", "8", "8", 1950)]
    send(warehouse, [*new, *alone, *(reversed(two) if is_turned else two)], {2025})
    refresh(warehouse)
    assert named(warehouse, "table_name = 'stay'") == ({"B", "E"} if is_told else {"B"})


def named(warehouse: duckdb.DuckDBPyConnection, which: str) -> set[str]:
    """Who is kept as changed."""
    query = f"SELECT DISTINCT ltrim(pseudonym, '0') FROM part_change_person INNER JOIN pseudonym USING (person_id) WHERE {which}"
    return {name for (name,) in warehouse.execute(query).fetchall()}


def test_who_is_made_person_by_person_is_told_by_every_stay_that_differs(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """A death and a year of birth said in March; without those whose stays differ, what is said of the person is what was."""
    later: Stays = [("E", date(2025, 3, 5), 2, "I10", "I10", "9", "8", 1940), ("C", date(2025, 3, 9), 2, "I10", "I10", "8", "8", 1950)]
    warehouse, forgetful, whole = made(BACKWARDS), made(BACKWARDS), read(BACKWARDS)
    for one in (warehouse, forgetful, whole):
        send(one, [*BACKWARDS, *later], {2025})
    assert {"person", "person_death"} <= {*refresh(warehouse)}
    assert named(warehouse, "table_name = 'stay'") == {"E", "C"}
    assert named(warehouse, "table_name = 'person'") == {"E"}
    monkeypatch.setattr(told, "_CHANGED", "SELECT person_id FROM come_stay WHERE false")
    refresh(forgetful)
    monkeypatch.undo()
    refresh(whole)
    assert differing(warehouse, whole) == []
    assert {"person", "person_death"} <= {*differing(forgetful, whole)}


def test_a_table_that_is_only_added_to_is_the_one_of_pseudonyms() -> None:
    """Named in a promise and without a file, a table is not looked at again: a name with a fault in it would not be either."""
    assert {name for model in models().values() for name in model.persons if name not in models()} == {"pseudonym"}
    assert all(set(model.persons) <= set(model.inputs) for model in models().values())


def test_a_warehouse_that_did_not_tell_years_of_persons_apart_goes_on(made: Made, whole: duckdb.DuckDBPyConnection) -> None:
    """As the versions before `all_years` and `since` left it."""
    warehouse = made(BACKWARDS)
    warehouse.execute("ALTER TABLE part_change_person DROP COLUMN all_years; ALTER TABLE part_change DROP COLUMN since")
    bring_up_to_date(warehouse)
    send(warehouse, [*BACKWARDS, *REACHING], {2025})
    assert "person" in refresh(warehouse)
    assert differing(warehouse, whole) == []


def test_rows_that_a_former_version_was_not_shown_are_made_good_with_the_next_month(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are in `stay_event`, and nothing was made of them (tests/faults/test_rows_not_shown.py)."""
    warehouse, whole = made(BACKWARDS), read(BACKWARDS)
    insert = parts._insert

    def hides(connection: duckdb.DuckDBPyConnection, model: Model, which: str = "true") -> fingerprints.Sums:
        if model.name == "stay_event":
            connection.execute("CREATE TABLE hidden AS FROM come_row; DELETE FROM come_row")
        return insert(connection, model, which)

    send(warehouse, [*BACKWARDS, *REACHING], {2025})
    with monkeypatch.context() as patched:
        patched.setattr(parts, "_insert", hides)
        refresh(warehouse)
    warehouse.execute("INSERT INTO stay_event BY NAME FROM hidden; DROP TABLE hidden")
    later: Stays = [("E", date(2025, 8, 20), 3, "N185", "E118", "8", "8", 1950)]
    for one in (warehouse, whole):
        send(one, [*BACKWARDS, *REACHING, *later], {2025})
    assert "stay_event" not in refresh(warehouse)
    refresh(whole)
    assert differing(warehouse, whole) == []


def test_where_a_stay_was_read_is_of_no_use_to_the_tables_of_persons() -> None:
    """Otherwise what is sent again on other lines would be new to them."""
    places = {name for model in models().values() for name in model.promises.get("Slices", ())[1:]}
    assert places == {"source_file", "source_line"}
    assert [model.name for model in models().values() if (model.years or model.persons or model.is_compared) and places & model.words] == []


@pytest.mark.parametrize(("changes", "is_in_part"), [({"lookback_years": 4}, True), ({"residence": "modal"}, False)])
def test_another_setting_makes_every_year_again(
    changes: dict[str, object], is_in_part: bool, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another look-back is other days in each year: all of them are replaced, in a table that stays. Another rule is another table."""
    warehouse, whole = made(BACKWARDS), read(BACKWARDS)
    other = small_country.config(method=changes)
    monkeypatch.setattr(small_country, "config", lambda: other)
    in_part = refresh(warehouse)
    refresh(whole)
    assert ("person_residence" in in_part) == is_in_part
    assert differing(warehouse, whole) == []


@pytest.mark.parametrize(
    ("table", "edit"),
    [
        ("stay_event", "UPDATE definition_code SET list_id = 'other' WHERE code = (SELECT min(code) FROM definition_code)"),
        ("person_status", "UPDATE definition_member SET weight = weight + 1"),
        ("stratum_change", "UPDATE definition_rule SET age_min = age_min + 1"),  # through a view
        ("stratum_change", "UPDATE criterion_bit SET bit = bit * 2"),
    ],
)
def test_what_a_table_between_looks_at_is_seen_by_its_readers(table: str, edit: str) -> None:
    """A code goes from one list to another, a criterion weighs more, a rule asks for another age, a criterion has another bit: the reader's
    own SQL does not name the table, or not the column."""
    only = ["shown_event", "reporting_place", "criterion_window", "criterion_bit", "condition_bit", "window_bit", "status_rule"]
    connection = small_country.built(text([]), only=only)
    build(connection, "compared_year")
    connection.execute("CREATE TABLE care_event (person_id INTEGER, event_no SMALLINT, first_date DATE, last_date DATE)")
    contents = dict.fromkeys((*models(), *changes.READ), "the same")
    before = changes.inputs(connection, models()[table], contents)
    assert changes.inputs(connection, models()[table], contents) == before
    connection.execute(edit)
    assert changes.inputs(connection, models()[table], contents) != before
