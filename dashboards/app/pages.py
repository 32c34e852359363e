"""The answers: each page of the static site for the state that is asked, with its switches, and the files to download.

Belongs here: from a writer and a question to HTML or bytes. Not here: what a page holds (territory.py, national.py), access (store.py).
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dashboards.app.question import (
    DEFINITION,
    EXPORT,
    EXPORTS,
    HOME,
    MEETING,
    METHODS,
    NATIONAL_EXPORTS,
    QUALITY,
    SIMULATOR,
    Question,
    Unknown,
)
from dashboards.model.measures import Writer
from dashboards.model.page import Link, NationalPage, Navigation, TerritoryPage
from dashboards.pages.methods import methods_page
from dashboards.pages.national import national_page
from dashboards.pages.quality import quality_page
from dashboards.pages.territory import territory_page
from dashboards.render import AnyPage, render_meeting, render_national, render_shell, render_territory
from dashboards.site import DEFINITIONS, INDEX, NATIONAL, file_names, named, other_language, write_document
from dashboards.sources.places import place_of
from dashboards.sources.published import ALL

# The pieces a Dash page is made of (dash.Dash.interpolate_index), already HTML; none on a page without callbacks.
DASH_PARTS = ("css", "app_entry", "config", "scripts", "renderer")
KINDS = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".programme.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}
EXPORT_NAMES = {".xlsx": "page.xlsx", ".pptx": "page.pptx", ".programme.docx": "page.programme", ".csv": "page.csv", ".html": "app.dossier"}


@dataclass(frozen=True)
class Choice:
    """One line of a switch."""

    value: str
    label: str
    is_here: bool


@dataclass(frozen=True)
class Switch:
    """The form that leads from a state to another. selects: name, label, choices. hidden: what the form keeps.

    last: the address of the last edition, '' when it is the one shown.
    """

    action: str
    selects: tuple[tuple[str, str, tuple[Choice, ...]], ...]
    hidden: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]
    can_sign_out: bool
    last: str


@dataclass(frozen=True)
class Answer:
    """One question to one writer.

    dash: the pieces of DASH_PARTS. can_sign_out: the mode of access has sessions. editions: run ids, the last first.
    """

    writer: Writer
    question: Question
    dash: dict[str, str]
    can_sign_out: bool = False
    editions: tuple[str, ...] = ()

    def home(self) -> str:
        """The territory page, or the national one."""
        if self.question.territory == ALL:
            nation = self._national()
            asked = self.question.condition
            nation = replace(nation, conditions=tuple(one for one in nation.conditions if asked in ("", one.section.condition)))
            return self._shell("national.html.j2", nation, HOME, self.dash)
        return self._shell("territory.html.j2", self._one_condition(self._territory()), HOME, self.dash)

    def meeting(self) -> str:
        """The territory in large type."""
        return render_meeting(self._one_condition(self._territory()))

    def methods(self) -> str:
        """Definitions, indicators, statistics."""
        return self._shell("methods.html.j2", methods_page(self.writer, self._navigation(METHODS), self._definitions), METHODS)

    def definition(self, name: str) -> bytes:
        """The page, or the file, of a definition as the run wrote it. Unknown: there is none of this name."""
        files = {target for pages in self._definitions.values() for target in pages}
        if self._definition_address(name) not in files:
            raise Unknown
        return (self._definition_folder / name).read_bytes()

    def quality(self) -> str:
        """Checks of the run."""
        return self._shell("quality.html.j2", quality_page(self.writer, self._navigation(QUALITY)), QUALITY)

    def simulator(self) -> str:
        """The page that the simulator fills."""
        place = place_of(self.writer, self.question.territory)
        name = self.writer.texts("simulator.of", title=self.writer.texts("simulator.title"), place=place.name)
        page = replace(quality_page(self.writer, self._navigation(SIMULATOR)), name=name)
        return self._shell("simulator.html.j2", page, SIMULATOR, self.dash)

    def export(self, ending: str) -> tuple[str, bytes]:
        """A file of the territory, or of the whole: its name and its bytes."""
        if self.question.territory == ALL:
            nation = self._national(self._as_a_file())
            name = f"{named(NATIONAL, '')}-{nation.year}{ending}"
            return name, render_national(nation).encode() if ending == ".html" else write_document(ending, nation)
        page = self._territory(self._as_a_file())
        name = f"{named(file_names(self.writer.published.territories)[self.question.territory], '')}-{page.year}{ending}"
        return name, render_territory(page).encode() if ending == ".html" else write_document(ending, page)

    def _shell(self, layout: str, page: AnyPage, path: str, dash: dict[str, str] | None = None) -> str:
        parts = dict.fromkeys(DASH_PARTS, "") | (dash or {})
        return render_shell(layout, page, switch=self._switch(path), dash=parts)

    def _territory(self, navigation: Navigation | None = None) -> TerritoryPage:
        return territory_page(self.writer, self.question.territory, navigation or self._navigation(HOME))

    def _one_condition(self, page: TerritoryPage) -> TerritoryPage:
        """The page with the section that is asked, or with all of them."""
        asked = self.question.condition
        return replace(page, sections=tuple(one for one in page.sections if asked in ("", one.condition)))

    def _national(self, navigation: Navigation | None = None) -> NationalPage:
        return national_page(self.writer, navigation or self._navigation(HOME))

    @cached_property
    def _links(self) -> tuple[Link, ...]:
        first = Link(self.writer.texts("page.national"), self.question.address(territory=ALL), self.question.territory == ALL)
        return (first, *(self._link(key, name) for key, name in self.writer.published.territories.items()))

    @property
    def _definition_folder(self) -> Path:
        return self.writer.published.folder / "dashboard" / DEFINITIONS

    def _definition_address(self, name: str) -> str:
        return self.question.address(DEFINITION + name)

    @cached_property
    def _definitions(self) -> dict[str, tuple[str, str]]:
        """The addresses of the page and of the file of each definition that the run wrote."""
        held = {}
        for one in self.writer.published.definitions:
            names = (f"{one.condition}.{self.question.language}.html", f"{one.condition}.json")
            if all((self._definition_folder / name).is_file() for name in names):
                held[one.condition] = (self._definition_address(names[0]), self._definition_address(names[1]))
        return held

    def _link(self, territory_id: str, name: str) -> Link:
        return Link(name, self.question.address(territory=territory_id), territory_id == self.question.territory)

    def _navigation(self, path: str) -> Navigation:
        t, asked = self.writer.texts, self.question
        links = self._links if path == HOME else tuple(replace(link, is_here=False) for link in self._links)
        about = ((t("page.methods"), METHODS), (t("page.quality"), QUALITY))
        elsewhere = asked.address(path, language=other_language(asked.language), indicator=asked.indicator)
        return Navigation(
            links=links,
            exports=self._exports() if path == HOME else (),
            about=tuple(Link(name, asked.address(target), target == path) for name, target in about),
            other_language=Link(t("page.other_language"), elsewhere, False),
            definitions={condition: page for condition, (page, _) in self._definitions.items()},
        )

    def _exports(self) -> tuple[Link, ...]:
        t, asked = self.writer.texts, self.question
        endings = NATIONAL_EXPORTS if asked.territory == ALL else EXPORTS
        files = tuple(Link(t(EXPORT_NAMES[ending]), asked.address(EXPORT + ending[1:]), False) for ending in endings)
        return files if asked.territory == ALL else (*files, Link(t("page.meeting"), asked.address(MEETING), False))

    def _as_a_file(self) -> Navigation:
        """The links of the static site: a file that is sent knows no server."""
        files = file_names(self.writer.published.territories)
        here = self.question.territory
        others = (Link(name, files[key], key == here) for key, name in self.writer.published.territories.items())
        return Navigation(links=(Link(self.writer.texts("page.national"), INDEX, here == ALL), *others))

    def _switch(self, path: str) -> Switch:
        t, asked, published = self.writer.texts, self.question, self.writer.published
        places = (
            Choice("", t("page.national"), asked.territory == ALL),
            *(_choice(*one, asked.territory) for one in published.territories.items()),
        )
        diseases = [(one.condition, one.label[asked.language]) for one in published.definitions]
        conditions = (Choice("", t("app.all_conditions"), not asked.condition), *(_choice(*one, asked.condition) for one in diseases))
        years = tuple(_choice(str(year), str(year), str(published.front_year)) for year in reversed(published.years))
        named_choices: list[tuple[str, tuple[Choice, ...]]] = [("territory", places), ("condition", conditions), ("year", years)]
        if len(self.editions) > 1:
            older = tuple(_choice(run, run, asked.run) for run in self.editions[1:])
            named_choices.append(("run", (Choice("", t("app.last_run", run=self.editions[0]), not asked.run), *older)))
        selects = tuple((name, t(f"app.{name}"), choices) for name, choices in named_choices)
        ways = ((t("app.page"), HOME), (t("simulator.title"), SIMULATOR))
        links = tuple(Link(name, asked.address(target), target == path) for name, target in ways)
        last = asked.address(path, run="") if asked.run in self.editions[1:] else ""
        return Switch(path, selects, (("lang", asked.language),), links, self.can_sign_out, last)


def _choice(value: str, label: str, here: str) -> Choice:
    return Choice(value, label, value == here)
