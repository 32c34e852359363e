"""What one hospital brings, read into a warehouse: `.rsa`, `.ano` without persons, TRA and VID-HOSP; or a grouped RSS and its VID-HOSP.

Seconds and peak memory of each way at each size, as markdown: whether they grow with the hospital.
Run: python benchmarks/read_local.py --lines 250000 1000000
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


def write_rss(folder: Path, lines: int) -> Path:
    """A grouped RSS, three RUM in four stays, two diagnoses and two acts each, and its VID-HOSP; gives the RSS."""
    from tests.support.local_lines import rum_line, vid_hosp_line

    folder.mkdir(parents=True)
    rss = folder / "a.rss"
    rum = rum_line(0, "01062024", "05062024", das=("I10", "N184"), acts=(("DEQP003", "02062024"),) * 2, NORSS="@" * 20, NAS="#" * 20)
    template = vid_hosp_line("@" * 20, "V015", NIR_ASSURE="#" * 13, CLE_NIR_ASSURE=None)
    with (
        rss.open("w", encoding="ascii", newline="\n") as units,
        (folder / "a.vidhosp").open("w", encoding="ascii", newline="\n") as persons,
    ):
        for number in range(1, lines + 1):
            stay = number * 3 // 4
            units.write(rum.replace("@" * 20, f"{stay:020d}").replace("#" * 20, f"NAS{stay:017d}") + "\n")
            if stay != (number - 1) * 3 // 4:
                nir = f"15001{stay % max(1, int(lines * PERSONS)):08d}"
                persons.write(template.replace("@" * 20, f"NAS{stay:017d}").replace("#" * 13, nir) + "\n")
    return rss


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, nargs="+", default=[250_000, 1_000_000])
    parser.add_argument("--files", nargs="+", choices=WRITERS, default=list(WRITERS))
    arguments = parser.parse_args()
    environment = os.environ | {"STRATA_PERSON_KEY": "a secret of the benchmark only"}
    print("| files | lines of stays | MB | s | CPU s | peak MB |\n|---|---|---|---|---|---|")
    for name in arguments.files:
        for lines in arguments.lines:
            with tempfile.TemporaryDirectory() as folder:
                warm_up, own = (WRITERS[name](Path(folder) / part, count) for part, count in (("warm_up", WARM_UP), ("own", lines)))
                size_mb = sum(path.stat().st_size for path in own.parent.iterdir()) / 1e6
                command = [sys.executable, __file__, "--reader", "ours_to_warehouse", str(warm_up), str(own)]
                done = subprocess.run(command, check=True, capture_output=True, text=True, encoding="utf-8", env=environment)
            found = json.loads(done.stdout.splitlines()[-1])
            peak = "not measured" if found["peak_mb"] is None else f"{found['peak_mb']:.0f}"
            print(f"| {name} | {lines} | {size_mb:.0f} | {found['seconds']:.1f} | {found['cpu_seconds']:.1f} | {peak} |", flush=True)


WRITERS = {"rsa": write_local, "rss": write_rss}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--reader"]:
        measure({"ours_to_warehouse": ours_to_warehouse}, sys.argv[2:])
    else:
        main()
