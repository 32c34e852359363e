"""Territories, population and tariffs a user brings: what is accepted, what comes out, and where an error points."""

from decimal import Decimal
from pathlib import Path

import pytest

from strata.engine.duckdb import connect
from strata.errors import StrataError
from strata.ingest.user.population import read_population
from strata.ingest.user.tables import load_user_tables
from strata.ingest.user.tariffs import read_tariffs
from strata.ingest.user.territories import read_territories
from strata.ingest.warehouse.tables import open_warehouse

TERRITORIES = "territory_id;territory_name;geo_code\nT1;Vallée haute;01004\nT1;Vallée haute;59350\nT2;Plaine;2A004\n"
POPULATION = "year;geo_code;sex;age_band;population\n2021;59350;F;18-19;10\n2021;59350;F;95+;3\n2021;59350;M;18-19;12\n"
GHS = (
    "ghs;ghm;borne_basse;borne_haute;tarif_base;forfait_exb;tarif_exb;tarif_exh;date_effet;anseqta\n"
    "1187;04M143;0;52;6311,81;;;164,02;2021-03-01;2021\n"
)
SUPPLEMENTS = "anseqta;trea;trep;tsc;tsi;tnn1;tnn2;tnn3;thhs\n2021;800.85;900;320.42;401.02;303.37;455.13;910.11;331.1\n"


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding, newline="")
    return path


def error_of(reader: object, path: Path) -> StrataError:
    with pytest.raises(StrataError) as error:
        reader(path)  # type: ignore[operator]
    assert error.value.is_usage and str(path) in error.value.where
    return error.value


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\n\n"])
def test_territories_as_spreadsheets_save_them(tmp_path: Path, separator: str, encoding: str, newline: str) -> None:
    path = written(tmp_path / "t.csv", TERRITORIES.replace(";", separator).replace("\n", newline), encoding)
    assert read_territories(path)[0].rows() == [("T1", "Vallée haute", "01004"), ("T1", "Vallée haute", "59350"), ("T2", "Plaine", "2A004")]


def test_a_name_pasted_from_a_slide_can_stand_in_every_document(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", TERRITORIES.replace("Vallée haute", "Vallée\x0bhaute\x1f"))
    assert read_territories(path)[0].rows()[0] == ("T1", "Vallée haute", "01004")


def test_a_code_that_lost_its_first_zero_finds_it_again(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", TERRITORIES.replace("01004", "1004"))
    assert read_territories(path)[0]["geo_code"][0] == "01004"


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (TERRITORIES + "T2;Plaine;59350\n", 5, "geo_code"),
        (TERRITORIES + "T1;Vallée haute;1004\n", 5, "geo_code"),
        (TERRITORIES + "T2;Plateau;75056\n", 4, "territory_name"),
        (TERRITORIES + "T3;;75056\n", 5, "territory_name"),
        (TERRITORIES + ";Plaine;75056\n", 5, "territory_id"),
        (TERRITORIES + "REST;Reste;75056\n", 5, "territory_id"),
        (TERRITORIES.replace("geo_code", "code"), None, "geo_code"),
        (TERRITORIES + "T2;Plaine;75056;x\n", 5, None),
        (TERRITORIES.replace("territory_name", "geo_code"), 1, None),
        ("", None, None),
    ],
)
def test_an_error_in_territories_has_its_place(tmp_path: Path, text: str, line: int | None, column: str | None) -> None:
    error = error_of(read_territories, written(tmp_path / "t.csv", text))
    assert (f"line {line}" in error.where) == (line is not None)
    assert (f"column {column}" in error.where) == (column is not None)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    error_of(read_territories, tmp_path / "none.csv")


def test_population_by_band(tmp_path: Path) -> None:
    rows = read_population(written(tmp_path / "p.csv", POPULATION))[0].select("geo_code", "sex", "age_min", "age_max", "population").rows()
    assert rows == [("59350", "F", 18, 19, 10), ("59350", "F", 95, 120, 3), ("59350", "M", 18, 19, 12)]


@pytest.mark.parametrize(("written_sex", "sex"), [("F", "F"), ("f", "F"), ("2", "F"), ("M", "M"), ("H", "M"), ("1", "M")])
def test_sexes(tmp_path: Path, written_sex: str, sex: str) -> None:
    text = f"year,territory_id,sex,age,population\n2021,T1,{written_sex},42,7\n"
    assert read_population(written(tmp_path / "p.csv", text))[0].rows() == [(2021, None, "T1", sex, 42, 42, 7)]


@pytest.mark.parametrize(
    ("added", "column", "line"),
    [
        ("2021;59350;F;20-24;-1", "population", 5),
        ("2021;59350;F;20-24;1.5", "population", 5),
        ("2021;59350;F;20-24;1,000", "population", 5),
        ("2021;59350;F;20-24;", "population", 5),
        ("2021;59350;X;20-24;1", "sex", 5),
        ("21;59350;F;20-24;1", "year", 5),
        ("2021;;F;20-24;1", "geo_code", 5),
        ("2021;59350;F;24-20;1", "age_band", 5),
        ("2021;59350;F;young;1", "age_band", 5),
        ("2021;59350;F;0-130;1", "age_band", 5),
        ("2021;59350;F;18-19;10", "age_band", 5),
        ("2021;59350;F;19;10", "age_band", 5),
        ("2021;59350;F;15-24;10", "age_band", 2),
    ],
)
def test_an_error_in_population_has_its_place(tmp_path: Path, added: str, column: str, line: int) -> None:
    error = error_of(read_population, written(tmp_path / "p.csv", POPULATION + added + "\n"))
    assert f"line {line}, colonne/column {column}" in error.where


