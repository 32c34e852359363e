"""SNDS tables in, rows as read out: keys, blanks, dates, kinds of columns, and what is set aside."""

import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import strata
from strata.ingest.archives import open_sources
from strata.ingest.load import ingest
from strata.ingest.raw import raw_set
from strata.ingest.recognise import recognise_source
from strata.ingest.snds import stay_sets as snds
from strata.ingest.snds.columns import columns, value_sql
from tests.support.snds_set import FA, FB, OTHER, STC, Rows, stay, together, write_csv, write_parquet


def read(folder: Path) -> dict[str, list[dict]]:
    return {name: table.to_pylist() for name, table in strata.read(folder).items()}


def reasons(folder: Path) -> dict[tuple[str, int], str]:
    return {(row["source_file"][7:-4], row["source_line"]): row["reason"] for row in read(folder)["quarantine"]}


def one_stay(folder: Path, **changes: dict[str, str]) -> dict:
    write_csv(folder, stay(1, **changes))
    return read(folder)["stay"][0]


def test_a_stay_gathers_its_rows_of_b_c_and_valo(tmp_path: Path) -> None:
    found = one_stay(tmp_path)
    wanted = {
        "field": "mco", "finess": "990000011", "year": 2017, "stay_number": "0000000001", "pseudonym": "P0000000000000001",
        "chaining_codes": "000000000", "entry_date": date(2017, 3, 1), "exit_date": date(2017, 3, 5), "exit_month": 3,
        "ghm": "05M092", "ghs": "1709", "nights": 4, "sessions": 0, "supplement_si": 2, "supplement_hs": 1, "supplement_rea": None,
        "dp": "I500", "dr": None, "automatic_rsa": "0", "valuation_code": "1", "cost_billed_eur": Decimal("2345.67"), "billable": None,
        "source_file": "T_MCO17B.csv", "source_line": 1,
    }  # fmt: skip
    assert {name: found[name] for name in wanted} == wanted


def test_units_diagnoses_and_acts_follow_their_stay(tmp_path: Path) -> None:
    write_csv(tmp_path, together(stay(2, D={"ASS_DGN": "I10"}), stay(1)))
    found = read(tmp_path)
    assert [(row["line"], row["code"], row["unit_rank"]) for row in found["diagnosis"]] == [(1, "I10", None), (2, "E1190", None)]
    assert found["procedure"][0] == {
        "line": 1, "unit_rank": None, "system": "ccam", "code": "DEQP003", "phase": "0", "activity": "1", "day_offset": 0, "executions": 1,
    }  # fmt: skip
    assert (found["unit"][1]["line"], found["unit"][1]["authorisation_1"], found["unit"][1]["nights"]) == (2, "51", 4)


def test_keys_are_padded_so_that_numbers_meet_texts(tmp_path: Path) -> None:
    rows = together(stay(1, finess="010000017"))
    for table in ("B", "C"):
        rows[table][0] |= {"ETA_NUM": "10000017", "RSA_NUM": "1"}
    rows["B"][0] |= {"BDI_COD": "1004", "GHS_NUM": "22"}
    write_csv(tmp_path, rows)
    found = read(tmp_path)["stay"][0]
    assert (found["finess"], found["stay_number"], found["geo_code"], found["ghs"]) == ("010000017", "0000000001", "01004", "0022")
    assert found["entry_date"] == date(2017, 3, 1)


def test_csv_and_parquet_of_the_same_rows_are_read_alike(tmp_path: Path) -> None:
    rows = together(stay(1, B={"AGE_ANN": ""}), stay(2, finess=OTHER))
    write_csv(tmp_path / "csv", rows)
    types = {name: pa.float64() for name in ("AGE_ANN", "SEJ_NBJ", "MNT_TOT_BR")} | {"SOR_ANN": pa.int64(), "RSA_NUM": pa.int64()}
    types |= {"NIR_RET": pa.bool_(), "EXE_SOI_DTD": pa.timestamp("us"), "EXE_SOI_DTF": pa.date32()}
    write_parquet(tmp_path / "parquet", rows, types=types)
    one, other = read(tmp_path / "csv"), read(tmp_path / "parquet")
    for found in (one, other):
        for row in found["stay"]:
            row["source_file"] = row["source_file"].rpartition(".")[0]
    assert one == other


