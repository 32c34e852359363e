"""What one more month costs: a refresh of everything against a refresh after the current year's cumulative files were sent again.

Belongs here: the two timings and their ratio, the hashes that must agree. Not here: how a refresh skips (strata/fingerprints.py).

    python -m benchmarks.one_more_month --persons 20000 --years 2017-2025

A monthly file is cumulative: it replaces its hospital's year. The extracts of the last year are held back, everything before is
published, then they arrive; reading text is included. A warehouse that never held anything else is the full refresh.
"""

import argparse
import json
import re
import shutil
import tempfile
import time
from pathlib import Path

from pipelines.runner import run
from strata.config import load
from strata.synthetic import write_country


def main() -> None:
    """Print seconds, ratio and whether the published numbers agree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, default=20_000)
    parser.add_argument("--years", default="2017-2025")
    chosen = parser.parse_args()
    first, last = (int(year) for year in chosen.years.split("-"))
    with tempfile.TemporaryDirectory() as work:
        write_country(Path(work), persons=chosen.persons, years=range(first, last + 1), seed=1, formats=("atih",))
        project = Path(work) / "atih"
        later = Path(work) / "later"
        full, wanted, _ = refreshed(shutil.copytree(project, Path(work) / "full"))
        hold_back(project, later, last)
        refreshed(project)
        arrive(project, later)
        partial, found, kept = refreshed(project)
    print(f"full {full:.1f} s, one more transmission of {last} {partial:.1f} s, ratio {partial / full:.2f}, tables kept {kept}")
    print("same numbers" if found == wanted else "THE NUMBERS DIFFER")


def refreshed(project: Path) -> tuple[float, str, int]:
    """Run a project; gives seconds, the hash published, the tables that were kept."""
    start = time.perf_counter()
    result = run(load(project / "strata.toml"), progress=lambda _: None)
    spent = time.perf_counter() - start
    if result.publication is None:
        raise SystemExit("nothing was published")
    receipt = json.loads((result.publication / "receipt.json").read_text(encoding="utf-8"))
    record = json.loads((project / "warehouse" / "runs" / f"{result.run_id}.json").read_text(encoding="utf-8"))
    return spent, str(receipt["content_hash"]), len(record["reused"])


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
