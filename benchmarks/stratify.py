"""How long the strata of a nation take, with their reasons, beside what it costs to read the facts once.

Belongs here: the ways that are compared, each in a process of its own, and the table printed. Not here: the facts (person_facts.py), the
method (sql/strata, run as it stands by strata.engine.models).

Ours is told in three lines: codes to events (made once for the code lists), events to strata, and both. A fourth tells
what a reader pays who asks for every reason by its names, a fifth the strata and such a reader together.
Naive SQL and polars do less: diagnoses only, one clause at a time, no episode, no type, no rule. They compare shapes, not results.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from math import log
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from measure_reader import peak_mb  # noqa: E402

Spent = dict[str, tuple[float, float]]  # step -> seconds, CPU seconds
# From codes to events: made once for a code list, whatever the reporting years.
FACT_TABLES = ("code_mention", "list_code", "shown_event", "code_term", "care_event", "stay_event")
# Where persons live and how old they are.
STATE_TABLES = ("residence_place", "person_residence", "person_state")
# Every reason under its names, as somebody reads it who wants them all.
_READ = """SELECT count(*), max(person_id), max(condition), max(criterion_id), sum(events), min(first_date), max(last_date), max(expires_on)
  FROM person_evidence"""
# A person meets a criterion of one event, shown by a diagnosis in a list; the latest date is the reason.
_NAIVE = """SELECT count(*), sum(stays) FROM (
  SELECT stay.person_id, definition_criterion.criterion_no, count(DISTINCT stay.stay_id) AS stays, max(stay.exit_date) AS last_date
  FROM diagnosis
  JOIN definition_code ON definition_code.system = 'icd10' AND diagnosis.code LIKE definition_code.code || '%'
  JOIN definition_term ON definition_term.list_id = definition_code.list_id AND definition_term.position = diagnosis.position
  JOIN definition_criterion ON definition_criterion.event_no = definition_term.event_no
  JOIN stay ON stay.stay_id = diagnosis.stay_id
  GROUP BY stay.person_id, definition_criterion.criterion_no)"""
_CODE_CRITERION = """SELECT DISTINCT seen.code, definition_term.position, definition_criterion.criterion_no
  FROM (SELECT DISTINCT code FROM slot WHERE starts_with(system, 'icd10')) AS seen
  JOIN definition_code ON definition_code.system = 'icd10' AND starts_with(seen.code, definition_code.code)
  JOIN definition_term USING (list_id) JOIN definition_criterion USING (event_no)"""


def floor(path: Path, memory: str) -> Spent:
    """Read once each column that the strata need; codes are text."""
    return _scan(path, memory, is_text_read=True)


def floor_integers(path: Path, memory: str) -> Spent:
    """The same without what is text: the columns that are numbers, dates, yes or no."""
    return _scan(path, memory, is_text_read=False)


def _scan(path: Path, memory: str, *, is_text_read: bool) -> Spent:
    connection, spent = _open(path, memory), Spent()
    read = _needed(connection)
    with _timed(spent, "scan"):
        for table, columns in read.items():
            aggregates = (
                f"{'sum' if 'INT' in kind else 'max'}({column})" for column, kind in columns.items() if is_text_read or kind != "VARCHAR"
            )
            connection.execute(f"SELECT {', '.join(aggregates)} FROM {table}").fetchall()
    return spent


def _models() -> dict[str, Any]:
    """The files that are run: those of sql/strata, the codes they meet, and the state of persons."""
    from strata.engine import models

    return {name: model for name, model in models.models().items() if model.layer == "strata" or name in (*FACT_TABLES, *STATE_TABLES)}


def _needed(connection: Any) -> dict[str, dict[str, str]]:
    """Facts by table and column, with their type: those that some file names which reads the table. Definitions are a few rows."""
    found: dict[str, dict[str, str]] = {}
    for model in _models().values():
        for table in {"stay", "diagnosis", "procedure", "unit", "read_stay", "person"}.intersection(model.inputs):
            columns = connection.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table]).fetchall()
            found.setdefault(table, {}).update((column, kind) for column, kind in columns if column in model.words)
    return found


def ours(path: Path, memory: str) -> Spent:
    """Every table between definitions and strata, from codes as read, with the evidence of every criterion met; then read by its names."""
    from strata.engine import models

    connection, spent = _open(path, memory), Spent()
    for name in _models():
        with _timed(spent, name):
            models.build(connection, name)
    with _timed(spent, READING):
        connection.execute(_READ).fetchall()
    return spent


def naive(path: Path, memory: str) -> Spent:
    """One query, codes met by LIKE. Does less than ours."""
    connection, spent = _open(path, memory), Spent()
    with _timed(spent, "query"):
        connection.execute(_NAIVE).fetchall()
    return spent


def polars_streaming(path: Path, memory: str) -> Spent:
    """The same rows from Parquet files by equality of codes, streamed. Does less than ours; memory cannot be bounded."""
    import polars as pl

    folder, connection = path.parent, _open(path, memory)
    pairs = pl.DataFrame(connection.execute(_CODE_CRITERION).fetchall(), schema=["code", "position", "criterion_no"], orient="row")
    connection.close()
    spent = Spent()
    with _timed(spent, "query"):
        stays = pl.scan_parquet(folder / "stay.parquet")
        found = pl.scan_parquet(folder / "diagnosis.parquet").join(pairs.lazy(), on=["code", "position"]).join(stays, on="stay_id")
        shown = found.group_by("person_id", "criterion_no").agg(pl.col("stay_id").n_unique(), pl.col("exit_date").max())
        shown.select(pl.len(), pl.col("stay_id").sum()).collect(engine="streaming")
    return spent


WAYS: dict[str, Callable[[Path, str], Spent]] = {
    "floor_integers": floor_integers, "floor": floor, "ours": ours, "polars_streaming": polars_streaming, "naive": naive
}  # fmt: skip
LABELS = {
    "floor_integers": "scan floor, without what is text",
    "floor": "scan floor, codes as text too",
    "events": "codes to events, once for the code lists",
    "strata": "**events to strata**",
    "ours": "both",
    "reading": "every reason read by its names, beside",
    "read_strata": "events to strata, then every reason read",
    "polars_streaming": "polars, streamed, diagnoses only, criteria only",
    "naive": "naive SQL, LIKE, diagnoses only, criteria only",
}


READING = "read person_evidence"
# Lines of the table: the way that was run, and which of its steps.
LINES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "floor_integers": ("floor_integers", lambda _: True),
    "floor": ("floor", lambda _: True),
    "events": ("ours", lambda step: step in FACT_TABLES),
    "strata": ("ours", lambda step: step not in (*FACT_TABLES, READING)),
    "ours": ("ours", lambda step: step != READING),
    "reading": ("ours", lambda step: step == READING),
    "read_strata": ("ours", lambda step: step not in FACT_TABLES),
    "polars_streaming": ("polars_streaming", lambda _: True),
    "naive": ("naive", lambda _: True),
}


@contextmanager
def _timed(spent: Spent, step: str) -> Iterator[None]:
    start, cpu = time.perf_counter(), time.process_time()
    yield
    spent[step] = (time.perf_counter() - start, time.process_time() - cpu)


def _open(path: Path, memory: str) -> Any:
    from strata.engine.duckdb import connect

    connection = connect(path, memory_limit=memory)
    connection.execute("SET max_temp_directory_size = '20GB'")  # a way that would fill the disk fails instead
    return connection


def prepare(folder: Path, stays: int, with_parquet: bool) -> Path:
    """The facts of so many stays in a folder of their own; made once."""
    from person_facts import generate

    path = folder / str(stays) / "facts.duckdb"
    if not path.exists():
        path.parent.mkdir(parents=True)
        generate(path, stays)
    if with_parquet and not (path.parent / "stay.parquet").exists():
        connection = _open(path, "2GB")
        for table, columns in {"stay": "stay_id, person_id, exit_date", "diagnosis": "stay_id, position, code"}.items():
            connection.execute(f"COPY (SELECT {columns} FROM {table}) TO '{(path.parent / f'{table}.parquet').as_posix()}'")
    return path


def measured(way: str, path: Path, memory: str) -> dict[str, Any] | None:
    """One run in a process of its own; None when it failed (out of memory or of room to spill)."""
    command = [sys.executable, __file__, "--way", way, str(path), memory]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        print(f"{way} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr, flush=True)
        return None
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"{path.parent.name} {way}: {found['steps']}", file=sys.stderr, flush=True)
    return found


def table(results: dict[int, dict[str, list[dict[str, Any]]]]) -> str:
    """A row a line and size: median seconds, peak of the process, ratios to the floors of the same run, growth from the size before."""
    text = "| stays | way | s | CPU s | peak MB | x floor of numbers (s; CPU) | x floor of text (s; CPU) | exponent (CPU) |\n"
    text += "|---|---|---|---|---|---|---|---|\n"
    before: dict[str, tuple[int, float]] = {}
    for stays, ways in results.items():
        floors = [_median(ways[name], lambda _: True) for name in ("floor_integers", "floor")]
        for line, (way, is_of) in LINES.items():
            if not ways.get(way):
                continue
            spent = _median(ways[way], is_of)
            peak = max((one["peak_mb"] for one in ways[way] if one["peak_mb"] is not None), default=0)
            ratios = " | ".join("; ".join(f"{mine / its:.1f}" for mine, its in zip(spent, one, strict=True)) for one in floors)
            smaller = before.get(line)
            exponent = f"{log(spent[1] / smaller[1]) / log(stays / smaller[0]):.2f}" if smaller else "-"
            before[line] = (stays, spent[1])
            text += f"| {stays} | {LABELS[line]} | {spent[0]:.2f} | {spent[1]:.2f} | {peak:.0f} | {ratios} | {exponent} |\n"
    return text


def _median(runs: list[dict[str, Any]], is_of: Callable[[str], bool]) -> tuple[float, float]:
    """Seconds and CPU seconds of some steps together: of each the median over the runs."""
    sums = [[sum(one["steps"][step][place] for step in one["steps"] if is_of(step)) for one in runs] for place in (0, 1)]
    return median(sums[0]), median(sums[1])


def steps(runs: list[dict[str, Any]]) -> str:
    """Seconds and CPU seconds of each table of ours that takes some."""
    spent = {name: _median(runs, name.__eq__) for name in runs[0]["steps"]}
    return ", ".join(f"{name} {seconds:.2f} ({cpu:.2f})" for name, (seconds, cpu) in spent.items() if cpu >= 0.05)


def main() -> None:
    """Generate what is missing, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the facts go, outside the repository")
    parser.add_argument("--stays", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--memory", default="2GB", help="memory limit of DuckDB")
    parser.add_argument("--naive-most", type=int, default=1_000_000, help="largest size for the naive query")
    parser.add_argument("--polars-most", type=int, default=10_000_000, help="largest size for polars")
    arguments = parser.parse_args()
    most = {"naive": arguments.naive_most, "polars_streaming": arguments.polars_most}
    results: dict[int, dict[str, list[dict[str, Any]]]] = {}
    paths = {stays: prepare(arguments.folder, stays, stays <= arguments.polars_most) for stays in sorted(arguments.stays)}
    for stays in paths:
        results[stays] = {way: [] for way in WAYS if stays <= most.get(way, stays)}
    for _ in range(arguments.repeats):
        for stays, path in paths.items():
            for way, runs in results[stays].items():
                runs.extend(found for found in [measured(way, path, arguments.memory)] if found)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "polars"))
    print(f"{platform.system()}, Python {platform.python_version()}, {libraries}; DuckDB limited to {arguments.memory}\n\n{table(results)}")
    for stays, ways in results.items():
        print(f"{stays} stays, s (CPU s): {steps(ways['ours'])}" if ways["ours"] else f"{stays} stays: ours failed")


def child(way: str, path: str, memory: str) -> None:
    """Run one way and print what it took as a line of JSON."""
    spent = {step: [round(one, 3) for one in both] for step, both in WAYS[way](Path(path), memory).items()}
    print(json.dumps({"peak_mb": peak_mb(), "steps": spent}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        child(*sys.argv[2:])
    else:
        main()