@pytest.mark.parametrize("separator", [";", ",", "\t", "|", "^", "~"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_separators_and_encodings(tmp_path: Path, separator: str, encoding: str) -> None:
    write_csv(tmp_path, stay(1, B={"LABEL": "décès"}), separator=separator, encoding=encoding)
    assert [row["ghm"] for row in read(tmp_path)["stay"]] == ["05M092"]


def test_tables_are_read_inside_an_archive_and_leave_nothing_behind(tmp_path: Path) -> None:
    write_csv(tmp_path / "loose", stay(1))
    write_parquet(tmp_path / "loose" / "parquet", stay(2), year="18")
    with zipfile.ZipFile(tmp_path / "year.zip", "w") as archive:
        for path in (tmp_path / "loose").glob("*.csv"):
            archive.write(path, f"x/{path.name}")
    assert read(tmp_path / "year.zip")["stay"][0]["source_file"] == "year.zip!x/T_MCO17B.csv"
    assert not list(tmp_path.glob(f"{snds.WORK_PREFIX}*"))


@pytest.mark.parametrize(
    "written",
    ["2017-03-01", "2017-03-01 00:00:00", "2017-03-01T00:00:00.000", "01032017", "1032017", "20170301", "01/03/2017", "01MAR2017:00:00:00"],
)
def test_dates_as_extractions_write_them(tmp_path: Path, written: str) -> None:
    assert one_stay(tmp_path, C={"EXE_SOI_DTD": written})["entry_date"] == date(2017, 3, 1)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("20111027", date(2011, 10, 27)),  # year first, though 20/11/1027 is a date too
        ("20121215", date(2012, 12, 15)),
        ("20122012", date(2012, 12, 20)),
        ("16000101", date(1600, 1, 1)),
        ("00010101", date(1, 1, 1)),
        ("10122010", date(2010, 12, 10)),
    ],
)
def test_eight_digits_tell_which_end_the_year_is_at(written: str, meant: date) -> None:
    column = next(column for column in columns("IR_IMB_R") if column.name == "start_date")
    with duckdb.connect() as connection:
        assert connection.execute(f"SELECT {value_sql(column)} FROM (SELECT '{written}' AS start_date)").fetchall() == [(meant,)]


def test_entry_falls_back_on_ent_dat(tmp_path: Path) -> None:
    dates = {"EXE_SOI_DTD": "", "EXE_SOI_DTF": "", "ENT_DAT": "28022017", "SOR_DAT": "01032017"}
    found = one_stay(tmp_path, C=dates)
    assert (found["entry_date"], found["exit_date"]) == (date(2017, 2, 28), date(2017, 3, 1))


def test_a_project_extraction_calls_the_pseudonym_num_enq(tmp_path: Path) -> None:
    rows = stay(1)
    rows["C"][0]["NUM_ENQ"] = rows["C"][0].pop("NIR_ANO_17")
    write_csv(tmp_path, rows)
    assert read(tmp_path)["stay"][0]["pseudonym"] == "P0000000000000001"


@pytest.mark.parametrize("blank", ["", "0", "."])
def test_blank_and_zero_mean_the_same_where_the_two_forms_differ(tmp_path: Path, blank: str) -> None:
    found = one_stay(tmp_path, B={"SEJ_NBJ": blank, "NBR_SEA": blank, "TYP_GEN_RSA": blank})
    assert (found["nights"], found["sessions"], found["automatic_rsa"]) == (0, 0, "0")


def test_a_stay_without_c_is_kept_unchained(tmp_path: Path) -> None:
    rows = together(stay(1), stay(2))
    rows["C"].pop()
    write_csv(tmp_path, rows)
    found = read(tmp_path)["stay"][1]
    assert (found["pseudonym"], found["chaining_codes"], found["entry_date"], found["exit_month"]) == (None, " " * 9, None, 3)


def test_chaining_codes_come_in_the_order_of_the_design(tmp_path: Path) -> None:
    names = ("NIR_RET", "NAI_RET", "SEX_RET", "SEJ_RET", "FHO_RET", "PMS_RET", "DAT_RET", "COH_NAI_RET", "COH_SEX_RET")
    codes = {name: str(rank) for rank, name in enumerate(names, start=1)} | {"COH_NAI_RET": ""}
    assert one_stay(tmp_path, C=codes)["chaining_codes"] == "1234567 9"


