"""An SNDS table is known by the columns that are its own, whatever it shares with the others of its field or of another one."""

import pytest

from strata.ingest.raw.raw_tables import families, fields
from strata.ingest.recognise import table_of
from strata.ingest.snds.columns import columns
from strata.ingest.snds.stay_family import named

FAMILIES = [one.family for field in fields() for one in families(field)]


@pytest.mark.parametrize(
    ("header", "table"),
    [
        ("ETA_NUM RSA_NUM ASS_DGN", "T_MCOaaD"),
        ("ETA_NUM RSA_NUM RSS_NUM ASS_DGN DGN_ASS_NUM", "T_MCOaaD"),
        ("ETA_NUM RSA_NUM RSS_NUM ENT_DAT_DEL CDC_ACT PHA_ACT ACV_ACT NBR_EXE_ACT", "T_MCOaaA"),
        ("ETA_NUM RSA_NUM RSS_NUM UM_ORD_NUM DGN_PAL DGN_REL AUT_TYP1_UM AUT_TYP2_UM PAR_DUR_SEJ", "T_MCOaaUM"),
        ("ETA_NUM RSA_NUM RSS_NUM GRG_GHM AGE_ANN DGN_PAL SOR_ANN SOR_MOI", "T_MCOaaB"),
        ("ETA_NUM RSA_NUM EXO_TM REM_BAS_MNT TOT_MNT_AM", "T_MCOaaSTC"),
        ("ETA_NUM RSA_NUM RSS_NUM", "unknown"),
        ("ASS_DGN COMMENT", "unknown"),
        ("ETA_NUM SEQ_NUM NUM_FAC TYP_ART REM_BAS", "unknown"),  # outpatient invoices: SEQ_NUM is no stay
        ("ETA_NUM SEQ_NUM NIR_ANO_17 NIR_RET NAI_RET SEX_RET ENT_DAT", "unknown"),  # outpatients
        ("ETA_NUM RHA_NUM RHS_NUM CSARR_COD NBR_CSARR", "T_SSRaaCSARR"),
        ("ETA_NUM RHA_NUM RHS_NUM CDARR_COD", "unknown"),
        ("ETA_NUM RHA_NUM RHS_NUM DGN_COD", "T_SSRaaD"),
        ("ETA_NUM RHA_NUM REM_BAS_MNT", "T_SSRaaSTC"),
        ("ETA_NUM_EPMSI RHAD_NUM REM_BAS_MNT", "T_HADaaSTC"),
        ("ETA_NUM_EPMSI RIP_NUM REM_BAS_MNT", "T_RIPaaSTC"),
        ("ETA_NUM_EPMSI RIP_NUM SEJ_IDT SEQ_SEQ_NUM ASS_DGN", "T_RIPaaRSAD"),
        ("ETA_NUM_EPMSI SEJ_IDT IPP_IRR_CRY ORD_NUM ASS_DGN", "T_RIPaaR3AD"),
    ],
)
def test_a_table_is_known_by_its_own_columns(header: str, table: str) -> None:
    assert table_of(header.split()) == table


@pytest.mark.parametrize("family", FAMILIES)
def test_every_table_is_known_by_the_columns_it_needs(family: str) -> None:
    needed = [column.sources[0] for column in columns(family) if column.required]
    everything = [source for column in columns(family) for source in column.sources]
    assert table_of(needed) == table_of(reversed(needed)) == table_of(everything) == family


def test_a_table_that_is_not_read_is_not_taken_for_one_that_is() -> None:
    header = "ETA_NUM RSA_NUM NUM_FAC TYP_ART REM_BAS".split()
    assert [table_of(header, name) for name in ("T_MCO17FB.csv", "lines.csv", "T_MCO17FC.csv", "x.zip!T_MCO17FM.csv")] == [
        *["T_MCOaaFB"] * 2,
        *["unknown"] * 2,
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("T_MCO17B.csv", ("17", "T_MCOaaB")),
        ("year.zip!a/t_mco09um_2.txt", ("09", "T_MCOaaUM")),
        ("T_RIP17R3A.parquet", ("17", "T_RIPaaR3A")),
        ("T_RIP17R3AD.parquet", ("17", "T_RIPaaR3AD")),
        ("T_HAD17DMPP.csv", ("17", "T_HADaaDMPP")),
        ("T_SSR17VALO.csv", None),
        ("T_MCO17FBSTC.csv", None),
        ("T_MCO17B/extraction.csv", None),
        ("notes.csv", None),
    ],
)
def test_what_the_name_of_a_file_says(name: str, said: tuple[str, str] | None) -> None:
    found = named(name)
    assert (found and (found.label, found.family.family)) == said