@pytest.mark.parametrize("column", ["year", "sex", "population", "age_band", "geo_code"])
def test_a_missing_column_of_population(tmp_path: Path, column: str) -> None:
    error = error_of(read_population, written(tmp_path / "p.csv", POPULATION.replace(column, "other")))
    assert f"column {column}" in error.where


def test_a_place_given_twice(tmp_path: Path) -> None:
    text = "year;geo_code;territory_id;sex;age;population\n2021;59350;T1;F;42;1\n"
    assert "line 2" in error_of(read_population, written(tmp_path / "p.csv", text)).where


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ("2021;;T9;F;42;1\n", 2),  # declared by nobody
        ("2021;01004;;F;42;1\n2021;;T1;M;42;1\n", 3),  # T1 by code and as a whole
        ("2021;99999;;F;42;1\n2021;;REST;F;42;1\n", 3),
    ],
)
def test_residents_of_no_territory_or_counted_twice(tmp_path: Path, lines: str, line: int) -> None:
    declared, _ = read_territories(written(tmp_path / "t.csv", TERRITORIES))
    path = written(tmp_path / "p.csv", "year;geo_code;territory_id;sex;age;population\n" + lines)
    error = error_of(lambda one: read_population(one, declared), path)
    assert f"line {line}, colonne/column territory_id" in error.where


def test_residents_by_territory_and_the_rest(tmp_path: Path) -> None:
    declared, _ = read_territories(written(tmp_path / "t.csv", TERRITORIES))
    lines = "2021;;T1;F;42;1\n2021;;REST;F;42;2\n2021;2A004;;F;42;3\n2022;01004;;F;42;4\n"
    path = written(tmp_path / "p.csv", "year;geo_code;territory_id;sex;age;population\n" + lines)
    assert read_population(path, declared)[0]["population"].to_list() == [1, 2, 3, 4]


def test_tariffs_of_stays_and_of_supplements(tmp_path: Path) -> None:
    written(tmp_path / "ghs.csv", GHS)
    written(tmp_path / "supplements.csv", SUPPLEMENTS)
    tables, _ = read_tariffs(tmp_path)
    amounts = ("base_eur", "exb_flat_eur", "exb_day_eur", "exh_day_eur")
    assert tables["tariff_ghs"].select("tariff_year", "ghs", "ghm", *amounts).rows() == [
        (2021, "1187", "04M143", Decimal("6311.81"), Decimal(0), Decimal(0), Decimal("164.02"))
    ]
    days = dict(tables["tariff_supplement"].select("supplement", "day_eur").rows())
    assert days["stf"] == days["si"] == Decimal("401.02")
    assert days["src"] == Decimal("320.42") and days["hs"] == Decimal("331.10") and len(days) == 9


def test_no_tariffs_are_no_error(tmp_path: Path) -> None:
    tables, notices = read_tariffs(tmp_path / "none")
    assert {table.height for table in tables.values()} == {0} and not notices


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (GHS.replace("6311,81", ""), "line 2, colonne/column tarif_base"),
        (GHS.replace("6311,81", "-5"), "line 2, colonne/column tarif_base"),
        (GHS.replace("6311,81", "6,311"), "line 2, colonne/column tarif_base"),
        (GHS.replace(";2021\n", ";\n"), "line 2, colonne/column anseqta"),
        (GHS + GHS.splitlines()[1] + "\n", "line 3, colonne/column ghs"),
        (GHS.replace("tarif_exh", "other"), "column tarif_exh"),
        (SUPPLEMENTS + SUPPLEMENTS.splitlines()[1] + "\n", "line 3, colonne/column anseqta"),
        ("gmt;tarif\n1;2\n", "line 1"),
    ],
)
def test_an_error_in_tariffs_has_its_place(tmp_path: Path, text: str, place: str) -> None:
    path = written(tmp_path / "tariffs" / "a.csv", text)
    with pytest.raises(StrataError) as error:
        read_tariffs(path.parent)
    assert str(path) in error.value.where and place in error.value.where


def test_the_same_tariff_in_two_files(tmp_path: Path) -> None:
    written(tmp_path / "a.csv", GHS)
    written(tmp_path / "b.csv", GHS)
    error_of(read_tariffs, tmp_path)


def test_the_tables_of_the_warehouse_are_replaced_all_or_none(tmp_path: Path) -> None:
    territories, population = written(tmp_path / "t.csv", TERRITORIES), written(tmp_path / "p.csv", POPULATION)
    written(tmp_path / "tariffs" / "ghs.csv", GHS)
    warehouse = tmp_path / "w" / "strata.duckdb"
    for _ in range(2):
        load_user_tables(warehouse, territories=territories, population=population, tariffs=tmp_path / "tariffs")
    written(population, POPULATION + "2021;59350;X;20-24;1\n")
    with pytest.raises(StrataError):
        load_user_tables(warehouse, territories=territories, population=population, tariffs=tmp_path / "none")
    connection = connect(warehouse, read_only=True)
    tables = ("territory", "population", "tariff_ghs", "tariff_supplement")
    assert [connection.sql(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in tables] == [3, 3, 1, 0]
    connection.close()


def test_a_connection_may_be_given_instead_of_a_path(tmp_path: Path) -> None:
    connection = open_warehouse(tmp_path / "w" / "strata.duckdb")
    places = {"territories": written(tmp_path / "t.csv", TERRITORIES), "population": written(tmp_path / "p.csv", POPULATION)}
    load_user_tables(connection, **places, tariffs=tmp_path / "none")
    assert connection.sql("SELECT count(*) FROM territory").fetchall() == [(3,)]
    connection.close()
