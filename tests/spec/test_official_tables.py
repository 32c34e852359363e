"""Reference tables as INSEE and ATIH print them: what each layout gives, and where an error points. Amounts and places are invented."""

from decimal import Decimal
from pathlib import Path

import pytest

from strata.errors import StrataError
from strata.ingest.user_tariffs import read_tariffs

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