@pytest.mark.parametrize(
    ("table", "change", "reason"),
    [
        ("B", {"RSA_NUM": ""}, "missing_value"),
        ("B", {"ETA_NUM": "99000001X"}, "invalid_key"),
        ("B", {"AGE_ANN": "x"}, "not_a_number"),
        ("B", {"AGE_ANN": "6.5"}, "not_a_number"),
        ("B", {"NBR_SEA": "99999"}, "not_a_number"),
        ("B", {"SOR_MOI": "13"}, "invalid_month"),
        ("B", {"SOR_ANN": "2018"}, "other_year"),
        ("B", {"NBR_RUM": "0"}, "no_unit"),
        ("C", {"EXE_SOI_DTD": "2017-02-30"}, "invalid_date"),
        ("C", {"EXE_SOI_DTD": "soon"}, "invalid_date"),
        ("C", {"EXE_SOI_DTD": "2017-03-06"}, "exit_before_entry"),
        ("C", {"SOR_ANN": "2017", "SOR_MOI": "4"}, "date_disagrees"),
        ("C", {"RSA_NUM": "77"}, "orphan_row"),
        ("D", {"RSA_NUM": "77"}, "orphan_row"),
        ("D", {"ASS_DGN": ""}, "missing_value"),
        ("A", {"ETA_NUM": OTHER}, "orphan_row"),
        ("A", {"NBR_EXE_ACT": "x"}, "not_a_number"),
        ("UM", {"UM_ORD_NUM": ""}, "missing_value"),
        ("VALO", {"MNT_TOT_BR": "-0.01"}, "negative_amount"),
        ("VALO", {"MNT_TOT_BR": "12 EUR"}, "not_a_number"),
    ],
)
def test_a_row_that_cannot_be_true_is_set_aside_with_its_reason(tmp_path: Path, table: str, change: dict[str, str], reason: str) -> None:
    write_csv(tmp_path, together(stay(1), stay(2, **{table: change})))
    assert reasons(tmp_path)[_short(table), 2] == reason


def _short(table: str) -> str:
    """What `reasons` keeps of T_MCO17<table>.csv."""
    return f"T_MCO17{table}"[7:]


def test_rows_of_a_stay_set_aside_are_set_aside_with_it(tmp_path: Path) -> None:
    write_csv(tmp_path, together(stay(1), stay(2, B={"AGE_ANN": "x"})))
    found = reasons(tmp_path)
    assert found.pop((_short("B"), 2)) == "not_a_number"
    assert set(found.values()) == {"stay_set_aside"} and len(found) == 5


def test_the_first_of_two_rows_with_one_key_is_kept(tmp_path: Path) -> None:
    rows = together(stay(1), stay(1, B={"DGN_PAL": "E119"}))
    rows["D"].pop()
    write_csv(tmp_path, rows)
    assert [row["dp"] for row in read(tmp_path)["stay"]] == ["I500"]
    assert reasons(tmp_path) == {(_short("B"), 2): "duplicate_stay"} | {(_short(name), 2): "duplicate_row" for name in ("C", "UM", "VALO")}


def test_amounts_with_a_comma(tmp_path: Path) -> None:
    assert one_stay(tmp_path, VALO={"MNT_TOT_BR": "12,5"})["cost_billed_eur"] == Decimal("12.50")


def with_tables(number: int, **more: list[dict[str, str]]) -> Rows:
    """A stay without valuation, and rows of other tables."""
    rows = stay(number)
    return {table: lines for table, lines in rows.items() if table != "VALO"} | more


def costs(folder: Path) -> dict[str, tuple[str | None, Decimal | None]]:
    return {row["stay_number"][-1]: (row["valuation_code"], row["cost_billed_eur"]) for row in read(folder)["stay"]}


def test_what_a_public_hospital_bills_by_daily_rates_is_no_cost(tmp_path: Path) -> None:
    write_csv(tmp_path, with_tables(1, STC=[STC]))
    found = read(tmp_path)["stay"][0]
    assert (found["billing_base_eur"], found["cost_billed_eur"]) == (Decimal("9876.50"), None)


def test_a_private_stay_costs_the_sum_of_its_invoice_lines(tmp_path: Path) -> None:
    lines = [FB, FB | {"REM_BAS": "300"}, FB | {"NUM_FAC": "002", "REM_BAS": "-50"}, FB | {"TYP_ART": "C", "REM_BAS": "999"}]
    write_csv(tmp_path, with_tables(1, FB=lines))
    assert costs(tmp_path) == {"1": (None, Decimal("1750.00"))}


