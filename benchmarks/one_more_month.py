"""What one more month costs: a refresh after the current year's cumulative files were sent again, against a refresh of everything.

Belongs here: sending months, the processor seconds of each refresh, step by step, the hashes that must agree. Not here: how a refresh
skips (strata/engine/parts.py), nor the process of one refresh (one_refresh.py).

    python -m benchmarks.one_more_month --persons 300000 1000000 --months 1 6 12 [--years 2017-2025] [--like-france] [--copies 2]
        [--tables] [--country FOLDER]

A monthly file is cumulative: it takes the place of its hospital's year. For each month, everything until the month before is published,
then the month arrives: January after a December, December after a November. A warehouse that reads the same files and never held anything
is the full refresh. Each refresh is a process of its own, as `strata run` is: starting Python, loading the libraries, reading text and
publishing are included. As on a user's machine, none compiles the sources: the run of the month before, which is not measured, has left
them compiled. --like-france: as many stays a resident and codes a stay. --copies: the country so many times, other hospitals and persons:
larger than memory lets one be drawn. --tables stops before the publication. --country: a folder that `strata synth` has filled, left as
it is. Processor seconds are told: elapsed ones say as much of what else the machine does; those of all, in the last line, are for a quiet
one. Of two sizes, what does not grow with the country is told apart.
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
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.compiled import environment
from strata.engine.models import models
from strata.ingest.lines.layouts import layout_for_year
from strata.synthetic import write_country
from strata.synthetic.density import FRANCE, SAMPLE
from strata.synthetic.record import PSEUDONYM_PREFIX

Case = tuple[str, dict[str, Any], dict[str, Any], bool]  # month, record of the full refresh, of that of the month, same numbers
Spent = tuple[str, int, float, float]  # month, stays, processor seconds of the full refresh, of that of the month
Key = tuple[bytes, ...]  # what the lines of one stay have in common

# Of an archive: the field of care it is of, and what names the month of a line (a month, or a date as ddmmyyyy)
FIELD_OF = {"rsa": "mco", "rha": "smr", "rapss": "had", "rpsa": "psy", "r3a": "psy"}
MONTH_OF = {"rsa": "exit_month", "rha": "week_month", "rapss": "end_month", "rpsa": "end_month", "r3a": "contact_date"}
# In psychiatry two columns name a stay; elsewhere its number does
PSY_LINES = ("link_index", "stay_identifier")
PSY_STAY = {"ano": ("link_index", "stay_delay")}


def main() -> None:
    """For each size, print the steps of each month beside the full refresh, and whether the numbers agree."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--persons", type=int, nargs="+", default=[20_000])
    parser.add_argument("--years", default="2017-2025")
    parser.add_argument("--months", type=int, nargs="+", default=[1, 6, 12])
    parser.add_argument("--like-france", action="store_true")
    parser.add_argument("--copies", type=int, default=1)
    parser.add_argument("--tables", action="store_true")
    parser.add_argument("--country", type=Path)
    chosen = parser.parse_args()
    first, last = (int(year) for year in chosen.years.split("-"))
    spent: list[Spent] = []
    for persons in [0] if chosen.country else chosen.persons:
        with tempfile.TemporaryDirectory(dir=chosen.country) as work:
            if not chosen.country:
                years = range(first, last + 1)
                density = FRANCE if chosen.like_france else SAMPLE
                write_country(Path(work) / "country", persons=persons, years=years, seed=1, formats=("atih",), density=density)
            project = Path(shutil.copytree((chosen.country or Path(work) / "country") / "atih", Path(work) / "project"))
            if chosen.copies > 1:
                lie_beside(project, chosen.copies)
            spent += print_steps(measure(project, Path(work), last, chosen.months, chosen.tables))
    print_growth(spent)


def lie_beside(project: Path, copies: int) -> None:
    """The country so many times in all, up to nine: other hospitals, other persons, the same places."""
    for path in sorted((project / "landing").iterdir()):
        finess = path.name.partition(".")[0]
        for copy in range(1, copies):
            other = f"{finess[:2]}{copy}{finess[3:]}"  # the third digit of those of the country is 0
            with zipfile.ZipFile(path) as whole, zipfile.ZipFile(path.with_name(path.name.replace(finess, other, 1)), "w") as again:
                for name in whole.namelist():
                    lines = whole.read(name).replace(finess.encode(), other.encode())
                    lines = lines.replace(PSEUDONYM_PREFIX, PSEUDONYM_PREFIX[:-1] + str(copy).encode())
                    again.writestr(name.replace(finess, other, 1), lines, zipfile.ZIP_DEFLATED, compresslevel=1)
    population = pl.read_csv(project / "population.csv")
    population.with_columns(pl.col("population") * copies).write_csv(project / "population.csv")


def measure(project: Path, work: Path, last: int, months: Iterable[int], stops: bool) -> Iterator[Case]:
    """Month after month in one project; beside each, a project that reads the same files for the first time."""
    (work / "sent").mkdir()
    for path in (project / "landing").glob(f"*.{last}.*"):
        shutil.move(path, work / "sent" / path.name)
    for month in months:
        arrive(project, work / "sent", last, month - 1)
        refreshed(project, stops)
        arrive(project, work / "sent", last, month)
        full, wanted = refreshed(shutil.copytree(project, work / "full", ignore=shutil.ignore_patterns("warehouse", "published")), stops)
        shutil.rmtree(work / "full")
        partial, found = refreshed(project, stops)
        yield f"{last}-{month:02d}", full, partial, wanted == found


