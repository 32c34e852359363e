"""The whole graph in process, from tables as read to a publication; and what a run that fails leaves behind."""

import json
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest

from pipelines import command
from pipelines.fleeting_instance import fleeting_instance
from pipelines.runner import run
from pipelines.session import open_session
from strata.config import load
from strata.errors import StrataError
from tests.support.small_country import hold_stays


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The strata.toml of an empty project."""
    monkeypatch.chdir(tmp_path)
    assert command.main(["init", "project"]) == 0
    return tmp_path / "project" / "strata.toml"


def patients(warehouse: Path) -> None:
    """240 stays of 60 persons."""
    lines = [f"{person} | {2019 + person % 7}-0{month}-10 | E1190" for person in range(60) for month in (1, 3, 5, 7)]
    hold_stays(warehouse, "person | exit | das\n" + "\n".join(lines))


def published(project: Path) -> list[str]:
    return sorted(path.parent.name for path in (project.parent / "published").glob("*/receipt.json"))


def break_warehouse(project: Path) -> None:
    """Stays that no transmission explains."""
    connection = duckdb.connect(str(load(project).database))
    connection.execute("UPDATE read_slice SET slice_id = 9")
    connection.close()


def test_the_graph_publishes_then_a_broken_warehouse_publishes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    patients(load(project).database)
    assert command.main(["run", "--config", str(project)]) == 0
    (first,) = published(project)
    assert "index.html" in capsys.readouterr().out
    assert (project.parent / "published" / "latest").read_text(encoding="utf-8").strip() == first
    receipt = json.loads((project.parent / "published" / first / "receipt.json").read_text(encoding="utf-8"))
    assert receipt["run_id"] == first and {"extract", "person_stratum", "checks"} <= set(receipt["timings"])
    assert all(one["passed"] for one in receipt["checks"] if one["severity"] == "blocking")
    break_warehouse(project)
    assert command.main(["run", "--config", str(project)]) == 1
    assert "Chaque séjour vient d'une transmission présente" in capsys.readouterr().err
    assert published(project) == [first]
    assert (project.parent / "published" / "latest").read_text(encoding="utf-8").strip() == first


def test_a_year_alone_is_published_verified_and_shown_again(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    patients(load(project).database)
    assert command.main(["run", "--config", str(project), "--year", "2024"]) == 0
    (run_id,) = published(project)
    folder = project.parent / "published" / run_id
    assert pl.read_parquet(folder / "indicators.parquet")["year"].unique().to_list() == [2024]
    assert command.main(["publish", "verify", str(folder)]) == 0
    assert command.main(["dashboard", "build", "--config", str(project), "--out", "site"]) == 0
    assert (tmp_path / "site" / "dashboard" / "index.html").exists()
    (folder / "indicators.csv").write_text("changed\n", encoding="utf-8")
    capsys.readouterr()
    assert command.main(["publish", "verify", str(folder)]) == 1
    assert "indicators.csv" in capsys.readouterr().err


def test_check_reports_and_publishes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    patients(load(project).database)
    assert command.main(["check", "--config", str(project)]) == 0
    report = capsys.readouterr().out
    assert "Chaînage" in report and "Ce que l'extraction couvre" in report
    assert not (project.parent / "published").exists()
    break_warehouse(project)
    assert command.main(["check", "--config", str(project)]) == 1
    said = capsys.readouterr()
    assert "Ce que l'extraction couvre" in said.out and "Rien n'est publié" in said.err


def test_a_run_that_fails_gives_the_warehouse_back(project: Path) -> None:
    config = load(project)
    for _ in range(2):  # a lock or an open file left behind would change the second error
        with pytest.raises(StrataError, match="Aucune extraction reconnue"):
            run(config, progress=lambda _: None)
    assert not list(config.database.parent.glob("*.lock"))
    duckdb.connect(str(config.database)).close()


def test_a_run_in_this_process_stores_no_event() -> None:
    @dg.asset
    def table() -> None: ...

    @dg.asset(deps=[table])
    def reader() -> None: ...

    with fleeting_instance() as instance:
        assert instance.is_ephemeral and not instance.telemetry_enabled
        ended = dg.materialize([table, reader], instance=instance)
        assert ended.success and len(ended.get_asset_materialization_events()) == 2
        assert not instance.all_logs(ended.run_id)


def test_one_run_at_a_time(project: Path) -> None:
    config = load(project)
    with open_session(config, lambda _: None), pytest.raises(StrataError, match="Une autre exécution"):
        run(config, progress=lambda _: None)