def test_valo_says_the_cost_where_it_has_the_stay(tmp_path: Path) -> None:
    write_csv(tmp_path, stay(1, VALO={"VALO": "0", "MNT_TOT_BR": ""}) | {"FB": [FB]})
    assert costs(tmp_path) == {"1": ("0", None)}


@pytest.mark.parametrize(("total", "cost"), [("15.00", "15.00"), ("1500.00", "1500.00"), ("0", "1500.00"), ("40", "1500.00")])
def test_invoice_lines_are_cents_only_where_the_totals_show_it(tmp_path: Path, total: str, cost: str) -> None:
    write_csv(tmp_path, with_tables(1, FB=[FB], FA=[FA | {"PH_BRM": total}]))
    assert costs(tmp_path) == {"1": (None, Decimal(cost))}


def test_rows_of_billing_and_of_invoices_are_judged(tmp_path: Path) -> None:
    more = {"STC": [STC | {"REM_BAS_MNT": "-1"}], "FB": [FB | {"RSA_NUM": "77"}, FB | {"REM_BAS": "x"}], "FA": [FA, FA]}
    write_csv(tmp_path, with_tables(1, **more))
    wanted = {("STC", 1): "negative_amount", ("FB", 1): "orphan_row", ("FB", 2): "not_a_number", ("FA", 2): "duplicate_row"}
    assert reasons(tmp_path) == {(_short(table), line): reason for (table, line), reason in wanted.items()}


def test_invoices_come_with_a_warning(tmp_path: Path) -> None:
    write_csv(tmp_path / "landing", with_tables(1, FB=[FB]))
    report = ingest(tmp_path / "landing", tmp_path / "w" / "strata.duckdb")
    assert [("REM_BAS" in french, "REM_BAS" in english) for french, english in report.notices] == [(True, True)]


def staged_groups(folder: Path) -> list[list[str]]:
    (tables,) = snds.table_sets((source, recognise_source(source)) for source in open_sources(folder))
    with snds.staged(tables, folder) as ready:
        return [sorted(set(extract.tables["stay"].column("finess").to_pylist())) for extract in ready.extracts()]


def test_a_group_is_handed_over_in_pieces_that_are_all_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of a stay all come in one piece."""
    monkeypatch.setattr(raw_set, "PIECE_STAYS", 2)
    write_csv(tmp_path, together(*(stay(number) for number in range(1, 6))))
    (tables,) = snds.table_sets((source, recognise_source(source)) for source in open_sources(tmp_path))
    with snds.staged(tables, tmp_path) as ready:
        (group,) = ready.extracts()
        pieces = list(group.pieces())
        assert [piece["stay"].num_rows for piece in pieces] == [2, 2, 1]
        for name, whole in group.tables.items():
            order = [(column, "ascending") for column in whole.column_names]
            assert pa.concat_tables([piece[name] for piece in pieces]).sort_by(order) == whole.sort_by(order)
        for piece in pieces:
            own = set(piece["stay"].column("line").to_pylist())
            assert all(set(rows.column("line").to_pylist()) <= own for rows in piece.values())
        assert len(pa.table(group.persons())) == 5


def test_a_year_is_handed_over_by_groups_of_whole_hospitals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[Rows] = [stay(number, finess=f"99000{hospital}000") for hospital in (3, 1, 2) for number in (1, 2)]
    write_csv(tmp_path, together(*rows))
    monkeypatch.setattr(raw_set, "GROUP_STAYS", 3)
    assert staged_groups(tmp_path) == [["990001000", "990002000"], ["990003000"]]


def test_two_years_in_one_folder_are_two_sets(tmp_path: Path) -> None:
    write_csv(tmp_path, stay(1))
    later = {"EXE_SOI_DTD": "2018-03-01", "EXE_SOI_DTF": "2018-03-05"}
    write_csv(tmp_path, stay(1, B={"SOR_ANN": "2018"}, C=later), year="18")
    assert [(row["year"], row["stay_number"]) for row in read(tmp_path)["stay"]] == [(2017, "0000000001"), (2018, "0000000001")]


def test_the_content_says_the_year_and_not_the_name(tmp_path: Path) -> None:
    write_csv(tmp_path, stay(1), year="19")
    assert read(tmp_path)["stay"][0]["year"] == 2017
