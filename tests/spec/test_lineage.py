"""The committed lineage is the one the SQL says, and a number is traced to what was read."""

from pathlib import Path

import pytest

from strata.engine.models import models
from strata.lineage import columns as lineage
from strata.lineage import source_fields


@pytest.fixture(scope="module")
def edges():
    return lineage.edges()


def test_the_committed_files_are_up_to_date(edges) -> None:
    # A table changed on purpose: python -m strata.lineage
    assert Path(lineage.EDGES).read_text(encoding="utf-8") == lineage.text_of(edges)
    assert Path(lineage.PAGE).read_text(encoding="utf-8") == lineage.page(edges)


def test_the_fields_of_the_files_are_those_the_layouts_and_the_ingest_say() -> None:
    found = source_fields.source_fields()
    assert Path(source_fields.TABLE).read_text(encoding="utf-8") == source_fields.text_of(found)  # python -m strata.lineage
    assert {
        ("read_diagnosis", "code", "mco", "atih", "mco_rsa", "DAS"),
        ("read_unit", "dp", "smr", "snds", "T_SSRaaB", "MOR_PRP"),
        ("read_stay", "cost_billed_eur", "mco", "snds", "T_MCOaaVALO", "MNT_TOT_BR"),
        ("read_stay", "person_id", "mco", "atih", "mco_ano", "NOANON"),
        ("read_care", "code", "dcir", "snds", "ER_PHA_F", "PHA_PRS_C13"),
    } <= set(found)


def test_every_column_as_read_that_a_number_is_made_of_names_its_fields(edges) -> None:
    """Left: what the ingest numbers or says of files, and what a form of care or a code says through a list."""
    named = source_fields.named(source_fields.read_source_fields())
    tables = {table for table, _ in named}
    of_ingest = {"stay_id", "slice_id", "field", "source_file", "source_line", "care_form", "system", "unit_rank", "person_id", "year"}
    unnamed = {(table, column) for _, _, table, column in edges if table in tables and (table, column) not in named}
    assert {column for _, column in unnamed} <= of_ingest


def test_every_table_has_edges_to_tables_it_reads(edges) -> None:
    traced = {table for table, *_ in edges}
    assert {name for name, model in models().items() if model.inputs} - traced == set()
    assert all(source in models()[table].inputs for table, _, source, _ in edges)


def test_a_number_is_traced_to_what_was_read_and_to_the_code_lists(edges) -> None:
    cost, persons = (lineage.page(edges).partition(f"\n## {name}\n")[2].partition("\n## ")[0] for name in ("cost_total", "persons"))
    assert "`read_stay`" in cost and "`cost_billed_eur`" in cost
    rows = persons.partition("- rows: ")[2]
    assert "`definition_code`" in rows and "`read_diagnosis`" in rows and "(#code-lists)" in rows


def test_the_code_lists_and_the_fields_are_named_on_the_page(edges) -> None:
    page = lineage.page(edges)
    of_t2d = page.partition("### Code lists of t2d")[2].partition("###")[0]
    assert "- `dm_t2` (" in of_t2d and "`type_2`" in of_t2d
    assert "#code-lists-of-shared" in page.partition("\n## hpe_per_1000\n")[2].partition("\n## ")[0]
    assert "| `read_stay.cost_billed_eur` | mco: T_MCOaaFA `PH_BRM`, T_MCOaaFB `REM_BAS`, T_MCOaaVALO `MNT_TOT_BR` |" in page
