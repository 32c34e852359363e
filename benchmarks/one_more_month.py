"""What one more month costs: a refresh of everything against a refresh after the current year's cumulative files were sent again.

Belongs here: the timings and their ratio, step by step, the hashes that must agree. Not here: how a refresh skips (strata/engine/parts.py).

    python -m benchmarks.one_more_month --persons 300000 --years 2017-2025 [--tables] [--country FOLDER]

A monthly file is cumulative: it replaces its hospital's year. The extracts of the last year are held back, everything before is
published, then they arrive; reading text is included. A warehouse that never held anything else is the full refresh. Each refresh is a
process of its own, as `strata run` is: starting Python and loading the libraries is included. --tables stops before the publication,
whose time goes with the published numbers and not with the stays. --country: a folder that `strata synth` has filled, left as it is.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from pipelines.runner import run
from strata.config import load
from strata.engine.models import models
from strata.synthetic import write_country


def main() -> None:
    """Print seconds by step, the ratio and whether the numbers agree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--years", default="2017-2025")
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--country", type=Path)
    parser.add_argument("--refresh", type=Path, help="one refresh of this project, in this process")
    chosen = parser.parse_args()
    if chosen.refresh:
        refresh(chosen.refresh, chosen.tables)
        return
    first, last = (int(year) for year in chosen.years.split("-"))
    with tempfile.TemporaryDirectory(dir=chosen.country) as work:
        if not chosen.country:
            write_country(Path(work) / "country", persons=chosen.persons, years=range(first, last + 1), seed=1, formats=("atih",))
        measure((chosen.country or Path(work) / "country") / "atih", Path(work), last, chosen.tables)


def measure(country: Path, work: Path, last: int, stops: bool) -> None:
    """The full refresh, then the one that the last year makes."""
    full, wanted = refreshed(shutil.copytree(country, work / "full"), stops)
    shutil.rmtree(work / "full")
    project = Path(shutil.copytree(country, work / "project"))
    hold_back(project, work / "later", last)
    refreshed(project, stops)
    arrive(project, work / "later")
    partial, found = refreshed(project, stops)
    print_steps(full, partial)
    print("same numbers" if found == wanted else "THE NUMBERS DIFFER")


def print_steps(full: dict[str, Any], partial: dict[str, Any]) -> None:
    """Where the time of the two refreshes goes, by layer; 'rest' is starting, loading libraries, orchestration."""
    layers = {name: model.layer for name, model in models().items()}
    spent: dict[str, list[float]] = {}
    for number, record in enumerate((full, partial)):
        for step, seconds in record["seconds"].items():
            spent.setdefault(layers.get(step, step), [0.0, 0.0])[number] += seconds
    whole = [full["total"], partial["total"]]
    spent["rest"] = [whole[number] - sum(one[number] for one in spent.values()) for number in (0, 1)]
    print(f"{'step':20} {'full s':>8} {'month s':>8} {'ratio':>6} {'of full':>8}")
    for step, (one, other) in sorted(spent.items(), key=lambda row: -row[1][1]):
        print(f"{step:20} {one:8.2f} {other:8.2f} {other / one if one else 0:6.2f} {other / whole[0]:8.1%}")
    published = spent.get("publication", [0.0, 0.0])
    totals = {"all": whole, "but the publication": [one - other for one, other in zip(whole, published, strict=True)]}
    for name, (one, other) in (totals | {"all, CPU seconds": [full["cpu"], partial["cpu"]]}).items():
        print(f"{name:20} {one:8.2f} {other:8.2f} {other / one:6.2f}")
    print(f"tables kept {len(partial['reused'])}, stays {full['rows']['stay']}")


def refreshed(project: Path, stops: bool) -> tuple[dict[str, Any], str]:
    """Refresh a project in a process of its own; gives the record of the run with `total` and `cpu` seconds, and what came out."""
    command = [sys.executable, "-m", "benchmarks.one_more_month", "--refresh", str(project), *(["--tables"] if stops else [])]
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True)
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    path = max((project / "warehouse" / "runs").glob("*.json"))
    record = json.loads(path.read_text(encoding="utf-8")) | {"total": time.perf_counter() - start, "cpu": cpu}
    if not record["publication"]:
        return record, str(sorted(record["rows"].items()))
    receipt = json.loads((Path(record["publication"]) / "receipt.json").read_text(encoding="utf-8"))
    return record, str(receipt["content_hash"])


def refresh(project: Path, stops: bool) -> None:
    """One refresh, here."""
    run(load(project / "strata.toml"), progress=lambda _: None, until=("quality", "reference") if stops else "publication")


def hold_back(project: Path, later: Path, year: int) -> None:
    """Put the last year aside, and have the project stop at the year before."""
    later.mkdir()
    shutil.copyfile(project / "strata.toml", later / "strata.toml")
    for path in (project / "landing").glob(f"*.{year}.*"):
        shutil.move(path, later / path.name)
    text = (project / "strata.toml").read_text(encoding="utf-8")
    text = re.sub(rf"last = {year}", f"last = {year - 1}", text).replace(f"{year}-12", f"{year - 1}-12")
    (project / "strata.toml").write_text(text, encoding="utf-8")


def arrive(project: Path, later: Path) -> None:
    """The last year is sent."""
    for path in later.iterdir():
        shutil.copyfile(path, project / path.name if path.name == "strata.toml" else project / "landing" / path.name)


if __name__ == "__main__":
    main()
