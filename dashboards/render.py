"""A page object laid out as one HTML file that needs nothing else: styles, figures and its one small script are inside.

Belongs here: templates and figures brought together. Not here: any number or choice of number.
"""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboards.figures import calibration, funnel, interval, map, pyramid, quarters, spine, trend
from dashboards.figures.scale import RatioScale
from dashboards.model import twins
from dashboards.model.blocks import ActCell, ActLine, Comparison, GlanceLine, Table
from dashboards.model.numbers import Numbers
from dashboards.model.page import ConditionSection, MethodsPage, NationalCondition, NationalPage, QualityPage, TerritoryPage
from dashboards.texts import Texts, load

FOLDER = Path(__file__).parent
SCRIPT = "page.js"
AnyPage = TerritoryPage | NationalPage | MethodsPage | QualityPage


@dataclass(frozen=True)
class Figures:
    """The figures a template asks for, in the language of the page."""

    texts: Texts
    numbers: Numbers

    def pyramid(self, section: ConditionSection) -> Markup:
        """Strata, mean costs, people at risk."""
        return pyramid.draw(section.pyramid, self.texts, f"{section.condition}-pyramid")

    def standardised(self, section: ConditionSection) -> Markup:
        """Standardised mean cost over the years."""
        return trend.euros(
            section.costs.standardised, self.texts, self.numbers, f"{section.condition}-standardised", self._title("standardised", section)
        )

    def per_patient(self, section: ConditionSection) -> Markup:
        """Cost over expected, patients as denominator."""
        costs, name = section.costs, f"{section.condition}-patient"
        return trend.ratios(costs.per_patient, costs.per_resident, self.texts, self.numbers, name, self._title("patient", section))

    def per_resident(self, section: ConditionSection) -> Markup:
        """Cost over expected, residents as denominator."""
        costs, name = section.costs, f"{section.condition}-resident"
        return trend.ratios(costs.per_resident, costs.per_patient, self.texts, self.numbers, name, self._title("resident", section))

    def spine(self, item: GlanceLine, identifier: str) -> Markup:
        """One line of the overview."""
        return spine.draw(item, self.texts, identifier)

    def quarters(self, line: ActLine, cell: ActCell) -> Markup:
        """Acts of follow-up seen and expected in the four quarters."""
        return quarters.draw(line, cell, self.texts)

    def funnel(self, section: ConditionSection) -> Markup:
        """The territory among the others."""
        return funnel.draw(section.funnel, self.texts, self.numbers, f"{section.condition}-funnel")

    def map(self, section: ConditionSection) -> Markup:
        """The territories shaded by their ratio."""
        return map.draw(section.map, self.texts, f"{section.condition}-map")

    def calibration(self, section: ConditionSection) -> Markup:
        """Found over foretold."""
        return calibration.draw(section.calibration, self.texts, self.numbers, f"{section.condition}-calibration")

    def shape(self, item: GlanceLine) -> str:
        """The name of the shape of a line of the overview."""
        return spine.shape_of(item) if item.measure.is_shown else "none"

    def scale(self, comparisons: tuple[Comparison, ...]) -> RatioScale:
        """The axis the lines of one table share."""
        return interval.scale_of(comparisons)

    def national_scale(self, condition: NationalCondition) -> RatioScale:
        """The axis every territory and every ratio of one condition share."""
        return interval.scale_of(
            tuple(item for _, items in condition.lines for item in items) + tuple(item for _, item in condition.ranking)
        )

    def axis(self, scale: RatioScale) -> Markup:
        """The ticks of that axis."""
        return interval.axis(scale, self.numbers)

    def ratio(self, comparison: Comparison, scale: RatioScale, identifier: str) -> Markup:
        """One line: ratio, interval, range of the territories."""
        return interval.draw(comparison, scale, self.texts, identifier)

    def _title(self, name: str, section: ConditionSection) -> str:
        measures = section.costs.standardised.measures
        title = self.texts(f"cost.{name}_title")
        return self.texts("cost.trend_title", title=title, first=measures[0].row.year, last=measures[-1].row.year)


def render_territory(page: TerritoryPage) -> str:
    """The HTML of a territory page."""
    return _render("territory.html.j2", page)


def render_national(page: NationalPage) -> str:
    """The HTML of the national page."""
    return _render("national.html.j2", page)


def render_meeting(page: TerritoryPage) -> str:
    """The same page as 16:9 screens for a meeting, in large type."""
    return _render("meeting.html.j2", page)


def render_methods(page: MethodsPage) -> str:
    """The HTML of the methods page."""
    return _render("methods.html.j2", page)


def render_quality(page: QualityPage) -> str:
    """The HTML of the quality page."""
    return _render("quality.html.j2", page)


def render_shell(layout: str, page: AnyPage, **more: object) -> str:
    """A page inside the shell of the server (shell.html.j2): its switches, and what the callbacks need. more: `switch`, `dash`."""
    return _render("shell.html.j2", page, layout=layout, app_styles=_file("app.css"), **more)


def render_message(language: str, **more: object) -> str:
    """A page of the server that shows no publication: sign-in, refusal."""
    return (
        environment()
        .get_template("message.html.j2")
        .render(language=language, t=load(language), styles=_file("page.css") + _file("app.css"), **more)
        + "\n"
    )


def _render(template: str, page: AnyPage, **more: object) -> str:
    texts = load(page.language)
    figures = Figures(texts, Numbers(page.language))
    return (
        environment().get_template(template).render(page=page, t=texts, figures=figures, styles=_file("page.css"), twins=twins, **more)
        + "\n"
    )


@cache
def script_hash() -> str:
    """The script of the pages as a policy names it: any other is refused by the browser."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(_file(SCRIPT).encode()).digest()).decode()}'"


@cache
def _file(name: str) -> Markup:
    return Markup((FOLDER / "static" / name).read_text(encoding="utf-8"))


@cache
def environment() -> Environment:
    """Every text is escaped; a name that is missing is an error."""
    loader = FileSystemLoader(FOLDER / "templates", encoding="utf-8")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.globals |= {"is_number": _is_number, "script": _file(SCRIPT), "script_hash": Markup(script_hash())}
    return environment


def _is_number(table: Table, column: int) -> bool:
    """The column holds numbers, so it is set to the right."""
    return column > 0 and any(row[column].number is not None for row in table.rows)
