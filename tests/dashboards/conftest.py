"""The pages of the made-up publication, built once."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from dashboards.model.blocks import Measure
from dashboards.site import build_site
from dashboards.sources.published import Published, read_published
from tests.support.published_sample import TERRITORIES, write_published


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published folder with its French pages."""
    folder = write_published(tmp_path_factory.mktemp("published") / "run")
    build_site(folder)
    return folder


@pytest.fixture(scope="session")
def published(run_folder: Path) -> Published:
    """The same publication, read."""
    return read_published(run_folder)


@pytest.fixture(scope="session")
def pages(run_folder: Path) -> dict[str, str]:
    """The French pages of the territories and of the whole, by file name."""
    names = ["index.html", *(f"{territory_id}.html" for territory_id in TERRITORIES)]
    return {name: (run_folder / "dashboard" / name).read_text(encoding="utf-8") for name in sorted(names)}


def measures(value: object) -> Iterator[Measure]:
    """Every measure a page object holds, however deep."""
    if isinstance(value, Measure):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from measures(item)
    elif is_dataclass(value):
        for part in fields(value):
            yield from measures(getattr(value, part.name))
