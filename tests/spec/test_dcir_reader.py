"""DCIR in, lines of care out: the nine keys, quantities with their sign, what is set aside, what a new extraction replaces."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from strata.errors import StrataError
from strata.ingest.load import ingest
from tests.support.landing import rows, unaccounted
from tests.support.person_tables import BIO, CAM, ETE, PHA, PRS, Row, line, write_csv, write_parquet

CARE = "SELECT system, code, quantity, base_eur, taa_indicator FROM read_care ORDER BY source_file, source_line"


class Flow:
    """A landing folder of DCIR tables and its warehouse."""

    def __init__(self, folder: Path) -> None:
        self.landing, self.warehouse = folder / "landing", folder / "warehouse" / "strata.duckdb"
        self.landing.mkdir()

    def write(self, name: str, *lines: Row) -> None:
        write_csv(self.landing / name, lines)

    def ingest(self) -> dict[str, int]:
        report = ingest(self.landing, self.warehouse)
        assert unaccounted(self.warehouse) == []
        return dict(report.slices)

    def rows(self, query: str = CARE) -> list[tuple]:
        return rows(self.warehouse, query)

    def reasons(self) -> list[tuple]:
        return self.rows("SELECT source_file, source_line, reason FROM quarantine ORDER BY 1, 2")

    def account(self, name: str) -> tuple:
        return self.rows(f"SELECT lines, accepted, quarantined, refused, reason FROM read_file WHERE source_file = '{name}'")[0]


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    return Flow(tmp_path)


def test_each_act_test_and_drug_is_a_line_and_a_service_alone_is_one_too(flow: Flow) -> None:
    flow.write(
        "ER_PRS_F.csv", *(PRS | line(number, PRS_NAT_REF=code) for number, code in ((1, "1110"), (2, "3211"), (3, "1352"), (4, "3313")))
    )
    flow.write("ER_BIO_F.csv", BIO | line(2), BIO | line(2, BIO_ORD_NUM="2", BIO_PRS_IDE="0592"))
    flow.write("ER_CAM_F.csv", CAM | line(3))
    flow.write("ER_PHA_F.csv", PHA | line(4))
    flow.write("ER_ETE_F.csv", ETE | line(3))
    assert flow.ingest() == {"new": 1}
    assert flow.rows() == [
        ("nabm", "1577", 1, Decimal("26.50"), None),
        ("nabm", "592", 1, None, None),  # the base of a service is on the first of its lines only
        ("ccam", "DEQP003", 1, Decimal("26.50"), "1"),
        ("cip13", "3400900000015", 2, Decimal("26.50"), None),
        ("prs", "1110", 1, Decimal("26.50"), None),
    ]
    assert flow.rows("SELECT field, year, month FROM read_person_slice") == [("dcir", 2024, 2)]
    assert flow.rows("SELECT sum(base_eur) FROM read_care") == [(Decimal("106.00"),)]


def test_what_a_line_says(flow: Flow) -> None:
    flow.write("ER_PRS_F.csv", PRS | {"CPL_REM_BSE": "5,00", "CPL_MAJ_TOP": "2", "DPN_QLF": "71", "PRS_DPN_QLP": "00", "PSE_ACT_NAT": "19"})
    flow.ingest()
    names = "twin_rank, care_date, service, speciality, profession, expense_qualifier, expense_qualifier_sent, supplement_top, base_eur"
    assert flow.rows(f"SELECT pseudonym, {names}, source_file, source_line FROM read_care JOIN pseudonym USING (person_id)") == [
        ("P0000000000000001", 1, date(2024, 1, 15), "1110", "1", "19", "71", "", 2, Decimal("31.50"), "ER_PRS_F.csv", 1)
    ]


def test_reversals_keep_their_sign(flow: Flow) -> None:
    flow.write("ER_PRS_F.csv", PRS, PRS | line(2, PRS_ACT_QTE="-1.00", BSE_REM_BSE="-26,50"))
    flow.ingest()
    assert flow.rows("SELECT quantity, base_eur FROM read_care ORDER BY 1") == [(-1, Decimal("-26.50")), (1, Decimal("26.50"))]


def test_keys_meet_whatever_the_form_of_their_numbers_and_dates(flow: Flow) -> None:
    types = {name: pa.float64() for name in ("FLX_EMT_NUM", "DCT_ORD_NUM", "PRS_ACT_QTE")} | {"FLX_DIS_DTD": pa.timestamp("us")}
    write_parquet(flow.landing / "services.parquet", [PRS], types)
    flow.write(
        "drugs.csv", PHA | {"FLX_EMT_NUM": "002", "DCT_ORD_NUM": "00001001", "FLX_DIS_DTD": "01FEB2024", "ORG_CLE_NUM": "01C990990 "}
    )
    flow.ingest()
    assert flow.reasons() == []
    assert flow.rows("SELECT system, quantity FROM read_care") == [("cip13", 2)]


@pytest.mark.parametrize("name", [name for name in BIO if name not in ("BIO_ORD_NUM", "BIO_PRS_IDE", "BIO_ACT_QSN")])
def test_each_of_the_nine_keys_tells_lines_apart(flow: Flow, name: str) -> None:
    other = {"FLX_DIS_DTD": "2024-02-02", "FLX_TRT_DTD": "2024-01-21", "ORG_CLE_NUM": "01C990991"}.get(name, "9")
    flow.write("ER_PRS_F.csv", PRS)
    flow.write("ER_BIO_F.csv", BIO | {name: other})
    flow.ingest()
    assert flow.reasons() == [("ER_BIO_F.csv", 1, "orphan_line")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"EXE_SOI_DTD": "0001-01-01"}, "invalid_date"),
        ({"EXE_SOI_DTD": "2024-06-01"}, "invalid_date"),  # care after the flow that brings it
        ({"EXE_SOI_DTD": "31/02/2024"}, "invalid_date"),
        ({"EXE_SOI_DTD": ""}, "missing_value"),
        ({"PRS_ACT_QTE": "x"}, "not_a_number"),
        ({"PRS_NAT_REF": ""}, "missing_value"),
    ],
)
def test_a_line_that_cannot_be_true_is_set_aside_with_those_that_hang_on_it(flow: Flow, change: Row, reason: str) -> None:
    flow.write("ER_PRS_F.csv", PRS | change, PRS | line(2))
    flow.write("ER_BIO_F.csv", BIO, BIO | line(2))
    flow.ingest()
    assert ("ER_PRS_F.csv", 1, reason) in flow.reasons()
    assert len(flow.reasons()) == 2
    assert [row[0] for row in flow.rows()] == ["nabm"]


def test_a_line_there_twice_is_kept_once(flow: Flow) -> None:
    flow.write("ER_PRS_F.csv", PRS, PRS, PRS | line(2))
    flow.write("ER_PHA_F.csv", PHA, PHA, PHA | {"PHA_ORD_NUM": "2"})
    flow.ingest()
    assert flow.reasons() == [("ER_PHA_F.csv", 2, "duplicate_row"), ("ER_PRS_F.csv", 2, "duplicate_row")]
    assert [row[0] for row in flow.rows()] == ["cip13", "cip13", "prs"]


def test_the_same_table_in_two_files_is_refused_rather_than_counted_twice(flow: Flow) -> None:
    flow.write("ER_PRS_F.csv", PRS)
    write_parquet(flow.landing / "ER_PRS_F.parquet", [PRS])
    flow.ingest()
    assert flow.account("ER_PRS_F.csv")[-1] == flow.account("ER_PRS_F.parquet")[-1] == "table_twice"
    assert flow.rows("SELECT count(*) FROM read_care") == [(0,)]


def test_some_lines_again_refuse_the_month_and_what_is_held_keeps_its_account(flow: Flow) -> None:
    flow.write("ER_PRS_F.csv", PRS, PRS | line(2))
    flow.ingest()
    flow.write("again.csv", PRS | line(2))
    report = ingest(flow.landing, flow.warehouse)
    assert flow.account("ER_PRS_F.csv") == (2, 2, 0, 0, None) and flow.account("again.csv") == (1, 0, 0, 1, "table_twice")
    assert unaccounted(flow.warehouse) == [] and flow.rows("SELECT count(*) FROM read_care") == [(2,)]
    ((french, english),) = report.notices
    assert "dcir" in french and "again.csv" in french and "2 ligne(s)" in french and "2 line(s)" in english


def test_parts_of_one_month_are_read_together_whatever_their_names(flow: Flow) -> None:
    flow.write("part-0001.csv", PRS)
    flow.write("part-0002.csv", PRS | line(2))
    flow.write("other.csv", PHA | line(2))
    assert flow.ingest() == {"new": 1}
    assert sorted(row[0] for row in flow.rows()) == ["cip13", "prs"]


MARCH = {"FLX_DIS_DTD": "2024-03-01"}


def test_months_add_up_and_a_new_extraction_of_a_month_replaces_that_month_only(flow: Flow) -> None:
    flow.write("ER_PRS_F_02.csv", PRS)
    flow.ingest()
    flow.write("ER_PRS_F_03.csv", PRS | MARCH, PRS | MARCH | line(2))
    assert flow.ingest() == {"new": 1}
    assert flow.rows("SELECT count(*) FROM read_care") == [(3,)]
    (flow.landing / "ER_PRS_F_03.csv").unlink()
    flow.write("ER_PRS_F_03b.csv", PRS | MARCH, PRS | MARCH | line(2), PRS | MARCH | line(3))
    assert flow.ingest() == {"replace": 1}
    assert flow.rows("SELECT count(*) FROM read_care") == [(4,)]
    assert flow.account("ER_PRS_F_03.csv") == (2, 0, 0, 2, "superseded")
    assert flow.account("ER_PRS_F_02.csv") == (1, 1, 0, 0, None)
    assert flow.ingest() == {}


def test_one_file_of_several_months_is_replaced_month_by_month(flow: Flow) -> None:
    flow.write("all.csv", PRS, PRS | MARCH, PRS | MARCH | line(2))
    assert flow.ingest() == {"new": 2}
    (flow.landing / "all.csv").unlink()
    flow.write("march.csv", PRS | MARCH | line(7))
    assert flow.ingest() == {"replace": 1}
    assert flow.account("all.csv") == (3, 1, 0, 2, "superseded")
    assert flow.rows("SELECT count(*) FROM read_care") == [(2,)]


def test_tables_without_their_services_are_refused_and_so_is_a_missing_column(flow: Flow) -> None:
    flow.write("ER_PHA_F.csv", PHA)
    flow.ingest()
    assert flow.account("ER_PHA_F.csv") == (1, 0, 0, 1, "incomplete_set: ER_PRS_F")
    flow.write("ER_PRS_F.csv", {name: value for name, value in PRS.items() if name != "PRS_ACT_QTE"})
    flow.ingest()
    assert flow.account("ER_PRS_F.csv")[-1] == "missing_column: ER_PRS_F.PRS_ACT_QTE"


def test_a_table_that_lacks_what_tells_it_is_known_by_its_name(flow: Flow) -> None:
    flow.write("ER_PRS_F.csv", PRS)
    flow.write("ER_BIO_F_2024.csv", {name: value for name, value in BIO.items() if not name.startswith("BIO_PRS")})
    flow.ingest()
    assert flow.account("ER_BIO_F_2024.csv")[-1] == "missing_column: ER_BIO_F.BIO_PRS_IDE"


@pytest.mark.parametrize("pseudonym", ["", "xxxxxxxxxxxxxxxxx", "XXXXXXXXXXXXXXXXD"])
def test_a_line_without_a_person_is_kept_without_one(flow: Flow, pseudonym: str) -> None:
    flow.write("ER_PRS_F.csv", PRS | {"BEN_NIR_PSA": pseudonym})
    flow.ingest()
    assert flow.rows("SELECT person_id FROM read_care") == [(None,)]
    assert flow.rows("SELECT count(*) FROM pseudonym") == [(0,)]


def test_the_pseudonym_of_a_project_extraction(flow: Flow) -> None:
    flow.write(
        "ER_PRS_F.csv", {"NUM_ENQ" if name == "BEN_NIR_PSA" else name: value for name, value in PRS.items() if name != "BEN_RNG_GEM"}
    )
    flow.ingest()
    assert flow.rows("SELECT pseudonym, twin_rank FROM read_care JOIN pseudonym USING (person_id)") == [("P0000000000000001", None)]


def test_a_broken_row_is_set_aside(flow: Flow) -> None:
    flow.write("ER_PRS_F.csv", PRS, PRS | line(2), PRS | line(3))
    text = (flow.landing / "ER_PRS_F.csv").read_text(encoding="utf-8").splitlines()
    text[2] += ";one;too;many"
    (flow.landing / "ER_PRS_F.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    flow.ingest()
    assert flow.reasons() == [("ER_PRS_F.csv", 2, "broken_row")]
    assert flow.account("ER_PRS_F.csv") == (3, 2, 1, 0, None)


def test_an_empty_folder_still_says_so(flow: Flow) -> None:
    with pytest.raises(StrataError):
        flow.ingest()
