"""Reference tables as INSEE and ATIH print them: what each layout gives, and where an error points. Amounts and places are invented."""

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strata.engine.duckdb import connect
from strata.errors import StrataError
from strata.ingest.user.crosswalk import code_departements, commune_codes, postcode_codes, read_crosswalk
from strata.ingest.user.population import read_population
from strata.ingest.user.tables import load_user_tables
from strata.ingest.user.tariffs import read_tariffs
from strata.ingest.user.territories import read_territories
from strata.ingest.warehouse.tables import open_warehouse

ATIH_GHS = "GHS-NRO;CMD-COD;DCS-MCO;GHM-NRO;GHS-LIB;SEU-BAS;SEU-HAU;GHS-PRI;EXB-FORFAIT;EXB-JOURNALIER;EXH-PRI;DATE-EFFET\r\n"
ATIH_LINE = '22;"01";"C";"01C031";"Libellé à accent";0;11;1 203,5;0;12,25;33,1;"01/03/2025"\r\n'
REFPMSI_GHS = "ghs,ghm,ghm_bb,ghm_bh,ghs_tarif,ghs_exb,ghs_exh,annee_pmsi\n22,01C031,0,0,900.5,0.0,7.5,2024\n"
GMT = (
    "gmt,gme,gme_libelle,dzf,fzf,tzf1,annee_pmsi,tzb,tzf2\n"
    "0004,0106LA0,X / HTP,1.0,,200.58,2025,,\n5,0106SA1,X / HC,29.0,35.0,500.24,2025,400.1,600\n"
)
GHT = "paprica_numght,lib_ght,tarif_jour,annee,typdom\n01,GHT1,60.04,2025,\n01,GHT1,50.5,2025,esms\n"


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding=encoding, newline="")
    return path


def refused(act: object, *arguments: object) -> StrataError:
    with pytest.raises(StrataError) as caught:
        act(*arguments)  # type: ignore[operator]
    assert caught.value.is_usage and all(all(part) for part in (caught.value.what, caught.value.why, caught.value.fix))
    return caught.value


def test_the_ghs_files_of_the_atih_archive_by_sector(tmp_path: Path) -> None:
    written(tmp_path / "ghs_pub_2025.csv", ATIH_GHS + ATIH_LINE, "latin-1")
    written(tmp_path / "ghs_pri_2025.csv", ATIH_GHS + ATIH_LINE.replace("1 203,5", "903,25"), "latin-1")
    tables, notices = read_tariffs(tmp_path)
    assert tables["tariff_ghs"].rows() == [
        (2025, "0022", "01C031", Decimal("1203.50"), Decimal(0), Decimal("12.25"), Decimal("33.10")),
    ]
    assert tables["tariff_ghs_private"]["base_eur"].to_list() == [Decimal("903.25")] and not notices


def test_private_ghs_by_year(tmp_path: Path) -> None:
    written(tmp_path / "tarifs_ghs_prive.csv", REFPMSI_GHS)
    assert read_tariffs(tmp_path)[0]["tariff_ghs_private"].rows() == [
        (2024, "0022", "01C031", Decimal("900.50"), Decimal(0), Decimal(0), Decimal("7.50")),
    ]


def test_gmt_with_the_zones_that_are_printed(tmp_path: Path) -> None:
    written(tmp_path / "gmt.csv", GMT)
    assert read_tariffs(tmp_path)[0]["tariff_gmt"].rows() == [
        (2025, "0004", "0106LA0", 1, None, None, Decimal("200.58"), None),
        (2025, "0005", "0106SA1", 29, 35, Decimal("400.10"), Decimal("500.24"), Decimal(600)),
    ]


def test_ght_by_kind_of_home(tmp_path: Path) -> None:
    written(tmp_path / "ght.csv", GHT)
    assert read_tariffs(tmp_path)[0]["tariff_ght"].rows() == [(2025, "01", "", Decimal("60.04")), (2025, "01", "esms", Decimal("50.50"))]


