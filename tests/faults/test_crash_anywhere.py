"""A run killed at any moment, and at each named step: what readers see stays whole, and the next run converges to the same numbers.

Real runs (`strata run`, every asset) of a hospital with one archive, in processes of their own that are killed with SIGKILL. Between two
runs the archive is replaced by another transmission, so that reading is interrupted as often as the rest.
"""

import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.operation.history import STARTED, records
from pipelines.pages.status_page import shown
from strata.config import load
from strata.publication.publish import publications, verify
from strata.publication.receipt import NAME
from tests.support.crash_nursery import STEPS, STEPS_BY_PART, Nursery
from tests.support.landing import unaccounted, write_archive

RANDOM_KILLS, PROJECTS, SEED = 60, 2, 20
SETTINGS = """
[years]
first = 2022
last = 2022
[method]
conditions = ["t2d"]
lookback_years = 1
[publish]
keep = 3
"""
STAYS = (240, 200)  # of the two transmissions that replace each other; the first is the one at rest


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    """One for all the runs of this file: to load what a run needs takes longer than a run, and a run leaves nothing in it."""
    one = Nursery()
    yield one
    one.close()


def project(folder: Path, *, has_neighbour: bool = False) -> Path:
    """A hospital ready to run, or two of the same persons; gives its strata.toml."""
    for name in ("landing", "tariffs"):
        (folder / name).mkdir(parents=True)
    (folder / "strata.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "territories.csv").write_text("territory_id;territory_name;geo_code\nT1;Nord;59350\n", encoding="utf-8")
    (folder / "population.csv").write_text("year;territory_id;sex;age_band;population\n2022;T1;M;60-64;9000\n", encoding="utf-8")
    send(folder, STAYS[0])
    if has_neighbour:
        write_archive(folder / "landing" / "neighbour.zip", dict.fromkeys(range(100, 150), 12), finess="590000012")
    return folder / "strata.toml"


def send(folder: Path, stays: int) -> None:
    write_archive(folder / "landing" / "m12.zip", {number: 1 + number % 12 for number in range(1, stays)})


def violations(path: Path) -> list[str]:
    """What a killed run must not leave, before anything mends it."""
    config = load(path)
    published = config.path("published")
    found = [f"{run_id}: {problem.why[1]}" for run_id in publications(published) for problem in verify(published / run_id)]
    if shown(config) and not (published / shown(config) / NAME).is_file():
        found.append("the pointer names nothing")
    if config.database.exists():
        found += [f"lines lost: {row}" for row in unaccounted(config.database)]
    return found


def content_hash(path: Path) -> str:
    config = load(path)
    receipt = json.loads((config.path("published") / shown(config) / NAME).read_text(encoding="utf-8"))
    return str(receipt["content_hash"])


def settled(nursery: Nursery, path: Path) -> tuple[str, list[str]]:
    """The archive at rest, one run that nobody kills; the hash it publishes, and the states of the runs before it."""
    send(path.parent, STAYS[0])
    assert nursery.run(path)["code"] == 0
    return content_hash(path), [one.run_id for one in records(load(path)) if one.state == STARTED]


def killed_at_random(nursery: Nursery, folder: Path, seed: int) -> tuple[int, list[str], str, list[str]]:
    """Half of the kills; gives how many struck, what they violated, the hash after them and the runs left as started."""
    path, draw = project(folder), random.Random(seed)
    whole = nursery.run(path)["seconds"]
    struck, found = 0, []
    while struck < RANDOM_KILLS // PROJECTS:
        send(folder, draw.choice(STAYS))
        struck += nursery.run(path, after=draw.uniform(0, whole))["killed"]
        found += violations(path)
    last, started = settled(nursery, path)
    return struck, found, last, started


def test_a_run_killed_at_any_moment(tmp_path: Path, nursery: Nursery, capsys: pytest.CaptureFixture[str]) -> None:
    if sys.platform == "win32":
        return
    ended = [killed_at_random(nursery, tmp_path / str(number), SEED + number) for number in range(PROJECTS)]
    wanted, _ = settled(nursery, project(tmp_path / "never_killed"))
    for _, found, last, started in ended:
        assert found == [] and started == []
        assert last == wanted
    with capsys.disabled():
        print(f"\nkilled at random: {sum(one[0] for one in ended)} kills, 0 violations, {PROJECTS} reruns, the same hash")
    assert sum(one[0] for one in ended) >= RANDOM_KILLS


def test_a_run_killed_at_each_named_step(tmp_path: Path, nursery: Nursery, capsys: pytest.CaptureFixture[str]) -> None:
    if os.name == "nt":
        return
    path = project(tmp_path / "p")
    wanted, _ = settled(nursery, path)
    for turn, name in enumerate(STEPS):
        send(path.parent, STAYS[1] + turn)  # each time another transmission, so that there is something to store
        ended = nursery.run(path, at=[name, ("before", "after")[turn // 2 % 2]])
        assert ended["killed"], name
        assert violations(path) == [], name
    last, started = settled(nursery, path)
    assert (last, started) == (wanted, [])
    with capsys.disabled():
        print(f"\nkilled at a named step: {len(STEPS)} steps, 0 violations, the same hash")


def test_a_run_killed_while_only_a_part_is_made_again(tmp_path: Path, nursery: Nursery, capsys: pytest.CaptureFixture[str]) -> None:
    """One of two hospitals sends again: the tables have rows of both. Each run resumes the one that was killed before it."""
    if os.name == "nt":
        return
    path, never_killed = (project(tmp_path / name, has_neighbour=True) for name in ("killed", "never_killed"))
    assert nursery.run(path)["code"] == 0
    for one in (path, never_killed):
        send(one.parent, STAYS[1])
    for name in STEPS_BY_PART:
        assert nursery.run(path, at=[name, "before" if name == "compared" else "after"])["killed"], name
        assert violations(path) == [], name
    assert (nursery.run(path)["code"], nursery.run(never_killed)["code"]) == (0, 0)
    assert content_hash(path) == content_hash(never_killed)
    with capsys.disabled():
        print(f"\nkilled while a part is made again: {len(STEPS_BY_PART)} steps, 0 violations, the hash of a whole run")


def test_a_publication_half_written_is_seen_by_the_same_eye(tmp_path: Path) -> None:
    path = project(tmp_path / "p")
    published = load(path).path("published")
    (published / "run").mkdir(parents=True)
    (published / "run" / NAME).write_text("{}", encoding="utf-8")
    (published / "latest").write_text("gone\n", encoding="utf-8")
    assert len(violations(path)) == 2
