"""The static site of one published run: a national page and one page per declared territory."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from dashboards.national import national_page
from dashboards.page import Link
from dashboards.published import Published, read_published
from dashboards.render import render_national, render_territory
from dashboards.territory import territory_page
from dashboards.texts import load

INDEX = "index.html"
RESERVED = re.compile(r"index|con|prn|aux|nul|(com|lpt)\d", re.IGNORECASE)


def build_site(run_folder: Path, language: str = "fr") -> Path:
    """Write run_folder/dashboard/ from the published files beside it; return the path of its index.

    Reads indicators.parquet, indicators.json and receipt.json only; the same files give the same bytes.
    """
    published = read_published(run_folder)
    files = file_names(published.territories)
    folder = run_folder / "dashboard"
    folder.mkdir(exist_ok=True)
    _write(folder / INDEX, render_national(national_page(published, language, _links(published, files, language, INDEX))))
    for territory_id, file_name in files.items():
        page = territory_page(published, territory_id, language, _links(published, files, language, file_name))
        _write(folder / file_name, render_territory(page))
    return folder / INDEX


def file_names(territory_ids: Iterable[str]) -> dict[str, str]:
    """A file name per territory that every file system takes: its identifier when that is one, else with a piece of its hash."""
    names: dict[str, str] = {}
    for territory_id in territory_ids:
        safe = re.sub(r"[^A-Za-z0-9_-]", "-", territory_id)[:64]
        taken = {name.lower() for name in names.values()}
        if safe != territory_id or RESERVED.fullmatch(safe) or f"{safe}.html".lower() in taken:
            safe = f"{safe}-{hashlib.sha256(territory_id.encode()).hexdigest()[:8]}"
        names[territory_id] = f"{safe}.html"
    return names


def _links(published: Published, files: dict[str, str], language: str, here: str) -> tuple[Link, ...]:
    """The national page, then the territories in the order of their names."""
    first = Link(load(language)("page.national"), INDEX, here == INDEX)
    others = (Link(name, files[key], files[key] == here) for key, name in published.territories.items())
    return (first, *others)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