def test_the_rest_of_the_atih_archive(tmp_path: Path) -> None:
    for name, text in (
        ("ght", "GHT-NRO;GHT-LIB;GHT-PRI;DATE-EFFET\r\n1;GHT1;61,3;01/01/2026\r\n"),
        ("sup", "CODE;TARIF\r\nREA;800,5\r\nXYZ;1\r\n"),
    ):
        written(tmp_path / f"{name}_pub_2026.csv", text, "latin-1")
        written(tmp_path / f"{name}_pri_2026.csv", text, "latin-1")
    tables, notices = read_tariffs(tmp_path)
    assert tables["tariff_ght"].rows() == [(2026, "01", "", Decimal("61.30"))]
    assert tables["tariff_supplement"].rows() == [(2026, "rea", Decimal("800.50"))]
    assert len(notices) == 2 and all("_pri_2026.csv" in text for notice in notices for text in notice)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("ghs_2025.csv", ATIH_GHS + ATIH_LINE, "ghs_2025.csv"),  # public or private?
        ("ghs_pub.csv", ATIH_GHS + ATIH_LINE.replace("01/03/2025", "2025-03-01"), "line 2, colonne/column date-effet"),
        ("ghs_pub.csv", ATIH_GHS + ATIH_LINE.replace("12,25", "-1"), "line 2, colonne/column exb-journalier"),
        ("ghs_pub.csv", ATIH_GHS + ATIH_LINE + ATIH_LINE, "line 3, colonne/column ghs-nro"),
        ("ghs_pub.csv", ATIH_GHS.replace("EXH-PRI", "EXH") + ATIH_LINE, "column exh-pri"),
        ("ghs_pub.csv", ATIH_GHS.replace(";DATE-EFFET", "") + ATIH_LINE.replace(';"01/03/2025"', ""), "ghs_pub.csv"),  # which year?
        ("gmt.csv", GMT.replace("200.58", ""), "line 2, colonne/column tzf1"),
        ("gmt.csv", GMT.replace("29.0", "x"), "line 3, colonne/column dzf"),
        ("ght.csv", GHT.replace("esms", ""), "line 3, colonne/column paprica_numght"),
    ],
)
def test_an_error_in_an_official_tariff_has_its_place(tmp_path: Path, name: str, text: str, place: str) -> None:
    written(tmp_path / name, text)
    assert place in refused(read_tariffs, tmp_path).where


# 08A and 08B are codes of two communes each; 09001 holds one commune of 08; in 2018 commune 08004 had a code of its own.
COMMUNES = (
    "annee;code_com;code_geo;ts;lib_com;pop;annee_pop\n"
    "2019;08001;08A00;x;A;100.0;2016\n2019;08002;08A00;x;B;300.0;2016\n2019;08003;08B00;x;C;50.0;2016\n2019;08004;08B00;x;D;50.0;2016\n"
    "2019;08005;09001;x;E;20.0;2016\n2019;09001;09001;x;F;900.0;2016\n2019;2A004;2AC01;x;G;70.0;2016\n"
    "2018;08004;08D00;x;D;45.0;2015\n2018;08009;08E00;x;Merged;;2015\n"
)
CODEPOST = (
    "code_postal,libelle,pop2021_cp_min,pop2021_cp_max,code_geo_pmsi,pop2021_codegeo\n"
    "08000,A,400,400,08A00,400\n8100,B,0,60,08B00,100\n08110,C,0,60,08B00,100\n20000,G,70,70,2AC01,70\n2A000,G,70,70,2AC01,70\n"
    "97133,H,30,30,9A033,30\n97100,I,80,80,9A001,80\n99100,ABROAD,.,.,99100,.\n"
)
BY_COMMUNE = "territory_id;territory_name;commune\n"
SEXES = ("1", "2")


def communes(tmp_path: Path, text: str = COMMUNES) -> pl.DataFrame:
    written(tmp_path / "crosswalk" / "communes.csv", text)
    return read_crosswalk(tmp_path / "crosswalk")


def test_a_crosswalk_by_commune_and_by_postcode(tmp_path: Path) -> None:
    places = communes(tmp_path)
    assert commune_codes(places)["08004"] == "08B00" and commune_codes(places)["08009"] == "08E00"
    assert dict(code_departements(places).rows()) == {"08A00": "08", "08B00": "08", "09001": "09", "2AC01": "2A"}
    written(tmp_path / "post" / "codepost2022.csv", CODEPOST, "latin-1")
    places = read_crosswalk(tmp_path / "post")
    assert set(places["year"]) == {2022} and "08100" in set(places["place"]) and "2A000" not in set(places["place"])
    departements = dict(code_departements(places).rows())
    assert departements["2AC01"] == "2A" and departements["9A001"] == "971" and departements["9A033"] == "977"
    written(tmp_path / "post" / "codepost2023.csv", CODEPOST.splitlines()[0] + "\n08110,C,0,60,08C00,100\n")
    codes = dict(postcode_codes(read_crosswalk(tmp_path / "post")).rows())
    assert (codes["08100"], codes["08110"], len(codes)) == ("08B00", "08C00", 7)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("c.csv", COMMUNES.replace("100.0", "some"), "line 2, colonne/column pop"),
        ("c.csv", COMMUNES.replace("2019;08002;08A00", "2019;08002;"), "line 3, colonne/column code_geo"),
        ("c.csv", COMMUNES + COMMUNES.splitlines()[1] + "\n", "line 11, colonne/column code_com"),
        ("c.csv", "code,nom\n1,2\n", "line 1"),
    ],
)
def test_an_error_in_a_crosswalk_has_its_place(tmp_path: Path, name: str, text: str, place: str) -> None:
    written(tmp_path / name, text)
    assert place in refused(read_crosswalk, tmp_path).where


