"""Reads one large RSA file with our reader and with a plain DuckDB query of the same fields; prints rows/s, MB/s, memory, ratios.

Each reader runs in a process of its own, so that its peak memory is its own. Run: python benchmarks/read_rsa.py --lines 200000
"""

import argparse
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

VERSION, YEAR = "228", 2024
TEMPLATES = 2_000


def write(path: Path, lines: int) -> None:
    """Ordinary stays: about 1.3 units, 3.4 diagnoses and 4.4 acts each; stay numbers are the only thing that always changes."""
    from tests.support.rsa_lines import plain_stay, rsa_line

    draw = random.Random(1)
    templates = []
    for _ in range(TEMPLATES):
        stay = plain_stay(
            YEAR, 1, das=tuple(draw.choices(("E119", "I500", "N184", "I10", "Z794"), k=draw.randint(0, 7))), acts=draw.randint(0, 9)
        )
        stay["units"] += [{"um": stay["units"][0]["um"], "da": [], "actes": []}] * draw.choice((0, 0, 0, 1))
        templates.append(rsa_line(VERSION, stay, filling=" "))
    with path.open("w", encoding="ascii", newline="\n") as handle:
        for number in range(1, lines + 1):
            line = templates[number % TEMPLATES]
            handle.write(f"{line[:12]}{number:010d}{line[22:]}\n")


def ours(path: str) -> int:
    from strata.ingest.archives import loose
    from strata.ingest.atih import read_atih

    (extract,) = read_atih([loose(Path(path), "a.rsa")])
    return sum(table.num_rows for table in extract.tables.values())


def plain_duckdb(path: str) -> int:
    """The same fields by `substr`, repeated zones by `unnest`, raw lines staged first; no check of any kind."""
    import duckdb

    from strata.ingest.extract import STAY
    from strata.ingest.layouts import layouts

    layout = layouts("mco_rsa")[VERSION]
    names = [name for name in STAY.names if any(field.name == name for field in layout.fixed.fields)]
    names += [f"ghm_{part}" for part in ("cmd", "type", "number", "severity")] + ["exit_year", "das_count", "procedure_count"]
    names += ["authorisation_count", "radiotherapy_count"]
    columns = ", ".join(_substr(layout.fixed.field(name), name) for name in dict.fromkeys(names))
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.sql(
            f"CREATE TABLE raw AS SELECT row_number() OVER () AS line, content FROM read_csv('{path}', header = false, delim = '\x01', "
            "quote = '', escape = '', columns = {'content': 'VARCHAR'}, max_line_size = 2000000)"
        )
        connection.sql(f"CREATE TABLE stay AS SELECT line, content, {columns} FROM raw")
        totals = [connection.sql("SELECT count(*) FROM stay").fetchall()[0][0]]
        start = f"{layout.fixed.width} + 2 * coalesce(authorisation_count, 0) + 7 * coalesce(radiotherapy_count, 0)"
        for zone in layout.zones[2:]:
            fields = ", ".join(_substr(field, field.name, "begins") for field in zone.fields if field.name in WANTED[zone.name])
            connection.sql(
                f"CREATE TABLE {zone.name} AS WITH position AS (SELECT line, content, {start} + {zone.width} * i AS begins "
                f"FROM stay, unnest(range({zone.count_name})) AS t(i)) SELECT line, {fields} FROM position"
            )
            totals.append(connection.sql(f"SELECT count(*) FROM {zone.name}").fetchall()[0][0])
            start += f" + {zone.width} * {zone.count_name}"
        return sum(totals)


WANTED = {
    "um": ("unit_rank", "unit_dp", "unit_dr", "unit_finess", "authorisation_1", "authorisation_2", "unit_nights", "unit_das_count"),
    "da": ("code",),
    "actes": ("code", "phase", "activity", "day_offset", "executions"),
}


def _substr(field, name: str, offset: str = "0") -> str:  # type: ignore[no-untyped-def]
    text = f"nullif(rtrim(substr(content, {offset} + {field.start + 1}, {field.width})), '')"
    return f"CAST({text} AS SMALLINT) AS {name}" if field.kind == "integer" else f"{text} AS {name}"


def _measured(job: Callable[[str], int], path: str, warm_up: str) -> tuple[float, float, float, int]:
    """(seconds, CPU seconds, peak MB, rows) of one reading in this process, its imports done by reading `warm_up` first."""
    job(warm_up)
    peak, stop = [0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(peak, stop))
    watcher.start()
    try:
        start, cpu = time.perf_counter(), time.process_time()
        rows = job(path)
        seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    finally:
        stop.set()
        watcher.join()
    return seconds, cpu_seconds, peak[0] / 1e6, rows


def _watch(peak: list[int], stop: threading.Event) -> None:
    """Resident memory from /proc where there is one; 0 elsewhere."""
    status = Path("/proc/self/statm")
    while status.exists() and not stop.wait(0.02):
        peak[0] = max(peak[0], int(status.read_text(encoding="ascii").split()[1]) * 4096)


def run(job: Callable[[str], int], path: Path, warm_up: Path, repeats: int) -> tuple[float, float, float, int]:
    """Best of `repeats`, each in a new process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=1) as pool:
        return min(pool.submit(_measured, job, str(path), str(warm_up)).result() for _ in range(repeats))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, warm_up = Path(folder) / "a.rsa", Path(folder) / "warm_up.rsa"
        write(path, arguments.lines)
        write(warm_up, 100)
        size_mb = path.stat().st_size / 1e6
        results = {job.__name__: run(job, path, warm_up, arguments.repeats) for job in (ours, plain_duckdb)}
    print(f"{arguments.lines} lines, {size_mb:.0f} MB, version {VERSION}, best of {arguments.repeats}")
    for name, (seconds, cpu, peak, rows) in results.items():
        rate, speed = arguments.lines / seconds, size_mb / seconds
        print(f"{name:13} {seconds:6.2f} s {cpu:6.2f} cpu s {rate:9.0f} stays/s {speed:6.0f} MB/s {peak:6.0f} MB peak {rows} rows")
    mine, other = results["ours"], results["plain_duckdb"]
    print(f"plain DuckDB / ours: {other[0] / mine[0]:.1f}x time, {other[1] / mine[1]:.1f}x cpu, {other[2] / max(mine[2], 1):.1f}x memory")


if __name__ == "__main__":
    main()
