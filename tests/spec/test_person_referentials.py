"""Beneficiaries, long-term illness, cartography and the deaths a user brings: what is read of each, and what is set aside."""

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from strata.errors import StrataError
from strata.ingest.load import ingest
from strata.ingest.user.deaths import load_deaths
from strata.ingest.warehouse.tables import open_warehouse
from tests.support.landing import rows, unaccounted
from tests.support.person_tables import BEN, IDE, IMB, IND, write_csv, write_parquet


class Project:
    """A landing folder and its warehouse."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.landing, self.warehouse = folder, folder / "landing", folder / "warehouse" / "strata.duckdb"
        self.landing.mkdir()

    def ingest(self) -> dict[str, int]:
        slices = dict(ingest(self.landing, self.warehouse).slices)
        assert unaccounted(self.warehouse) == []
        return slices

    def rows(self, query: str) -> list[tuple]:
        return rows(self.warehouse, query)

    def reasons(self) -> list[tuple]:
        return self.rows("SELECT source_file, source_line, reason FROM quarantine ORDER BY 1, 2")

    def deaths(self, text: str, encoding: str = "utf-8") -> list[tuple[str, str]]:
        (self.folder / "deaths.csv").write_text(text, encoding=encoding)
        connection = open_warehouse(self.warehouse)
        try:
            return load_deaths(connection, self.folder / "deaths.csv")
        finally:
            connection.close()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_beneficiary(project: Project) -> None:
    write_csv(project.landing / "IR_BEN_R.csv", [BEN | {"BEN_DCD_DTE": "2024-05-03"}], separator=",")
    assert project.ingest() == {"new": 1}
    names = "twin_rank, identity, sex_code, birth_year, birth_month, death_date, department, commune, nir_kind"
    assert project.rows(f"SELECT pseudonym, {names} FROM read_beneficiary JOIN pseudonym USING (person_id)") == [
        ("P0000000000000001", 1, 1, "1", 1950, 6, date(2024, 5, 3), "099", "001", "00")
    ]
    assert project.rows("SELECT field, year, month FROM read_person_slice") == [("beneficiary", 0, 0)]


@pytest.mark.parametrize("nothing", ["1600-01-01", "01/01/1600", "01JAN1600", "0001-01-01", "1900-01-01", "2099-12-31", ""])
def test_the_default_dates_of_snds_are_no_death(project: Project, nothing: str) -> None:
    write_csv(project.landing / "IR_BEN_R.csv", [BEN | {"BEN_DCD_DTE": nothing}])
    project.ingest()
    assert project.rows("SELECT death_date FROM read_beneficiary") == [(None,)]
    assert project.reasons() == []


def test_pseudonyms_of_one_beneficiary_share_an_identity(project: Project) -> None:
    second = {"BEN_NIR_PSA": "P0000000000000002"}
    alone = {"BEN_NIR_PSA": "P0000000000000003", "BEN_IDT_ANO": "", "BEN_NIR_ANO": ""}
    by_nir = {"BEN_NIR_PSA": "P0000000000000004", "BEN_IDT_ANO": ""}
    write_csv(project.landing / "IR_BEN_R.csv", [BEN, BEN | second, BEN | alone, BEN | alone | {"BEN_RNG_GEM": "2"}, BEN | by_nir])
    project.ingest()
    found = project.rows(
        "SELECT right(pseudonym, 1), twin_rank, identity FROM read_beneficiary JOIN pseudonym USING (person_id) ORDER BY 1, 2"
    )
    identity = {row[:2]: row[2] for row in found}
    assert identity["1", 1] == identity["2", 1] == identity["4", 1]
    assert len(set(identity.values())) == 3


def test_the_table_and_its_archive_are_read_together_the_table_first(project: Project) -> None:
    write_csv(project.landing / "A_IR_BEN_R_ARC.csv", [BEN | {"BEN_SEX_COD": "2"}, BEN | {"BEN_NIR_PSA": "P0000000000000009"}])
    write_parquet(project.landing / "IR_BEN_R.parquet", [BEN], {"BEN_RNG_GEM": pa.int64(), "BEN_NAI_ANN": pa.float64()})
    assert project.ingest() == {"new": 1}
    assert project.rows("SELECT right(pseudonym, 1), sex_code FROM read_beneficiary JOIN pseudonym USING (person_id) ORDER BY 1") == [
        ("1", "1"),
        ("9", "1"),
    ]
    assert project.reasons() == [("A_IR_BEN_R_ARC.csv", 1, "duplicate_row")]


def test_a_new_referential_replaces_the_old_one_and_persons_keep_their_number(project: Project) -> None:
    write_csv(project.landing / "IR_BEN_R.csv", [BEN | {"BEN_NIR_PSA": "P0000000000000005"}])
    project.ingest()
    before = project.rows("SELECT person_id, pseudonym FROM pseudonym")
    write_csv(project.landing / "IR_BEN_R.csv", [BEN | {"BEN_NIR_PSA": "P0000000000000002"}, BEN | {"BEN_NIR_PSA": "P0000000000000005"}])
    assert project.ingest() == {"replace": 1}
    assert project.rows("SELECT count(*) FROM read_beneficiary") == [(2,)]
    assert project.rows("SELECT person_id, pseudonym FROM pseudonym ORDER BY 1")[:1] == before


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"BEN_DCD_DTE": "1949-12-31"}, "death_before_birth"),
        ({"BEN_DCD_DTE": "2024-02-30"}, "invalid_date"),
        ({"BEN_NIR_PSA": ""}, "missing_value"),
        ({"BEN_SEX_COD": ""}, "missing_value"),
    ],
)
def test_impossible_beneficiaries_are_set_aside(project: Project, change: dict[str, str], reason: str) -> None:
    write_csv(project.landing / "IR_BEN_R.csv", [BEN | {"BEN_NIR_PSA": "P0000000000000002"}, BEN | change])
    project.ingest()
    assert project.reasons() == [("IR_BEN_R.csv", 2, reason)]
    assert project.rows("SELECT count(*) FROM read_beneficiary") == [(1,)]


def test_project_extractions_have_other_names(project: Project) -> None:
    named = {"BEN_NIR_PSA": "NUM_ENQ", "BEN_NIR_ANO": "NUM_ANO"}
    row = {named.get(name, name): value for name, value in BEN.items() if name != "BEN_IDT_ANO"}
    write_csv(project.landing / "beneficiaires.csv", [row, row | {"NUM_ENQ": "P0000000000000002"}])
    project.ingest()
    assert project.rows("SELECT count(DISTINCT person_id), count(DISTINCT identity) FROM read_beneficiary") == [(2, 1)]


@pytest.mark.parametrize(("end", "read"), [("2020-02-29", date(2020, 2, 29)), ("2099-12-31", None), ("1600-01-01", None), ("", None)])
def test_a_decision_of_long_term_illness(project: Project, end: str, read: date | None) -> None:
    write_csv(project.landing / "IR_IMB_R.csv", [IMB | {"IMB_ALD_DTF": end}])
    project.ingest()
    names = "ald_number, cim10_code, exemption_kind, start_date, end_date"
    assert project.rows(f"SELECT {names} FROM read_ald") == [(8, "E11", "41", date(2015, 3, 1), read)]


def test_a_decision_that_ends_before_it_starts_is_set_aside(project: Project) -> None:
    write_csv(project.landing / "IR_IMB_R.csv", [IMB, IMB | {"IMB_ALD_DTF": "2015-02-28"}])
    project.ingest()
    assert project.reasons() == [("IR_IMB_R.csv", 2, "end_before_start")]


def test_the_tops_that_are_set(project: Project) -> None:
    write_csv(project.landing / "CT_IDE_2022_G10.csv", [IDE, IDE | {"id_carto": "C2", "ben_nir_psa": "P0000000000000002"}])
    second = {"id_carto": "C2", "top_FDiabet_ind": "", "top_CvIC_chr": "1", "sup_FRVDiab_cat": "0"}
    third = {"id_carto": "C3"}
    write_parquet(project.landing / "CT_IND_2022_G10.parquet", [IND, IND | second, IND | third], {"top_FDiabet_ind": pa.float64()})
    assert project.ingest() == {"new": 1}
    found = project.rows(
        "SELECT right(pseudonym, 1), year, top, version FROM read_cartography JOIN pseudonym USING (person_id) ORDER BY ALL"
    )
    assert found == [
        ("1", 2022, "sup_frvdiab_cat", "G10"),
        ("1", 2022, "top_fdiabet_ind", "G10"),
        ("2", 2022, "top_cvic_chr", "G10"),
    ]
    assert project.reasons() == [("CT_IND_2022_G10.parquet", 3, "orphan_line")]


def test_two_years_of_cartography_stand_beside_each_other(project: Project) -> None:
    for year in (2021, 2022):
        write_csv(project.landing / f"CT_IDE_{year}_G10.csv", [IDE | {"id_carto": f"C{year}"}])
        write_csv(project.landing / f"CT_IND_{year}_G10.csv", [IND | {"id_carto": f"C{year}"}])
    assert project.ingest() == {"new": 2}
    assert project.rows("SELECT year, count(*) FROM read_cartography GROUP BY 1 ORDER BY 1") == [(2021, 2), (2022, 2)]


def test_a_cartography_without_a_year_in_its_name_is_refused(project: Project) -> None:
    write_csv(project.landing / "identite.csv", [IDE])
    write_csv(project.landing / "tops.csv", [IND])
    project.ingest()
    assert project.rows("SELECT DISTINCT reason FROM read_file") == [("no_year_in_name",)]


@pytest.mark.parametrize(
    "text",
    [
        "pseudonym,death_date\nP0000000000000001,2024-05-03\n",
        "cle;date_deces\nP0000000000000001;03/05/2024\n",
        "NIR_ANO_17\tDATE_DECES\nP0000000000000001\t2024-05-03\n",
        "clé_personne;date_décès\nP0000000000000001;03/05/2024\nP0000000000000001;2024-06-01\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_deaths_a_user_brings(project: Project, text: str, encoding: str) -> None:
    write_csv(project.landing / "IR_BEN_R.csv", [BEN])
    project.ingest()
    assert project.deaths(text, encoding) == []
    assert project.rows("SELECT person_id, death_date FROM user_death") == [(1, date(2024, 5, 3))]


def test_unknown_keys_are_counted_and_never_listed(project: Project) -> None:
    write_csv(project.landing / "IR_BEN_R.csv", [BEN])
    project.ingest()
    (notice,) = project.deaths("cle;date_deces\nP0000000000000001;03/05/2024\nSECRET;03/05/2024\nSECRET2;03/05/2024\n")
    assert notice is not None
    assert "2 clé(s) sur 3" in notice[0]
    assert "SECRET" not in "".join(notice)


@pytest.mark.parametrize("cell", ["", "inconnu", "31/02/2024", "1600-01-02", "1899-12-31", "2024"])
def test_a_date_that_is_none_is_refused_with_its_line(project: Project, cell: str) -> None:
    write_csv(project.landing / "IR_BEN_R.csv", [BEN])
    project.ingest()
    project.deaths("cle;date_deces\nP0000000000000001;03/05/2024\n")
    with pytest.raises(StrataError) as error:
        project.deaths(f"cle;date_deces\nP0000000000000001;03/05/2024\nP0000000000000001;{cell}\n")
    assert error.value.is_usage and "3" in error.value.where
    assert project.rows("SELECT count(*) FROM user_death") == [(1,)]


@pytest.mark.parametrize("cell", ["1600-01-01", "01/01/1900", "2099-12-31", "99991231", "0001-01-01"])
def test_a_default_date_is_no_death_and_is_counted(project: Project, cell: str) -> None:
    write_csv(project.landing / "IR_BEN_R.csv", [BEN, BEN | {"BEN_NIR_PSA": "P0000000000000002", "BEN_IDT_ANO": "", "BEN_NIR_ANO": ""}])
    project.ingest()
    ((french, english),) = project.deaths(f"cle;date_deces\nP0000000000000001;{cell}\nP0000000000000002;03/05/2024\n")
    assert "1 ligne(s) sans décès" in french and "default_date" in english and "P00" not in french
    assert project.rows("SELECT death_date FROM user_death") == [(date(2024, 5, 3),)]
    assert project.reasons() == [("deaths.csv", 2, "default_date")]
    assert project.deaths("cle;date_deces\nP0000000000000002;03/05/2024\n") == [] and project.reasons() == []


def test_a_date_to_come_is_no_death(project: Project) -> None:
    to_come = date.today() + timedelta(days=2)
    write_csv(project.landing / "IR_BEN_R.csv", [BEN, BEN | {"BEN_NIR_PSA": "P0000000000000002", "BEN_DCD_DTE": to_come.isoformat()}])
    project.ingest()
    assert project.reasons() == [("IR_BEN_R.csv", 2, "future_date")]
    (notice,) = project.deaths(f"cle;date_deces\nP0000000000000001;{to_come.isoformat()}\n")
    assert "future_date" in notice[1] and project.rows("SELECT count(*) FROM user_death") == [(0,)]


def test_a_month_or_a_year_of_birth_that_is_none_is_unknown_and_counted(project: Project) -> None:
    odd = [{"BEN_NAI_MOI": "13"}, {"BEN_NAI_MOI": "0"}, {"BEN_NAI_ANN": "2099"}]
    write_csv(project.landing / "IR_BEN_R.csv", [BEN | {"BEN_NIR_PSA": f"P{n:016d}"} | one for n, one in enumerate(odd, 1)])
    report = ingest(project.landing, project.warehouse)
    assert project.rows("SELECT birth_year, birth_month FROM read_beneficiary ORDER BY 1, 2") == [(1950, None), (1950, None), (None, 6)]
    assert [notice[1].partition(" (")[0] for notice in report.notices] == [
        "beneficiary: 2 line(s), month of birth unknown",
        "beneficiary: 1 line(s), year of birth unknown",
    ]


def test_without_the_file_no_death_is_known(project: Project) -> None:
    write_csv(project.landing / "IR_BEN_R.csv", [BEN])
    project.ingest()
    connection = open_warehouse(project.warehouse)
    connection.execute("INSERT INTO user_death VALUES (1, DATE '2024-01-01')")
    assert load_deaths(connection, project.folder / "deaths.csv") == []
    assert connection.execute("SELECT count(*) FROM user_death").fetchall() == [(0,)]
    connection.close()


def test_the_listing_names_them(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    from pipelines.command import main

    write_csv(project.landing / "IR_BEN_R.csv", [BEN])
    write_csv(project.landing / "other.csv", [{"A": "1", "B": "2"}])
    main(["list", str(project.landing)])
    told = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["IR_BEN_R", "1", "1", "-", "IR_BEN_R.csv"] in told
    assert [".csv", "1", "other.csv"] in told