def test_a_crosswalk_that_is_not_there_or_there_twice(tmp_path: Path) -> None:
    assert read_crosswalk(None).is_empty()
    refused(read_crosswalk, tmp_path / "none")
    for name in ("a", "b"):
        written(tmp_path / f"{name}.csv", CODEPOST)
    assert refused(read_crosswalk, tmp_path).where == str(tmp_path)


def test_a_shared_code_goes_to_the_larger_side_and_the_others_are_counted(tmp_path: Path) -> None:
    lines = "T1;One;08001\nT1;One;8003\nT1;One;08004\nT2;Two;08002\nT2;Two;08005\n"
    territory, straddle = read_territories(written(tmp_path / "t.csv", BY_COMMUNE + lines), communes(tmp_path))
    assert territory.rows() == [("T1", "One", "08B00"), ("T1", "One", "08D00"), ("T2", "Two", "08A00")]
    assert straddle.rows() == [("T1", "08A00", 100), ("T2", "09001", 20)]  # T2 loses 20 to the rest


def test_the_rest_is_counted_when_a_territory_takes_a_whole_code(tmp_path: Path) -> None:
    territory, straddle = read_territories(written(tmp_path / "t.csv", BY_COMMUNE + "T1;One;09001\n"), communes(tmp_path))
    assert territory["geo_code"].to_list() == ["09001"] and straddle.rows() == [("REST", "09001", 20)]


def test_a_code_no_longer_in_use_keeps_its_communes(tmp_path: Path) -> None:
    territory, _ = read_territories(
        written(tmp_path / "t.csv", BY_COMMUNE + "T1;One;08003\nT1;One;08004\nT1;One;08009\n"), communes(tmp_path)
    )
    assert territory["geo_code"].to_list() == ["08B00", "08D00", "08E00"]


def test_territories_by_postcode_with_a_tie_that_the_declared_one_wins(tmp_path: Path) -> None:
    written(tmp_path / "crosswalk" / "codepost2022.csv", CODEPOST)
    path = written(tmp_path / "t.csv", "territory_id,territory_name,postcode\nT1,One,8100\nT2,Two,20000\n")
    territory, straddle = read_territories(path, read_crosswalk(tmp_path / "crosswalk"))
    assert territory["geo_code"].to_list() == ["08B00", "2AC01"] and straddle.rows() == [("REST", "08B00", 60)]


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("T1;One;08001\nT1;One;99999\n", "line 3, colonne/column commune"),  # nowhere
        ("T1;One;08001\nT2;Two;8001\n", "line 3, colonne/column commune"),  # twice
        ("T1;One;08002\nT2;Two;08001\n", "line 3, colonne/column territory_id"),  # T2 has no code left
        ("REST;One;08001\n", "line 2, colonne/column territory_id"),
    ],
)
def test_an_error_in_territories_by_commune_has_its_place(tmp_path: Path, lines: str, place: str) -> None:
    assert place in refused(read_territories, written(tmp_path / "t.csv", BY_COMMUNE + lines), communes(tmp_path)).where


