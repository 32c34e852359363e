"""The committed lineage is the one the SQL says, and a number is traced to what was read."""

from pathlib import Path

import pytest

from strata import lineage
from strata.models import models


@pytest.fixture(scope="module")
def edges():
    return lineage.edges()


def test_the_committed_files_are_up_to_date(edges) -> None:
    # A table changed on purpose: python -m strata.lineage
    assert Path(lineage.EDGES).read_text(encoding="utf-8") == lineage.text_of(edges)
    assert Path(lineage.PAGE).read_text(encoding="utf-8") == lineage.page(edges)


def test_every_table_has_edges_to_tables_it_reads(edges) -> None:
    traced = {table for table, *_ in edges}
    assert {name for name, model in models().items() if model.inputs} - traced == set()
    assert all(source in models()[table].inputs for table, _, source, _ in edges)


def test_a_number_is_traced_to_what_was_read_and_to_the_code_lists(edges) -> None:
    cost, persons = (lineage.page(edges).partition(f"\n## {name}\n")[2].partition("\n## ")[0] for name in ("cost_total", "persons"))
    assert "`read_stay`" in cost and "`cost_billed_eur`" in cost
    rows = persons.partition("- rows: ")[2]
    assert "`definition_code`" in rows and "`read_diagnosis`" in rows
