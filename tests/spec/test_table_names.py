"""An SNDS table is known by the columns that are its own, whatever it shares with the others."""

import pytest

from strata.ingest.recognise import table_of


@pytest.mark.parametrize(
    ("columns", "table"),
    [
        ("ETA_NUM RSA_NUM ASS_DGN", "T_MCOaaD"),
        ("ETA_NUM RSA_NUM RSS_NUM ASS_DGN DGN_ASS_NUM", "T_MCOaaD"),
        ("ETA_NUM RSA_NUM RSS_NUM ENT_DAT_DEL CDC_ACT PHA_ACT ACV_ACT NBR_EXE_ACT", "T_MCOaaA"),
        ("ETA_NUM RSA_NUM RSS_NUM UM_ORD_NUM DGN_PAL DGN_REL AUT_TYP1_UM AUT_TYP2_UM PAR_DUR_SEJ", "T_MCOaaUM"),
        ("ETA_NUM RSA_NUM RSS_NUM GRG_GHM AGE_ANN DGN_PAL SOR_ANN SOR_MOI", "T_MCOaaB"),
        ("ETA_NUM RSA_NUM RSS_NUM", "unknown"),
        ("ASS_DGN COMMENT", "unknown"),
    ],
)
def test_a_table_is_known_by_its_own_columns(columns: str, table: str) -> None:
    assert table_of(columns.split()) == table