def test_communes_need_a_crosswalk_that_counts_residents(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", BY_COMMUNE + "T1;One;08001\n")
    assert "crosswalk" in refused(read_territories, path).fix[1]
    bare = communes(tmp_path, "commune;geo_code\n08001;08A00\n08002;08A00\n")
    assert "line 2" in refused(read_territories, path, bare).where


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("PQR"), st.integers(0, 500), st.sampled_from(["T1", "T2", "T3", None])), min_size=1, max_size=12))
def test_no_resident_is_split_or_lost(tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, int, str | None]]) -> None:
    """Each code is in one territory; residents of the codes touched = those counted at home + those that straddle."""
    folder = tmp_path_factory.mktemp("law")
    text = "".join(f"{number:05};{code};{people}\n" for number, (code, people, _) in enumerate(drawn))
    places = communes(folder, "commune;geo_code;residents\n" + text)
    lines = "".join(f"{place};{place};{number:05}\n" for number, (_, _, place) in enumerate(drawn) if place)
    try:
        territory, straddle = read_territories(written(folder / "t.csv", BY_COMMUNE + lines), places)
    except StrataError:  # a territory without a code, or no line at all
        return
    assert territory["geo_code"].is_unique().all()
    held = dict(territory.select("geo_code", "territory_id").rows())
    away = {(place, code): people for place, code, people in straddle.rows()}
    for code in {row[0].zfill(5) for row in drawn if row[2]}:
        sides: dict[str, int] = {}
        for other, people, place in drawn:
            if other.zfill(5) == code:
                sides[place or "REST"] = sides.get(place or "REST", 0) + people
        home = held.get(code, "REST")
        assert sides[home] == max(sides.values())
        assert {place: people for (place, at), people in away.items() if at == code} == {p: n for p, n in sides.items() if p != home}


def population(tmp_path: Path, text: str, territories: str = "T1;One;08001\nT1;One;08002\nT1;One;08003\nT1;One;08004\n") -> pl.DataFrame:
    places = communes(tmp_path)
    declared, _ = read_territories(written(tmp_path / "t.csv", BY_COMMUNE + territories), places)
    return read_population(written(tmp_path / "p.csv", text), declared, places)[0]


def test_departements_make_whole_territories_and_the_rest(tmp_path: Path) -> None:
    lines = "annee,departement,nom,sexe,age_min,age_max,population\n"
    lines += "".join(f"2021,{code},N,{sex},{ages},10\n" for code in ("8", "09", "2A") for sex in SEXES for ages in ("90,94", "95,"))
    rows = population(tmp_path, lines)
    counts = dict(rows.filter(sex="F", age_min=95).select("territory_id", "population").rows())
    assert counts == {"T1": 10, "REST": 20} and rows.height == 8 and rows.filter(age_min=95)["age_max"].unique().to_list() == [120]


def test_a_part_of_a_departement_is_not_computable(tmp_path: Path) -> None:
    lines = "annee;departement;sexe;classe_age;population\n2021;09;1;0 à 19 ans;5\n2021;08;1;0 à 19 ans;10\n"
    error = refused(population, tmp_path, lines, "T1;One;08001\nT1;One;08002\n")
    assert "line 3, colonne/column departement" in error.where and "not computable" in error.what[1]


def test_a_territory_of_two_departements_needs_both(tmp_path: Path) -> None:
    territories = "".join(f"T1;One;{code}\n" for code in ("08001", "08002", "08003", "08004", "2A004"))
    line = "annee;departement;sexe;classe_age;population\n2021;08;1;75 ans et plus;10\n"
    assert "line 2" in refused(population, tmp_path, line, territories).where
    assert population(tmp_path, line + "2021;2A;1;75 ans et plus;3\n", territories)["population"].to_list() == [13]


def test_departements_need_a_crosswalk_that_knows_them(tmp_path: Path) -> None:
    line = "annee;departement;sexe;classe_age;population\n2021;57;1;75 ans et plus;10\n"
    assert "line 2" in refused(population, tmp_path, line).where
    assert "crosswalk" in refused(read_population, tmp_path / "p.csv").fix[1]


def sheet(year: str = "Année 2024", total: int = 6) -> str:
    groups = ";;Ensemble;;;Hommes;;;Femmes;;\n"
    classes = "Départements;" + ";0 à 19 ans;20 ans et plus;Total" * 3 + "\n"
    lines = "".join(f"{code};N;1 003;4;1 007;1;{total - 1};{total};1\u202f002;1;1\u202f003\n" for code in ("08", "2A"))
    return f"Estimation de population au 1er janvier;\n{year};\n\n{groups}{classes}{lines}France;;1;1;1;1;1;1;1;1;1\n;\nSource : Insee;\n"


def test_a_sheet_of_departements(tmp_path: Path) -> None:
    rows = population(tmp_path, sheet())
    here = rows.filter(territory_id="T1").select("year", "sex", "age_min", "age_max", "population").rows()
    assert here == [(2024, "F", 0, 19, 1002), (2024, "F", 20, 120, 1), (2024, "M", 0, 19, 1), (2024, "M", 20, 120, 5)]


