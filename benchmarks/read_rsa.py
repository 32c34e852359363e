"""Readers of one large RSA file, side by side: seconds, stays/s, MB/s, peak memory, ratios; markdown tables on the standard output.

Ours (the fields the product uses, or every field; to Arrow tables, to Parquet, with the .ano into a warehouse), a plain DuckDB query,
pandas read_fwf of the fixed part, and pypmsi where a Python that has it is named. Each reading is a process of its own; rounds are
interleaved, ratios are paired within a round. Ours are also read at smaller sizes: what grows, and how.
Run: python benchmarks/read_rsa.py --lines 250000 1000000 --pypmsi /path/to/venv/bin/python
     python benchmarks/read_rsa.py --lines 1000000 4000000 8000000 --readers ours_to_warehouse --repeats 1
Belongs here: the files, the readers, the tables. Not here: measuring (measure_reader.py), pypmsi itself (read_rsa_pypmsi.py).
"""

import argparse
import json
import platform
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from importlib.metadata import version
from math import log
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from measure_reader import main as measure  # noqa: E402

VERSION_FAMILY, VERSION, YEAR = "mco_rsa", "228", 2024
TEMPLATES, WARM_UP = 5_000, 100
PIECE_STAYS = 100_000  # in one row group of Parquet
CODES = ("E119", "I500", "N184", "I10", "Z794", "J960", "E6600", "I48", "D62", "K590", "Z8670", "R522+8")
ACTS = ("DEQP003", "EBQM001", "YYYY600", "ZBQK002", "HHQE005", "DZQM006", "JVJF004")
WANTED = {
    "um": ("unit_rank", "unit_dp", "unit_dr", "unit_finess", "authorisation_1", "authorisation_2", "unit_nights", "unit_das_count"),
    "da": ("code",),
    "actes": ("code", "phase", "activity", "day_offset", "executions"),
}
Results = dict[str, list[dict[str, Any]]]


def write(path: Path, lines: int) -> None:
    """Stays of every shape, written by the oracle of the reader's tests: 1 to 4 units, 0 to 12 diagnoses, 0 to 12 acts, zones in front.

    A third of the acts have a blank as last byte, as they do in hospitals. Templates repeat; stay numbers do not.
    """
    from tests.support.rsa_lines import rsa_line

    draw = random.Random(1)
    templates = [rsa_line(VERSION, _stay(draw), filling=" ") for _ in range(TEMPLATES)]
    with path.open("w", encoding="ascii", newline="\n") as handle:
        for number in range(1, lines + 1):
            line = templates[number % TEMPLATES]
            handle.write(f"{line[:12]}{number:010d}{line[22:]}\n")


def write_ano(rsa: Path, ano: Path, *, is_named: bool = True) -> None:
    """The .ano of such a file, in its order: a person for each stay (none when it is not named), dates in the month of exit."""
    from tests.support.rsa_lines import ano_line, layout, plain_ano

    fields, month_at = layout("mco_ano", "1103", "fixed"), layout("mco_rsa", VERSION, "fixed")["MOISSOR"][0]
    key, person = fields["CLE_RSA"][0], fields["NOANON"][0]
    months = [f"{month:02d}" for month in range(1, 13)]
    values = {month: {"MOISSORT": month, "DTENT": f"02{month}{YEAR}", "DTSORT": f"05{month}{YEAR}"} for month in months}
    templates = {month: ano_line("1103", plain_ano(YEAR) | values[month]) for month in months}
    with rsa.open(encoding="ascii") as stays, ano.open("w", encoding="ascii", newline="\n") as handle:
        for stay in stays:
            number, line = stay[12:22], templates[stay[month_at : month_at + 2]]
            parts = sorted([(key, number), (person, f"P{number:>016}" if is_named else " " * 17)])
            for start, cell in parts:
                line = line[:start] + cell + line[start + len(cell) :]
            handle.write(f"{line}\n")