def arrive(project: Path, sent: Path, year: int, month: int) -> None:
    """Every hospital sends its year until that month, in place of what it sent before. Month 0: the year before is the last."""
    for path in (project / "landing").glob(f"*.{year}.*"):
        path.unlink()
    for path in sorted(sent.iterdir()) if month else ():
        finess, _, _, stamp, *_ = path.name.split(".")
        name = f"{finess}.{year}.{month}"
        archive = project / "landing" / f"{name}.15{month % 12 + 1:02d}{year + month // 12}{stamp[-6:]}.out.zip"
        with zipfile.ZipFile(path) as whole, zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as part:
            for family, lines in until(whole, year, month).items():
                part.writestr(f"{name}.{family}", b"".join(lines))
    text = (project / "strata.toml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^last = \d+", f"last = {year if month else year - 1}", text)
    text = re.sub(r'"\d{4}-\d\d"', f'"{year}-{month:02d}"' if month else f'"{year - 1}-12"', text)
    (project / "strata.toml").write_text(text, encoding="utf-8")


def until(whole: zipfile.ZipFile, year: int, month: int) -> dict[str, list[bytes]]:
    """The lines, by family, of the stays of which no line is of a later month."""
    sent = {name.rpartition(".")[2]: whole.read(name).splitlines(keepends=True) for name in whole.namelist()}
    field = next(FIELD_OF[family] for family in sent if family in FIELD_OF)
    keys = {family: stays(lines, field, family, year) for family, lines in sent.items()}
    later, known = set[Key](), set[Key]()
    for family in sent.keys() & MONTH_OF.keys():
        months = cells(sent[family], f"{field}_{family}", year, MONTH_OF[family])
        known.update(keys[family])
        later.update(key for key, told in zip(keys[family], months, strict=True) if int(told[-6:-4] or told) > month)
    kept = known - later
    return {family: [line for line, key in zip(lines, keys[family], strict=True) if key in kept] for family, lines in sent.items()}


def stays(lines: list[bytes], field: str, family: str, year: int) -> list[Key]:
    """Whose stay each line is of."""
    names = PSY_STAY.get(family, PSY_LINES) if field == "psy" else ("stay_number",)
    return list(zip(*(cells(lines, f"{field}_{family}", year, name) for name in names), strict=True))


def cells(lines: list[bytes], family: str, year: int, name: str) -> Iterator[bytes]:
    """One field of every line."""
    field = layout_for_year(family, year).fixed.field(name)
    return (line[field.start : field.start + field.width] for line in lines)


def print_steps(cases: Iterable[Case]) -> list[Spent]:
    """Processor seconds by layer; 'rest' is starting, loading libraries, orchestration. Gives those of all."""
    found: list[Spent] = []
    for month, full, partial, is_same in cases:
        spent = by_layer(full, partial)
        print(f"\n{month}: {full['rows']['stay']} stays\n\n| step | full s | month s | ratio | of the full refresh |")
        print("|---|---|---|---|---|")
        for step, (one, other) in sorted(spent.items(), key=lambda row: -row[1][1]):
            print(f"| {step} | {one:.2f} | {other:.2f} | {other / one if one else 0:.2f} | {other / full['cpu']:.1%} |")
        published = spent.get("publication", (0.0, 0.0))
        totals = {
            "all": (full["cpu"], partial["cpu"]),
            "all but the publication": (full["cpu"] - published[0], partial["cpu"] - published[1]),
            "all, elapsed": (full["total"], partial["total"]),
        }
        for name, (one, other) in totals.items():
            print(f"| **{name}** | {one:.1f} | {other:.1f} | **{other / one:.3f}** | |")
        print(f"\n{'the same numbers' if is_same else 'THE NUMBERS DIFFER'}, {len(partial['reused'])} tables kept", flush=True)
        found.append((month, full["rows"]["stay"], full["cpu"], partial["cpu"]))
    return found


def print_growth(spent: list[Spent]) -> None:
    """Where a month was measured at two sizes: what a refresh costs whatever the country, and what more with its stays."""
    for month in dict.fromkeys(one[0] for one in spent):
        sizes = sorted(one[1:] for one in spent if one[0] == month)
        (few, *least), (many, *most) = sizes[0], sizes[-1]
        for name, low, high in zip(("full refresh", "month"), least, most, strict=True) if many > few else ():
            by_stay = (high - low) / (many - few)
            print(f"{month}, {name}: {low - by_stay * few:.1f} s whatever the country, {by_stay * 1e6:.1f} s for a million stays")


def by_layer(full: dict[str, Any], partial: dict[str, Any]) -> dict[str, tuple[float, float]]:
    """Seconds of the two refreshes by layer of the tables, or by step of Python."""
    layers = {name: model.layer for name, model in models().items()}
    spent: dict[str, list[float]] = {}
    for number, record in enumerate((full, partial)):
        for step, seconds in record["seconds"].items():
            spent.setdefault(layers.get(step, step), [0.0, 0.0])[number] += seconds
        spent.setdefault("rest", [0.0, 0.0])[number] = record["cpu"] - sum(record["seconds"].values())
    return {step: (one, other) for step, (one, other) in spent.items()}


def refreshed(project: Path, stops: bool) -> tuple[dict[str, Any], str]:
    """Refresh a project in a process of its own; gives the record of the run with `total` and `cpu` seconds, and what came out."""
    command = [sys.executable, "-m", "benchmarks.one_refresh", str(project), *(["--tables"] if stops else [])]
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, env=environment())
    after = os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    path = max((project / "warehouse" / "runs").glob("*.json"))
    record = json.loads(path.read_text(encoding="utf-8")) | {"total": time.perf_counter() - start, "cpu": cpu}
    if not record["publication"]:
        return record, str(sorted(record["rows"].items()))
    receipt = json.loads((Path(record["publication"]) / "receipt.json").read_text(encoding="utf-8"))
    return record, str(receipt["content_hash"])


if __name__ == "__main__":
    main()