def test_a_folder_of_sheets_one_a_year(tmp_path: Path) -> None:
    places = communes(tmp_path)
    for year in (2023, 2024):
        written(tmp_path / "sheets" / f"{year}.csv", sheet(f"Année {year}"), "utf-8-sig")
    rows, _ = read_population(tmp_path / "sheets", None, places)
    assert rows.height == 8 and set(rows["year"]) == {2023, 2024}
    written(tmp_path / "sheets" / "again.csv", sheet())
    assert refused(read_population, tmp_path / "sheets", None, places).where == str(tmp_path / "sheets")
    (tmp_path / "empty").mkdir()
    refused(read_population, tmp_path / "empty", None, places)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (
            sheet().replace(";5;6;", ";4;6;").replace("08;N;1 003;4;1 007;1;4;6", "08;N;1 003;4;1 007;1;40;6"),
            "line 6, colonne/column total",
        ),
        (sheet("Provisoire"), "line 5"),
        (sheet().replace("Hommes", "").replace("Femmes", "").replace("Ensemble", ""), "line 5"),
        (sheet().replace("Femmes", ""), "line 5"),
        (sheet().replace("08;N;1 003;4;1 007;1;", "08;N;1 003;4;1 007;x;"), "line 6, colonne/column population"),
    ],
)
def test_an_error_in_a_sheet_has_its_place(tmp_path: Path, text: str, place: str) -> None:
    assert place in refused(population, tmp_path, text).where


def test_a_census_sheet_by_commune_is_summed_by_code(tmp_path: Path) -> None:
    header = 'Population des communes\n"De 0 à 4 ans\nHommes";x\nRR;DR;CR;STABLE;LIBELLE;ageq_rec01s1rpop2020;ageq_rec20s2rpop2020\n'
    lines = "44;08;001;1;A;1,25;2\n44;8;2;1;B;1,5;0\n94;2A;004;1;G;7;7\n44;08;777;1;Gone;3;4\n"
    places = communes(tmp_path)
    rows, notices = read_population(written(tmp_path / "p.csv", header + lines, "latin-1"), None, places)
    cells = rows.select("year", "geo_code", "sex", "age_min", "age_max", "population").rows()
    assert cells == [
        (2020, "08A00", "F", 95, 120, 2),
        (2020, "08A00", "M", 0, 4, 3),  # 2.75
        (2020, "2AC01", "F", 95, 120, 7),
        (2020, "2AC01", "M", 0, 4, 7),
    ]
    assert len(notices) == 1 and "1 commune(s)" in notices[0][1] and "7 residents" in notices[0][1]


def test_a_note_under_a_census_sheet_is_no_commune_and_a_lost_place_is_refused(tmp_path: Path) -> None:
    header = "RR;DR;CR;ageq_rec01s1rpop2020;ageq_rec01s2rpop2020\n"
    assert population(tmp_path, header + "44;08;001;1;2\nSource : Insee;;;;\n")["population"].sum() == 3
    assert "line 3, colonne/column commune" in refused(population, tmp_path, header + "44;08;001;1;2\n44;08;;1;2\n").where
    assert "line 2, colonne/column population" in refused(population, tmp_path, header + "44;08;001;1\n").where


def test_communes_in_long_form(tmp_path: Path) -> None:
    lines = "annee;commune;sexe;age_min;age_max;population\n2021;8001;1;0;4;10\n2021;08002;1;0;4;20\n"
    rows = population(tmp_path, lines)
    assert rows.select("geo_code", "population").rows() == [("08A00", 30)]
    assert "line 4" in refused(population, tmp_path, lines + "2021;08002;1;3;4;20\n").where
    assert "crosswalk" in refused(read_population, tmp_path / "p.csv").fix[1]


def test_the_warehouse_holds_what_was_read(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse" / "strata.duckdb"
    written(tmp_path / "crosswalk" / "communes.csv", COMMUNES)
    territories = written(tmp_path / "t.csv", BY_COMMUNE + "T1;One;09001\n")
    residents = written(tmp_path / "p.csv", "annee;commune;sexe;age_min;age_max;population\n2021;09001;1;0;4;10\n2021;99999;1;0;4;1\n")
    written(tmp_path / "tariffs" / "gmt.csv", GMT)
    open_warehouse(warehouse).close()
    places = {"territories": territories, "population": residents, "tariffs": tmp_path / "tariffs"}
    assert len(load_user_tables(warehouse, **places, crosswalk=tmp_path / "crosswalk")) == 1
    with connect(warehouse) as connection:
        assert connection.execute("SELECT * FROM territory_straddle").fetchall() == [("REST", "09001", 20)]
        assert connection.execute("SELECT geo_code, population FROM population").fetchall() == [("09001", 10)]
        assert connection.execute("SELECT count(*) FROM tariff_gmt").fetchall() == [(2,)]
