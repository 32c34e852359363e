"""The lists of codes a user brings: each official layout, and what is refused."""

from datetime import date
from pathlib import Path

import pytest

from strata.errors import StrataError
from strata.ingest.user.nomenclature import read_nomenclatures


def written(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cim_code,cim_libelle\nZ992+0,Dialyse\n", ("cim10", "Z992+0", None, None)),
        ("code,libelle_court,date_debut\nAAFA001,exérèse,2005-03-01\n", ("ccam", "AAFA001", date(2005, 3, 1), None)),
        ("anseqta;ghm;libelle_ghm\n2021;01C031;Craniotomies\n", ("ghm", "01C031", date(2021, 1, 1), date(2021, 12, 31))),
        (
            "BIO_PRS_IDE,BIO_INF_LIB,BIO_CRE_DAT,BIO_SUP_DAT\n0092,CREATININE,01JAN1996:00:00:00,31MAR2020:00:00:00\n",
            ("nabm", "92", date(1996, 1, 1), date(2020, 3, 31)),
        ),
        ("system;code;valid_from;valid_to\nCIM10;e11.90;;2024-12-31\n", ("cim10", "E1190", None, date(2024, 12, 31))),
    ],
)
def test_each_layout_gives_codes_and_their_period(tmp_path: Path, text: str, expected: tuple[object, ...]) -> None:
    assert read_nomenclatures(written(tmp_path / "n", "a.csv", text)).rows() == [expected]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("system,code\natc,A10BA02\n", "2"),
        ("system,code\ncim10,E1190\ncim10,un mot\n", "3"),
        ("system,code,valid_from\ncim10,E1190,31/12/2024\n", "2"),
        ("a,b\n1,2\n", "1"),
    ],
)
def test_what_is_no_nomenclature_is_refused_with_its_place_and_without_the_cell(tmp_path: Path, text: str, line: str) -> None:
    with pytest.raises(StrataError) as refused:
        read_nomenclatures(written(tmp_path / "n", "a.csv", text))
    assert "a.csv" in refused.value.where and line in refused.value.where
    assert "un mot" not in refused.value.text("fr") and "A10BA02" not in refused.value.text("en")


def test_no_folder_checks_nothing_and_an_empty_one_is_said(tmp_path: Path) -> None:
    assert read_nomenclatures(None).is_empty()
    with pytest.raises(StrataError):
        read_nomenclatures(tmp_path)