def _stay(draw: random.Random) -> dict[str, Any]:
    from tests.support.rsa_lines import plain_stay

    stay = plain_stay(YEAR, 1, das=(), acts=0)
    stay["fixed"] |= {"AGEAN": draw.randint(18, 95), "SEXE": draw.choice("12"), "DUREE": draw.choice((0, 0, 1, 2, 3, 5, 8, 21))}
    stay["fixed"] |= {"MOISSOR": f"{draw.randint(1, 12):02d}", "DP": draw.choice(CODES), "DR": draw.choice((None, None, None, "E119"))}
    stay["autpgv"] = [{"TYPAUTPGV": "07"}] * draw.choice((0, 0, 1, 2))
    stay["rdth"] = [{"GHS_RDTH": "9610", "NB_SUP_RDTH": 1}] * draw.choice((0,) * 19 + (1,))
    first = stay["units"][0]["um"]
    units = [{"um": first | {"NSEQRUM": f"{rank:02d}"}, "da": [], "actes": []} for rank in range(1, draw.choice((1, 1, 1, 1, 2, 2, 4)) + 1)]
    for _ in range(draw.choice((0, 1, 2, 2, 3, 4, 6, 12))):
        draw.choice(units)["da"].append(draw.choice(CODES))
    for _ in range(draw.choice((0, 1, 2, 3, 4, 5, 7, 12))):
        act = {"DELAI": draw.randint(0, 5), "CDCCAM": draw.choice(ACTS), "PHASE": "0", "ACT": draw.choice("114"), "NBEXEC": 1}
        draw.choice(units)["actes"].append(act | {"INDVAL": draw.choice(("1", "1", None))})
    return stay | {"units": units}


def ours_to_memory(path: str) -> int:
    """All that ingest does before the warehouse: recognition, checks of each line and of the whole file, hash."""
    from strata.ingest.archives import loose
    from strata.ingest.atih.mco import read_atih

    (extract,) = read_atih([loose(Path(path), "a.rsa")])
    return int(extract.tables["procedure"].num_rows)


def ours_all_fields(path: str) -> int:
    """Every field of every zone, numbers as numbers, nothing checked and nothing hashed: what pypmsi does."""
    import numpy as np

    from strata.ingest.lines.fixed_width import Cells, line_blocks
    from strata.ingest.lines.layouts import layouts

    layout = layouts(VERSION_FAMILY)[VERSION]
    fixed_part, *zones = (_named(zone) for zone in (layout.fixed, *layout.zones))
    held: list[dict[str, Any]] = []
    acts = 0
    with Path(path).open("rb") as handle:
        for lines in line_blocks(iter(lambda: handle.read(4 << 20), b"")):
            fixed = Cells.gather(lines.data, fixed_part, lines.starts, np.arange(len(lines.starts)))
            held.append(_every_column(fixed))
            starts = lines.starts + fixed_part.width
            for zone in zones:
                counts = fixed.integer(zone.count_name).values
                cells = Cells.gather_repeated(lines.data, zone, starts, counts, fixed.owner)
                held.append(_every_column(cells))
                starts = starts + counts * np.int64(zone.width)
            acts += len(cells)
    return acts


def _named(zone: Any) -> Any:
    """The zone with a name for each field, those that the product does not use too."""
    fields = tuple(replace(field, name=field.name or f"{field.atih_name} {rank}") for rank, field in enumerate(zone.fields))
    return replace(zone, fields=fields)


def _every_column(cells: Any) -> dict[str, Any]:
    import pyarrow as pa

    from strata.ingest.lines.fixed_width import numbers

    return {
        field.name: numbers(cells.integer(field.name), pa.int32()) if field.kind == "integer" else cells.text(field.name)
        for field in cells.zone.fields
    }


def ours_to_warehouse(path: str) -> int:
    """What `strata run` does first: the folder of the file, its .ano with it, into the tables of a new warehouse."""
    from strata.ingest.load import ingest
    from strata.ingest.warehouse.tables import open_warehouse

    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "warehouse" / "strata.duckdb"
        ingest(Path(path).parent, warehouse)
        connection = open_warehouse(warehouse)
        acts = connection.execute("SELECT count(*) FROM read_procedure").fetchall()[0][0]
        connection.close()
    return int(acts)


