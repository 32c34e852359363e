"""The static site of one published run: a national page, one page per declared territory, methods and quality, in both languages.

Belongs here: which files there are and how they are linked. Not here: what a page holds (territory.py, national.py), how it looks (render.py).
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dashboards.atlas import Atlas
from dashboards.measures import Writer
from dashboards.national import national_page
from dashboards.page import Link, Navigation
from dashboards.published import read_published
from dashboards.render import render_national, render_territory
from dashboards.territory import territory_page, writer_of
from dashboards.texts import LANGUAGES

INDEX = "index.html"
RESERVED = re.compile(r"index|con|prn|aux|nul|(com|lpt)\d", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    """The files of one language: folder, the way to the other language's folder, and a file name per territory."""

    folder: Path
    to_other: str
    files: dict[str, str]


def build_site(run_folder: Path, language: str = "fr", atlas: Atlas | None = None) -> Path:
    """Write run_folder/dashboard/ from the published files beside it; return the path of its index.

    The other language goes to a folder of its name. Reads indicators.parquet, indicators.json and receipt.json; same files, same bytes.
    """
    published = read_published(run_folder)
    files = file_names(published.territories)
    folder = run_folder / "dashboard"
    for one in (language, *(other for other in LANGUAGES if other != language)):
        is_first = one == language
        plan = Plan(folder if is_first else folder / one, f"{other_language(one)}/" if is_first else "../", files)
        _build(writer_of(published, one, atlas), plan)
    return folder / INDEX


def other_language(language: str) -> str:
    """The language a page can be turned into."""
    return next(one for one in LANGUAGES if one != language)


def _build(writer: Writer, plan: Plan) -> None:
    plan.folder.mkdir(parents=True, exist_ok=True)
    _write(plan.folder / INDEX, render_national(national_page(writer, _navigation(writer, plan, INDEX))))
    for territory_id, file_name in plan.files.items():
        page = territory_page(writer, territory_id, _navigation(writer, plan, file_name))
        _write(plan.folder / file_name, render_territory(page))


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


def _navigation(writer: Writer, plan: Plan, here: str) -> Navigation:
    """The national page, then the territories in the order of their names; the other language keeps the place."""
    published, t = writer.published, writer.texts
    first = Link(t("page.national"), INDEX, here == INDEX)
    others = (Link(name, plan.files[key], plan.files[key] == here) for key, name in published.territories.items())
    return Navigation(
        links=(first, *others),
        other_language=Link(t("page.other_language"), f"{plan.to_other}{here}", False),
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
