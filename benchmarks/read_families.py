"""One big file (or set) of each family but the RSA, read into a warehouse whose DuckDB is held to a stated memory; markdown on the output.

The rows are those of a small synthetic country, written again under other hospitals, stay or statement numbers until there are enough.
Run: python benchmarks/read_families.py --rows 500000 2000000 --families smr had psy mco_csv mco_parquet dcir_csv
Belongs here: the files and the table. Not here: measuring (measure_reader.py), RSA (read_rsa.py), TRA, VID-HOSP and RSS (read_local.py).
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from measure_reader import main as measure  # noqa: E402

YEAR, MEMORY = 2023, "400MB"
CARE = ("smr", "had", "psy")
SETS = {"mco": f"T_MCO{YEAR - 2000}", "dcir": "ER_"}
FAMILIES = (*CARE, "mco_csv", "mco_parquet", "dcir_csv", "dcir_parquet")
_MORE = {"mco": ("ETA_NUM", "RSA_NUM"), "dcir": ("DCT_ORD_NUM",)}  # what tells the rows of one copy from those of another


def country(folder: Path) -> Path:
    """A small synthetic country in both forms."""
    command = [sys.executable, "-m", "pipelines.command", "synth", "--out", str(folder), "--persons", "4000", "--years", "2021-2025"]
    subprocess.run([*command, "--fields", "mco,smr,had,psy,dcir"], check=True, capture_output=True, cwd=HERE.parent)
    return folder


def write_care(country_folder: Path, folder: Path, field: str, rows: int) -> int:
    """The largest transmission of one hospital, its stays numbered on and on; gives the lines of stays. Stops where the numbers end."""
    from strata.ingest.archives import open_sources
    from strata.ingest.atih.transmissions import field_files

    folder.mkdir(parents=True)
    mine = [one for one in field_files(list(open_sources(country_folder / "atih" / "landing"))) if one.field == field]
    largest = max((one for one in mine if f".{YEAR}." in one.sources[0].name), key=lambda one: one.sources[0].size)
    written = 0
    for rank, found in enumerate(largest.found):
        if found.layout is None or found.family.endswith("_tra"):
            continue
        lines = b"".join(found.source.blocks()).decode("latin-1").splitlines()
        place = found.layout.fixed.field("stay_number")
        step = 1 + max(int(line[place.start : place.start + place.width]) for line in lines) if rank == 0 else step  # noqa: F821
        copies = min(rows // len(lines), 10**place.width // step - 1) if rank == 0 else copies  # noqa: F821
        with (folder / f"a.{found.family[4:]}").open("w", encoding="latin-1", newline="\n") as target:
            for copy in range(copies):
                for line in lines:
                    number = int(line[place.start : place.start + place.width]) + copy * step
                    target.write(f"{line[: place.start]}{number:0{place.width}d}{line[place.start + place.width :]}\n")
        written = written or copies * len(lines)
    return written


def write_set(country_folder: Path, folder: Path, family: str, rows: int) -> int:
    """The SNDS tables of one field and year many times over, as other hospitals (or other statements); gives the rows of the main table."""
    from strata.engine.duckdb import connect

    folder.mkdir(parents=True)
    field, form = family.split("_")
    pattern = f"{SETS[field]}*.csv" if field == "mco" else f"{SETS[field]}*_2025.csv"
    tables = sorted((country_folder / "snds" / "landing").glob(pattern))
    main = next(path for path in tables if path.stem.startswith(("ER_PRS_F", f"{SETS['mco']}B")))
    copies = max(1, rows // (len(main.read_text(encoding="utf-8").splitlines()) - 1))
    options = {"csv": "FORMAT csv, DELIMITER ';', HEADER", "parquet": "FORMAT parquet"}[form]
    connection = connect(None)
    for path in tables:
        connection.execute("CREATE OR REPLACE TABLE source AS SELECT * FROM read_csv(?, all_varchar = true)", [str(path)])
        names = [row[0] for row in connection.execute("DESCRIBE source").fetchall()]
        columns = ", ".join(_renamed(name, _MORE[field]) for name in names)
        target = folder / f"{path.stem}.{form}"
        connection.execute(f"COPY (SELECT {columns} FROM source, range({copies}) AS copy (n)) TO '{target.as_posix()}' ({options})")
    return copies * (len(main.read_text(encoding="utf-8").splitlines()) - 1)


def _renamed(name: str, keys: tuple[str, ...]) -> str:
    """Up to a thousand copies under other hospitals, beyond under other stays; the numbers of the synthetic stays are below 10 000."""
    if name == keys[0] == "ETA_NUM":
        return "lpad(CAST(CAST(ETA_NUM AS BIGINT) % 1000000 * 1000 + n % 100 AS VARCHAR), 9, '0') AS ETA_NUM"
    if name in keys:
        return f"CAST(CAST({name} AS BIGINT) + {'n // 100 * 10000' if keys[0] == 'ETA_NUM' else 'n * 10000'} AS VARCHAR) AS {name}"
    return f"{name} || n AS {name}" if name in ("NIR_ANO_17", "BEN_NIR_PSA") else name


def to_warehouse(path: str) -> int:
    """The whole folder into a new warehouse of MEMORY."""
    from strata.ingest.load import ingest
    from strata.ingest.warehouse.tables import open_warehouse

    with tempfile.TemporaryDirectory() as folder:
        connection = open_warehouse(Path(folder) / "warehouse" / "strata.duckdb", memory_limit=MEMORY)
        report = ingest(Path(path), connection)
        assert not report.refused_files, [(file.source_file, file.reason) for file in report.refused_files]
        connection.close()
    return report.total("accepted")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[500_000, 2_000_000])
    parser.add_argument("--families", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    arguments = parser.parse_args()
    print("| family | rows of stays or services | lines taken | MB | s | CPU s | peak MB |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        origin = country(Path(folder) / "country")
        for family in arguments.families:
            for rows in arguments.rows:
                print(_measured(origin, family, rows), flush=True)


def _measured(origin: Path, family: str, rows: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        write = write_care if family in CARE else write_set
        write(origin, Path(folder) / "warm_up", family, 5_000)
        written = write(origin, Path(folder) / "own", family, rows)
        size_mb = sum(path.stat().st_size for path in (Path(folder) / "own").iterdir()) / 1e6
        command = [sys.executable, __file__, "--reader", "to_warehouse", f"{folder}/warm_up", f"{folder}/own"]
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    if done.returncode:
        return f"| {family} | {written} | failed: {done.stderr[-1500:]} |"
    found = json.loads(done.stdout.splitlines()[-1])
    peak = "not measured" if found["peak_mb"] is None else f"{found['peak_mb']:.0f}"
    return f"| {family} | {written} | {found['acts']} | {size_mb:.0f} | {found['seconds']:.1f} | {found['cpu_seconds']:.1f} | {peak} |"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--reader"]:
        measure({"to_warehouse": to_warehouse}, sys.argv[2:])
    else:
        main()
