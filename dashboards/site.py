"""The static site of one published run: a national page, one page per declared territory, methods and quality, in both languages.

Belongs here: which files there are and how they are linked. Not here: what a page holds (territory.py, national.py), its looks (render.py).
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from dashboards.model.measures import Writer
from dashboards.model.page import ExportedPage, Link, Navigation
from dashboards.pages.methods import methods_page
from dashboards.pages.national import national_page
from dashboards.pages.quality import quality_page
from dashboards.pages.territory import territory_page, writer_of
from dashboards.render import render_meeting, render_methods, render_national, render_quality, render_territory
from dashboards.sources.atlas import Atlas
from dashboards.sources.deployment import Entry
from dashboards.sources.published import read_published
from dashboards.texts import LANGUAGES

INDEX, METHODS, QUALITY = "index.html", "methods.html", "quality.html"
NATIONAL = "national.html"  # what the files of the national page are named after
DEFINITIONS = "definitions"
REVISION = "revision.md"
MEETING = ".meeting.html"
EXPORTS = (("xlsx", ".xlsx"), ("pptx", ".pptx"), ("programme", ".programme.docx"), ("csv", ".csv"), ("meeting", MEETING))
PAGES_ONLY = EXPORTS[-1:]
NATIONAL_EXPORTS = ("xlsx", "pptx", "csv")
# What writes each document: its module and function, loaded when first asked for (their libraries take 25 MB of a server's memory).
DOCUMENTS = {
    ".xlsx": ("dashboards.exports.workbook", "write_workbook"),
    ".pptx": ("dashboards.exports.deck", "write_deck"),
    ".programme.docx": ("dashboards.exports.programme", "write_programme"),
    ".csv": ("dashboards.exports.flat", "write_csv"),
}
RESERVED = re.compile(r"index|national|methods|quality|con|prn|aux|nul|(com|lpt)\d", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    """The files of one language: folder, the way to the other language's folder, a file name per territory, and which exports are made."""

    folder: Path
    to_other: str
    files: dict[str, str]
    exports: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Brought:
    """What a user adds to the run: places and contours, follow-up of the deployment."""

    atlas: Atlas = field(default_factory=Atlas)
    entries: tuple[Entry, ...] = ()


def build_site(run_folder: Path, language: str = "fr", brought: Brought | None = None, documents: tuple[str, ...] | None = None) -> Path:
    """Write run_folder/dashboard/ from the published files beside it; return the path of its index.

    The other language goes to a folder of its name. documents: languages that get workbooks, slides and documents (by default the first).
    Reads indicators.parquet, indicators.json, receipt.json and what is told besides (read_published); the same files give the same bytes.
    """
    published = read_published(run_folder)
    files, added = file_names(published.territories), brought or Brought()
    folder = run_folder / "dashboard"
    for one in (language, *(other for other in LANGUAGES if other != language)):
        is_first = one == language
        exports = EXPORTS if one in (documents if documents is not None else (language,)) else PAGES_ONLY
        plan = Plan(folder if is_first else folder / one, f"{other_language(one)}/" if is_first else "../", files, exports)
        _build(writer_of(published, one, added.atlas, added.entries), plan)
    return folder / INDEX


def other_language(language: str) -> str:
    """The language a page can be turned into."""
    return next(one for one in LANGUAGES if one != language)


def _build(writer: Writer, plan: Plan) -> None:
    plan.folder.mkdir(parents=True, exist_ok=True)
    national = national_page(writer, _navigation(writer, plan, INDEX))
    _write(plan.folder / INDEX, render_national(national))
    _write_documents(plan.folder, NATIONAL, national, _exports(plan, INDEX))
    _write(plan.folder / METHODS, render_methods(methods_page(writer, _navigation(writer, plan, METHODS), _definition_pages(writer, plan))))
    _write(plan.folder / QUALITY, render_quality(quality_page(writer, _navigation(writer, plan, QUALITY))))
    for territory_id, file_name in plan.files.items():
        page = territory_page(writer, territory_id, _navigation(writer, plan, file_name))
        _write(plan.folder / file_name, render_territory(page))
        _write(plan.folder / named(file_name, MEETING), render_meeting(page))
        _write_documents(plan.folder, file_name, page, plan.exports)


def _write_documents(folder: Path, file_name: str, page: ExportedPage, exports: tuple[tuple[str, str], ...]) -> None:
    for _, ending in exports:
        if ending in DOCUMENTS:
            (folder / named(file_name, ending)).write_bytes(write_document(ending, page))


def _exports(plan: Plan, here: str) -> tuple[tuple[str, str], ...]:
    """The files a page is made into besides."""
    if here == INDEX:
        return tuple(one for one in plan.exports if one[0] in NATIONAL_EXPORTS)
    return plan.exports if here in plan.files.values() else ()


def _definition_pages(writer: Writer, plan: Plan) -> dict[str, tuple[str, str]]:
    """The page and the file of each definition, where the run wrote them (dashboard/definitions)."""
    root, way = (plan.folder, "") if (plan.folder / DEFINITIONS).is_dir() else (plan.folder.parent, "../")
    found = {}
    for one in writer.published.definitions:
        names = (f"{one.condition}.{writer.texts.language}.html", f"{one.condition}.json")
        if all((root / DEFINITIONS / name).is_file() for name in names):
            found[one.condition] = (f"{way}{DEFINITIONS}/{names[0]}", f"{way}{DEFINITIONS}/{names[1]}")
    return found


def write_document(ending: str, page: ExportedPage) -> bytes:
    """The bytes of a document of DOCUMENTS; the programme is that of a territory."""
    module, function = DOCUMENTS[ending]
    return bytes(getattr(import_module(module), function)(page))


def named(file_name: str, ending: str) -> str:
    """The name of another file of the same territory: T01.html, '.xlsx' -> T01.xlsx."""
    return file_name.removesuffix(".html") + ending


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
        exports=tuple(
            Link(t(f"page.{name}"), named(NATIONAL if here == INDEX else here, ending), False) for name, ending in _exports(plan, here)
        ),
        about=(Link(t("page.methods"), METHODS, here == METHODS), Link(t("page.quality"), QUALITY, here == QUALITY)),
        other_language=Link(t("page.other_language"), f"{plan.to_other}{here}", False),
        definitions={condition: page for condition, (page, _) in _definition_pages(writer, plan).items()},
        revision=f"{'../../' if plan.to_other == '../' else '../'}{REVISION}" if published.revision else None,
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
