"""The corpus of malformed input (tests/support/corpus): each class read by one ingest, nothing lost, everything under its reason.

The figures of each class are printed at the end of the run (conftest.py); docs/proofs.md lists the classes.
"""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from strata.engine.duckdb import connect
from strata.ingest.load import ingest
from strata.ingest.warehouse import tables as warehouse
from tests.support.corpus.judge import judge
from tests.support.corpus.mutation import MUTATIONS, Ground, Mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.report import PAGE, page_with_figures
from tests.support.corpus.stays import chained, pair, rsa_bench
from tests.support.corpus.table import MUTATIONS as FILLED
from tests.support.figures import Figures

DECLARED, GENERATED = 400, 2_000  # at least; what the corpus holds is in docs/proofs.md


@pytest.mark.parametrize("name", FILLED)
def test_nothing_is_lost(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], figures: Figures) -> None:
    found = judge(MUTATIONS[name], tmp_path / "landing")
    kind = "generated" if MUTATIONS[name].is_generated else "declared"
    lines = f"{found.lines} lines = {found.accepted} accepted + {found.quarantined} quarantined + {found.refused} refused"
    figures.append(f"{name} ({kind}): {found.tried} tried, {found.lost} lost; {lines}", tried=found.tried, lost=found.lost)
    assert found.faults == []
    assert found.lost == 0
    assert capfd.readouterr() == ("", "")  # nothing is said beside the report


def test_the_corpus_is_as_large_as_promised() -> None:
    sizes = {is_generated: sum(one.cases for one in FILLED.values() if one.is_generated is is_generated) for is_generated in (False, True)}
    assert sizes[False] >= DECLARED and sizes[True] >= GENERATED
    assert all(one.cases for one in FILLED.values())


def test_a_class_is_the_same_at_every_run() -> None:
    for one in FILLED.values():
        assert tuple(one.make(Ground(one.name))) == one.parcels(), one.name


def test_the_page_of_proofs_is_that_of_this_corpus() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page_with_figures(text) == text, "run python -m tests.support.corpus.report"


def _judged(parcel: Parcel, tmp_path: Path) -> list[str]:
    return judge(Mutation("a class", "lines", "", False, lambda ground: iter([parcel])), tmp_path / "landing").faults


def _bench() -> Parcel:
    return rsa_bench("a bench", "990000001", 2024, [("cut", lambda line: line[:30], {"line_too_short"})])


def test_the_judge_is_content_with_what_happens(tmp_path: Path) -> None:
    assert _judged(_bench(), tmp_path) == []


@pytest.mark.parametrize(
    "spoiled", ["a good stay", "a line", "a reason", "a person", "a file", "a refusal", "a stay too many", "an unexpected quarantine"]
)
def test_the_judge_sees_each_kind_of_loss(spoiled: str, tmp_path: Path) -> None:
    parcel = _bench()
    match spoiled:
        case "a good stay":
            parcel.stays |= chained([7])
        case "a line":
            parcel.lines["a.rsa"] += 1
        case "a reason":
            parcel.aside["a.rsa", 2] = {"blank_line"}
        case "a person":
            parcel.stays |= chained([0], False)
        case "a file":
            parcel.lines["b.rsa"] = 3
        case "a refusal":
            parcel.refused["a.rsa"] = {"corrupt_archive"}
        case "a stay too many":
            parcel.stays.popitem()
        case _:
            parcel.aside.clear()
    assert len(_judged(parcel, tmp_path)) == 1


def test_the_judge_names_the_parcel_that_breaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("strata.ingest.load.open_pair", broken)
    first, second = pair("990000001", 2024, range(1))
    (fault,) = _judged(Parcel("a pair", "990000001", {"a.rsa": first, "a.ano": second}), tmp_path)
    assert "a class / a pair: traceback ZeroDivisionError" in fault


def test_a_file_name_that_is_no_text_is_listed_with_the_others(tmp_path: Path) -> None:
    """Names of an old system keep bytes that are no letter; a file system that refuses them has none."""
    odd = [tmp_path / os.fsdecode(name) for name in (b"\xe9.txt", b"\xe8.txt")]
    for path in odd:
        with suppress(OSError, UnicodeError):
            path.write_bytes(b"x")
    first, second = pair("990000001", 2024, range(3))
    (tmp_path / "a.rsa").write_bytes(first)
    (tmp_path / "a.ano").write_bytes(second)
    connection = connect(None)
    connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
    report = ingest(tmp_path, connection)
    assert len({file.source_file for file in report.files}) == len(list(tmp_path.iterdir()))
    assert report.total("accepted") == 6
