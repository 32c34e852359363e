"""What one more month costs: a refresh of everything against a refresh after the current year's cumulative files were sent again.

Belongs here: the timings and their ratio, step by step, the hashes that must agree. Not here: how a refresh skips (strata/engine/parts.py).

    python -m benchmarks.one_more_month --persons 20000 --years 2017-2025 [--tables]

A monthly file is cumulative: it replaces its hospital's year. The extracts of the last year are held back, everything before is
published, then they arrive; reading text is included. A warehouse that never held anything else is the full refresh. --tables stops
before the publication, whose time goes with the published numbers and not with the stays: what is left is what grows with a country.
"""

import argparse
import json
import re
import shutil
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
    chosen = parser.parse_args()
    until = ("quality", "reference") if chosen.tables else ("publication",)
    first, last = (int(year) for year in chosen.years.split("-"))
    with tempfile.TemporaryDirectory() as work:
        write_country(Path(work), persons=chosen.persons, years=range(first, last + 1), seed=1, formats=("atih",))
        project = Path(work) / "atih"
        later = Path(work) / "later"
        full, wanted = refreshed(shutil.copytree(project, Path(work) / "full"), until)
        hold_back(project, later, last)
        refreshed(project, until)
        arrive(project, later)
        partial, found = refreshed(project, until)
    print_steps(full, partial)
    print("same numbers" if found == wanted else "THE NUMBERS DIFFER")


def print_steps(full: dict[str, Any], partial: dict[str, Any]) -> None:
    """Where the time of the two refreshes goes, by layer; 'rest' is starting, checks of what is there, fingerprints."""
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
    print(f"{'all':20} {whole[0]:8.2f} {whole[1]:8.2f} {whole[1] / whole[0]:6.2f}, tables kept {len(partial['reused'])}")


def refreshed(project: Path, until: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """Run a project; gives the record of the run, with its total in seconds, and the hash published (or the rows of each table)."""
    start = time.perf_counter()
    result = run(load(project / "strata.toml"), progress=lambda _: None, until=until)
    spent = time.perf_counter() - start
    record = json.loads((project / "warehouse" / "runs" / f"{result.run_id}.json").read_text(encoding="utf-8")) | {"total": spent}
    if result.publication is None:
        return record, str(sorted(result.rows.items()))
    receipt = json.loads((result.publication / "receipt.json").read_text(encoding="utf-8"))
    return record, str(receipt["content_hash"])


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