def ours_to_parquet(path: str) -> int:
    """Piece by piece, each line checked; nothing is held but the row group being filled."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from strata.ingest.archives import loose
    from strata.ingest.atih.rsa import TABLES, rsa_pieces
    from strata.ingest.lines.layouts import layouts

    acts = 0
    with tempfile.TemporaryDirectory() as folder:
        writers = {name: pq.ParquetWriter(Path(folder) / f"{name}.parquet", schema, compression="zstd") for name, schema in TABLES.items()}
        held: list[dict[str, pa.RecordBatch]] = []
        for piece in rsa_pieces(loose(Path(path), "a.rsa").blocks(), layouts(VERSION_FAMILY)[VERSION]):
            held.append(piece.batches)
            acts += piece.batches["procedure"].num_rows
            if sum(batches["stay"].num_rows for batches in held) >= PIECE_STAYS:
                _flush(writers, held)
        _flush(writers, held)
        for writer in writers.values():
            writer.close()
    return acts


def _flush(writers: dict[str, Any], held: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    for name, writer in writers.items():
        if held:
            writer.write_table(pa.Table.from_batches([batches[name] for batches in held]))
    held.clear()


def duckdb_substr(path: str) -> int:
    """The same fields by `substr`, repeated zones by `unnest`, raw lines staged first; no check of any kind."""
    import duckdb

    from strata.ingest.lines.layouts import layouts

    layout = layouts(VERSION_FAMILY)[VERSION]
    columns = ", ".join(_substr(layout.fixed.field(name), name) for name in _fixed_names())
    with duckdb.connect() as connection:
        connection.sql(
            f"CREATE TABLE raw AS SELECT row_number() OVER () AS line, content FROM read_csv('{path}', header = false, delim = '\x01', "
            "quote = '', escape = '', columns = {'content': 'VARCHAR'}, max_line_size = 2000000)"
        )
        connection.sql(f"CREATE TABLE stay AS SELECT line, content, {columns} FROM raw")
        start = f"{layout.fixed.width} + 2 * coalesce(authorisation_count, 0) + 7 * coalesce(radiotherapy_count, 0)"
        for zone in layout.zones[2:]:
            fields = ", ".join(_substr(field, field.name, "begins") for field in zone.fields if field.name in WANTED[zone.name])
            connection.sql(
                f"CREATE TABLE {zone.name} AS WITH position AS (SELECT line, content, {start} + {zone.width} * i AS begins "
                f"FROM stay, unnest(range({zone.count_name})) AS t(i)) SELECT line, {fields} FROM position"
            )
            start += f" + {zone.width} * {zone.count_name}"
        return int(connection.sql("SELECT count(*) FROM actes").fetchall()[0][0])


def _fixed_names() -> list[str]:
    from strata.ingest.extract import STAY
    from strata.ingest.lines.layouts import layouts

    known = {field.name for field in layouts(VERSION_FAMILY)[VERSION].fixed.fields}
    names = [name for name in STAY.names if name in known] + [f"ghm_{part}" for part in ("cmd", "type", "number", "severity")]
    names += ["exit_year", "das_count", "procedure_count", "authorisation_count", "radiotherapy_count"]
    return list(dict.fromkeys(names))


def _substr(field: Any, name: str, offset: str = "0") -> str:
    text = f"nullif(rtrim(substr(content, {offset} + {field.start + 1}, {field.width})), '')"
    return f"CAST({text} AS SMALLINT) AS {name}" if field.kind == "integer" else f"{text} AS {name}"


def pandas_read_fwf(path: str) -> int:
    """The same fields of the fixed part, as text; it cannot read the zones that repeat, so it reads no act."""
    import pandas

    from strata.ingest.lines.layouts import layouts

    fields = [layouts(VERSION_FAMILY)[VERSION].fixed.field(name) for name in _fixed_names()]
    spans = [(field.start, field.start + field.width) for field in fields]
    pandas.read_fwf(path, colspecs=spans, names=_fixed_names(), header=None, dtype=str)
    return 0


OURS = ("ours_to_memory", "ours_all_fields", "ours_to_parquet", "ours_to_warehouse")
READERS = {reader.__name__: reader for reader in (*(globals()[name] for name in OURS), duckdb_substr, pandas_read_fwf)}
LABELS = {
    "ours_to_memory": "strata, to Arrow tables",
    "ours_all_fields": "strata, every field, no check, to Arrow tables",
    "ours_to_warehouse": "strata, with its .ano into a warehouse",
    "ours_to_parquet": "strata, to Parquet, in pieces",
    "duckdb_substr": "DuckDB `substr`, same fields, no check",
    "pandas_read_fwf": "pandas `read_fwf`, fixed part only",
    "pypmsi_to_memory": "pypmsi, all fields, to memory",
    "pypmsi_to_parquet": "pypmsi, all fields, to Parquet",
}


def rounds(paths: list[Path], repeats: int, commands: dict[str, list[str]]) -> list[Results]:
    """paths: a warm-up, then by size. Every reader once per round on the largest, ours on the others too, each in a new process."""
    warm_up, *files = paths
    results: list[Results] = [{name: [] for name in commands} for _ in files]
    for turn in range(repeats):
        for name, command in commands.items():
            for path, measured in zip(files, results):
                if path is files[-1] or name in OURS:
                    done = subprocess.run([*command, str(warm_up), str(path)], check=True, capture_output=True, text=True, encoding="utf-8")
                    measured[name].append(json.loads(done.stdout.splitlines()[-1]))
                    print(f"round {turn + 1}, {name}: {json.dumps(measured[name][-1])}", file=sys.stderr, flush=True)
    return results


def table(results: Results, lines: int, size_mb: float) -> str:
    """Medians over rounds; the last columns say how many times longer than each of ours a reader takes, paired within a round."""
    against = [name for name in OURS if name != "ours_to_warehouse" and name in results]
    text = f"| reader | s | stays/s | MB/s | CPU s | peak MB | acts |{''.join(f' x {name} |' for name in against)}\n"
    text += "|---" * (7 + len(against)) + "|\n"
    for name, measured in results.items():
        seconds = median(one["seconds"] for one in measured)
        ratios = "".join(f" {_ratio(measured, results[mine]):.2f} |" for mine in against)
        cells = f"{seconds:.2f} | {lines / seconds:.0f} | {size_mb / seconds:.0f} | {median(one['cpu_seconds'] for one in measured):.2f}"
        text += f"| {LABELS[name]} | {cells} | {_peak(measured)} | {measured[0]['acts'] or '-'} |{ratios}\n"
    return text


def growth(by_size: dict[int, Results]) -> str:
    """Ours at each number of stays, in CPU seconds; the exponent, from one size to the next, is 1 when they grow as the stays do."""
    text = "| reader | stays | CPU s | exponent | peak MB |\n|---|---|---|---|---|\n"
    for name in [name for name in OURS if name in next(iter(by_size.values()))]:
        before: tuple[int, float] | None = None
        for lines, results in by_size.items():
            seconds = median(one["cpu_seconds"] for one in results[name])
            exponent = f"{log(seconds / before[1]) / log(lines / before[0]):.2f}" if before else ""
            text += f"| {LABELS[name]} | {lines} | {seconds:.2f} | {exponent} | {_peak(results[name])} |\n"
            before = lines, seconds
    return text


def _peak(measured: list[dict[str, Any]]) -> str:
    peaks = [one["peak_mb"] for one in measured if one["peak_mb"] is not None]
    return f"{median(peaks):.0f}" if peaks else "not measured"


def _ratio(measured: list[dict[str, Any]], mine: list[dict[str, Any]]) -> float:
    return median(one["seconds"] / own["seconds"] for one, own in zip(measured, mine))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="+", default=[250_000, 1_000_000])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--readers", nargs="+", choices=READERS, default=list(READERS), help="ours and others; pypmsi comes with --pypmsi")
    parser.add_argument(
        "--pypmsi", metavar="PYTHON", help="the python of an environment where pypmsi is installed by hand (docs/explanation/benchmarks.md)"
    )
    arguments = parser.parse_args()
    commands = {name: [sys.executable, __file__, "--reader", name] for name in arguments.readers}
    if arguments.pypmsi:
        peer = [arguments.pypmsi, str(HERE / "read_rsa_pypmsi.py")]
        commands |= {f"pypmsi_{name}": [*peer, name] for name in ("to_memory", "to_parquet")}
    sizes = sorted(arguments.lines)
    with tempfile.TemporaryDirectory() as folder:
        paths = {count: Path(folder) / str(count) / "a.rsa" for count in (WARM_UP, *sizes)}
        for count, path in paths.items():
            path.parent.mkdir()
            write(path, count)
            write_ano(path, path.with_suffix(".ano"))
        size_mb = paths[sizes[-1]].stat().st_size / 1e6
        results = rounds(list(paths.values()), arguments.repeats, commands)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("numpy", "pyarrow", "duckdb", "pandas"))
    print(f"{sizes[-1]} stays, {size_mb:.0f} MB, version {VERSION}; medians of {arguments.repeats} interleaved rounds")
    print(f"{platform.system()}, Python {platform.python_version()}, {libraries}\n\n{table(results[-1], sizes[-1], size_mb)}")
    print(growth(dict(zip(sizes, results))))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--reader"]:
        measure(READERS, sys.argv[2:])
    else:
        main()
