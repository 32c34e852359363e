"""What `strata check` prints: what was set aside, where it is, and what to do, without any cell."""

from pathlib import Path

import duckdb
import pytest

from pipelines.commands.report import print_report
from pipelines.commands.terminal import Terminal
from strata.config import Config

READ_FILE = "family VARCHAR, source_file VARCHAR, lines INT, accepted INT, quarantined INT, refused INT, reason VARCHAR"
MARKS = "format_version VARCHAR, is_unverified BOOLEAN"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A project whose warehouse holds 30 quarantined lines and a refused file."""
    config = Config(folder=tmp_path)
    config.database.parent.mkdir()
    with duckdb.connect(str(config.database)) as connection:
        connection.execute(f"CREATE TABLE read_file ({READ_FILE}, {MARKS})")
        connection.execute(
            """INSERT INTO read_file VALUES ('mco_rsa', 'a.rsa', 90, 60, 30, 0, NULL, '228', false),
                                            ('mco_ano', 'b.ano', 5, 0, 0, 5, 'corrupt_archive', NULL, NULL),
                                            ('smr_rha', 'c.rha', 9, 9, 0, 0, NULL, 'M65', true)"""
        )
        connection.execute(
            """CREATE TABLE quarantine AS
               SELECT 'a.rsa' AS source_file, line AS source_line, 'line_too_short' AS reason FROM range(1, 31) numbers(line)"""
        )
    return config


@pytest.mark.parametrize(
    ("language", "short", "fix"), [("fr", "Ligne plus courte", "Télécharger ou copier"), ("en", "Line shorter", "Download or copy")]
)
def test_a_line_set_aside_is_named_with_its_file_and_what_to_do(
    config: Config, language: str, short: str, fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert print_report(config, Terminal(language)) == 1
    said = capsys.readouterr().out
    places = [line.split()[:2] for line in said.splitlines() if line.startswith("  a.rsa")]
    assert places == [["a.rsa", str(line)] for line in range(1, 21)]
    assert short in said and fix in said


def test_a_file_read_by_a_format_that_no_source_confirms_is_marked(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    print_report(config, Terminal("en"))
    said = capsys.readouterr().out
    assert "no source confirms" in said
    assert [line.split() for line in said.splitlines() if line.startswith("  c.rha")] == [["c.rha", "smr_rha", "M65", "9"]]
