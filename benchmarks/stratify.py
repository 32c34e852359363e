"""How long the strata of a nation take, with their reasons, beside what it costs to read the facts once.

Belongs here: the ways that are compared, each in a process of its own, and the table printed. Not here: the facts (person_facts.py), the
method (sql/strata, run as it stands by strata.engine.models).

Naive SQL and polars do less: diagnoses only, one clause at a time, no episode, no type, no rule. They compare shapes, not results.
"""

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from math import log
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from measure_reader import peak_mb  # noqa: E402

Seconds = dict[str, float]  # step -> seconds
# From codes to events: made once for a code list, whatever the reporting years.
FACT_TABLES = ("list_code", "shown_event", "code_term", "care_event", "stay_event")
COLUMNS = {
    "stay": ("sum(stay_id)", "sum(person_id)", "max(entry_date)", "max(exit_date)", "sum(traits)"),
    "diagnosis": ("sum(stay_id)", "max(position)", "max(code)"),
    "procedure": ("sum(stay_id)", "max(code)", "sum(day_offset)"),
    "unit": ("sum(stay_id)", "max(authorisation_1)"),
}
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
  FROM (SELECT DISTINCT code FROM slot WHERE system = 'icd10') AS seen
  JOIN definition_code ON definition_code.system = 'icd10' AND starts_with(seen.code, definition_code.code)
  JOIN definition_term USING (list_id) JOIN definition_criterion USING (event_no)"""


def floor(path: Path, memory: str) -> Seconds:
    """Read once each column that the strata need; codes are text."""
    return _scan(path, memory, COLUMNS)


def floor_integers(path: Path, memory: str) -> Seconds:
    """The same without the codes: the columns that are numbers or dates."""
    texts = ("max(position)", "max(code)", "max(authorisation_1)")
    numbers = {table: tuple(one for one in columns if one not in texts) for table, columns in COLUMNS.items()}
    return _scan(path, memory, numbers)


def _scan(path: Path, memory: str, columns: dict[str, tuple[str, ...]]) -> Seconds:
    connection = _open(path, memory)
    start = time.perf_counter()
    for table, aggregates in columns.items():
        connection.execute(f"SELECT {', '.join(aggregates)} FROM {table}").fetchall()
    return {"scan": time.perf_counter() - start}


def ours(path: Path, memory: str) -> Seconds:
    """Every table between definitions and strata, from codes as read, with the evidence of every criterion and every rule that holds."""
    from strata.engine import models

    connection = _open(path, memory)
    seconds = {}
    for name, model in models.models().items():
        if model.layer == "strata" or name == "person_state":
            start = time.perf_counter()
            models.build(connection, name)
            seconds[name] = time.perf_counter() - start
    return seconds


def naive(path: Path, memory: str) -> Seconds:
    """One query, codes met by LIKE. Does less than ours."""
    connection = _open(path, memory)
    start = time.perf_counter()
    connection.execute(_NAIVE).fetchall()
    return {"query": time.perf_counter() - start}


def polars_streaming(path: Path, memory: str) -> Seconds:
    """The same rows from Parquet files by equality of codes, streamed. Does less than ours; memory cannot be bounded."""
    import polars as pl

    folder, connection = path.parent, _open(path, memory)
    pairs = pl.DataFrame(connection.execute(_CODE_CRITERION).fetchall(), schema=["code", "position", "criterion_no"], orient="row")
    connection.close()
    start = time.perf_counter()
    stays = pl.scan_parquet(folder / "stay.parquet")
    found = pl.scan_parquet(folder / "diagnosis.parquet").join(pairs.lazy(), on=["code", "position"]).join(stays, on="stay_id")
    shown = found.group_by("person_id", "criterion_no").agg(pl.col("stay_id").n_unique(), pl.col("exit_date").max())
    shown.select(pl.len(), pl.col("stay_id").sum()).collect(engine="streaming")
    return {"query": time.perf_counter() - start}


WAYS: dict[str, Callable[[Path, str], Seconds]] = {
    "floor_integers": floor_integers, "floor": floor, "ours": ours, "polars_streaming": polars_streaming, "naive": naive
}  # fmt: skip
LABELS = {
    "floor_integers": "scan floor, numbers and dates only",
    "floor": "scan floor, codes as text too",
    "ours": "strata, all tables, reasons kept",
    "polars_streaming": "polars, streamed, diagnoses only, criteria only",
    "naive": "naive SQL, LIKE, diagnoses only, criteria only",
}


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
    print(f"{path.parent.name} {way}: {found['seconds']:.2f} s, {found['steps']}", file=sys.stderr, flush=True)
    return found


def table(results: dict[int, dict[str, list[dict[str, Any]]]]) -> str:
    """A row a way and size: median seconds, peak, ratios to the floors of the same run, growth from the size before."""
    text = "| stays | way | s | CPU s | peak MB | x numbers floor | x text floor | exponent |\n|---|---|---|---|---|---|---|---|\n"
    before: dict[str, tuple[int, float]] = {}
    for stays, ways in results.items():
        floors = [median(one["seconds"] for one in ways[name]) for name in ("floor_integers", "floor")]
        for way, runs in ways.items():
            if not runs:
                continue
            seconds, cpu = (median(one[name] for one in runs) for name in ("seconds", "cpu_seconds"))
            peaks = [one["peak_mb"] for one in runs if one["peak_mb"] is not None]
            ratios = " | ".join(f"{seconds / one:.1f}" for one in floors)
            smaller = before.get(way)
            exponent = f"{log(cpu / smaller[1]) / log(stays / smaller[0]):.2f}" if smaller else "-"
            before[way] = (stays, cpu)
            text += f"| {stays} | {LABELS[way]} | {seconds:.2f} | {cpu:.2f} | {max(peaks, default=0):.0f} | {ratios} | {exponent} |\n"
    return text


def steps(runs: list[dict[str, Any]], floor_s: float) -> str:
    """Seconds of each table of ours, and of the two halves with their ratio to the floor of text: codes to events, events to strata."""
    spent = {name: median(one["steps"][name] for one in runs) for name in runs[0]["steps"]}
    facts = sum(seconds for name, seconds in spent.items() if name in FACT_TABLES)
    rest = sum(spent.values()) - facts
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in spent.items() if seconds >= 0.05)
    return f"codes to events {facts:.1f} s ({facts / floor_s:.0f}x), events to strata {rest:.1f} s ({rest / floor_s:.0f}x): {parts}"


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
        floor_s = median(one["seconds"] for one in ways["floor"])
        print(f"{stays} stays: {steps(ways['ours'], floor_s)}" if ways["ours"] else f"{stays} stays: ours failed")


def child(way: str, path: str, memory: str) -> None:
    """Run one way and print what it took as a line of JSON."""
    cpu = time.process_time()
    spent = WAYS[way](Path(path), memory)
    rounded = {name: round(seconds, 2) for name, seconds in spent.items()}
    cpu_seconds = time.process_time() - cpu
    print(json.dumps({"seconds": sum(spent.values()), "cpu_seconds": cpu_seconds, "peak_mb": peak_mb(), "steps": rounded}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        child(*sys.argv[2:])
    else:
        main()
