"""What one hospital brings, read into a warehouse: `.rsa`, `.ano` without persons, TRA and VID-HOSP; seconds and peak memory, as markdown.

TRA and VID-HOSP are held while they are read: this says up to which size of hospital that stays small.
Run: python benchmarks/read_local.py --lines 250000 500000
Belongs here: the files and the table. Not here: measuring (measure_reader.py), RSA alone (read_rsa.py).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from read_rsa import WARM_UP, YEAR, measure, ours_to_warehouse, write, write_ano

PERSONS = 0.6  # of the stays


def write_local(folder: Path, lines: int) -> Path:
    """The four files of one hospital and year in a new folder; gives the .rsa."""
    from tests.support.local_lines import tra_columns, vid_hosp_line
    from tests.support.rsa_lines import layout

    folder.mkdir(parents=True)
    rsa, month_at = folder / "a.rsa", layout("mco_rsa", "228", "fixed")["MOISSOR"][0]
    write(rsa, lines)
    write_ano(rsa, folder / "a.ano", is_named=False)
    template = vid_hosp_line("@" * 20, "V015", NIR_ASSURE="#" * 13, CLE_NIR_ASSURE=None)
    with (
        rsa.open(encoding="ascii") as stays,
        (folder / "a.tra").open("w", encoding="ascii", newline="\n") as tra,
        (folder / "a.vidhosp").open("w", encoding="ascii", newline="\n") as persons,
    ):
        for number, stay in enumerate(stays, start=1):
            month, nas, person = stay[month_at : month_at + 2], f"NAS{number}", number % max(1, int(lines * PERSONS))
            tra.write(f"{tra_columns(int(stay[12:22]), nas, f'02{month}{YEAR}', f'05{month}{YEAR}')}\n")
            persons.write(template.replace("@" * 20, nas.ljust(20)).replace("#" * 13, f"15001{person:08d}") + "\n")
    return rsa


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="+", default=[250_000, 500_000])
    arguments = parser.parse_args()
    environment = os.environ | {"STRATA_PERSON_KEY": "a secret of the benchmark only"}
    print("| stays | MB | s | CPU s | peak MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        warm_up = write_local(Path(folder) / "warm_up", WARM_UP)
        for lines in arguments.lines:
            rsa = write_local(Path(folder) / str(lines), lines)
            size_mb = sum(path.stat().st_size for path in rsa.parent.iterdir()) / 1e6
            command = [sys.executable, __file__, "--reader", "ours_to_warehouse", str(warm_up), str(rsa)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", env=environment)
            found = json.loads(done.stdout.splitlines()[-1])
            peak = "not measured" if found["peak_mb"] is None else f"{found['peak_mb']:.0f}"
            print(f"| {lines} | {size_mb:.0f} | {found['seconds']:.1f} | {found['cpu_seconds']:.1f} | {peak} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--reader"]:
        measure({"ours_to_warehouse": ours_to_warehouse}, sys.argv[2:])
    else:
        main()
