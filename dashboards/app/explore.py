"""The Dash callbacks: one indicator over the years and across the territories, and the simulator.

Belongs here: components and callbacks, each with its rule. Not here: numbers (measures.py), authorisation (store.py): every callback
asks `answer`, which denies what the reader may not see.
"""

import base64
from collections.abc import Callable
from typing import Any

from dash import ALL as EACH
from dash import Dash, Input, Output, State, ctx, dcc, html

from dashboards.app.question import SIMULATOR, Question, query_of
from dashboards.app.simulate import LIMITS, simulate
from dashboards.figures import trend
from dashboards.model.blocks import Cell, Measure, Series, Table
from dashboards.model.measures import Writer
from dashboards.sources.places import place_of
from dashboards.sources.published import ALL, NO_COST

PANEL, EXPLORED, SIMULATED = "panel.children", "explored.children", "simulated.children"
# Every callback, and who may call it: whoever may read the territory of its address. One that is not here is refused (server.py).
CALLBACKS = frozenset({PANEL, EXPLORED, SIMULATED})
INDICATOR = "indicator"  # the kind of the buttons that choose one
SVG_DATA = "data:image/svg+xml;base64,"
Asked = Callable[[dict[str, str]], tuple[Writer, Question]]


def layout() -> html.Div:
    """What each page starts from: the address says the rest."""
    return html.Div([dcc.Location(id="url", refresh=False), html.Div(id="panel")])


def add_callbacks(app: Dash, asked: Asked) -> None:
    """Declare them. asked: from the parts of an address to what its reader may see; raises Denied or Unknown."""

    @app.callback(Output("panel", "children"), Input("url", "pathname"), Input("url", "search"))
    def panel(pathname: str, search: str) -> Any:
        writer, question = asked(query_of(search))
        return _simulator_form(writer) if pathname == SIMULATOR else _choices(writer, question)

    buttons = Input({"type": INDICATOR, "key": EACH}, "n_clicks")

    @app.callback(Output("explored", "children"), buttons, State("url", "search"), prevent_initial_call=True)
    def explored(_clicks: list[int | None], search: str) -> Any:
        writer, question = asked(query_of(search))
        return _explored(writer, question, ctx.triggered_id["key"] if ctx.triggered_id else "")

    typed = [State(f"simulator-{name}", "value") for name in LIMITS]

    @app.callback(Output("simulated", "children"), Input("simulate", "n_clicks"), State("url", "search"), *typed, prevent_initial_call=True)
    def simulated(_clicks: int, search: str, *values: str | None) -> Any:
        writer, question = asked(query_of(search))
        return _simulated(writer, question, dict(zip(LIMITS, values, strict=True)))


def _choices(writer: Writer, question: Question) -> Any:
    """The indicators that have a number here."""
    t, published = writer.texts, writer.published
    found = {
        f"{row.condition}/{row.indicator_id}"
        for row in published.rows.values()
        if (row.territory_id, row.year) == (question.territory, published.front_year) and row.status == "ok" and row.stratum == "all"
    }
    shown = [one for one in published.definitions if question.condition in ("", one.condition)]
    lists: list[Any] = []
    for one in shown:
        told = (name for name, entry in published.catalogue.items() if not entry.get("follow_up", {}).get("quarter"))  # in the calendar
        keys = [key for key in (f"{one.condition}/{name}" for name in told) if key in found]
        lists += [html.H3(one.label[question.language]), html.Ul([_button(writer, key) for key in keys], className="choices")]
    return [
        html.H2(t("explore.title")),
        html.Details([html.Summary(t("explore.choose")), *lists]),
        html.Div(_explored(writer, question, question.indicator) if question.indicator else None, id="explored", role="status"),
    ]


def _button(writer: Writer, key: str) -> Any:
    return html.Li(html.Button(_label(writer, key), id={"type": INDICATOR, "key": key}, type="button"))


def _label(writer: Writer, key: str) -> str:
    return str(writer.published.catalogue[key.partition("/")[2]][f"label_{writer.texts.language}"])


def _explored(writer: Writer, question: Question, indicator: str) -> Any:
    condition, _, name = indicator.partition("/")
    if name not in writer.published.catalogue or condition not in {one.condition for one in writer.published.definitions}:
        return html.P(writer.texts("explore.none"))
    disease = next(one for one in writer.published.definitions if one.condition == condition)
    label = writer.texts("explore.heading", label=_label(writer, indicator), condition=disease.in_sentence(question.language))
    years = [_measure(writer, name, year, condition, question.territory) for year in writer.published.years]
    places = [*writer.published.territories, ALL]
    across = [_measure(writer, name, writer.published.front_year, condition, place) for place in places]
    by_year = [(str(measure.row.year), measure) for measure in years]
    by_place = [(place_of(writer, place).name, measure) for place, measure in zip(places, across, strict=True)]
    place = place_of(writer, question.territory)
    here = place.name
    return [
        html.H3(label),
        *_figure(writer, Series(label, tuple(years)), f"{label}, {here}"),
        *_reading(writer, years[-1], label, place.phrase),
        html.P(html.A(writer.texts("explore.link"), href=question.address(indicator=indicator)), className="small"),
        _table(_listed(writer, writer.texts("explore.over_years", place=here), writer.texts("origin.year"), by_year)),
        _table(_listed(writer, writer.texts("page.year", year=writer.published.front_year), writer.texts("table.territory"), by_place)),
    ]


def _measure(writer: Writer, name: str, year: int, condition: str, place: str) -> Measure:
    row = writer.published.find(name, year, condition, place, "all", NO_COST)
    return writer.write(row) if row else writer.measure(name, year, condition, place, "all", writer.published.cost_basis)


def _figure(writer: Writer, series: Series, title: str) -> list[Any]:
    """Euros and ratios have a drawing; its table says the same."""
    unit = series.measures[-1].row.unit
    if unit == "eur":
        drawn = trend.euros(series, writer.texts, writer.numbers, "explored", title)
    elif unit == "ratio":
        drawn = trend.ratios(series, series, writer.texts, writer.numbers, "explored", title)
    else:
        return []
    svg = str(drawn).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" font-family="Arial, sans-serif" ', 1)
    return [html.Img(src=SVG_DATA + base64.b64encode(svg.encode()).decode(), alt=title, className="figure")]


def _reading(writer: Writer, last: Measure, label: str, phrase: str) -> list[Any]:
    """How to read the last year; nothing when it has no number."""
    if not last.is_shown:
        return []
    said = {"year": last.row.year, "place": phrase, "label": label, "value": last.text}
    interval = f" ({writer.texts('comparison.interval')} {last.interval})" if last.interval else ""
    return [html.P(writer.texts("explore.reading", interval=interval, **said), className="reading")]


def _listed(writer: Writer, title: str, first: str, lines: list[tuple[str, Measure]]) -> Table:
    t = writer.texts
    names = ("value", "interval", "numerator", "denominator", "expected", "note")
    heads = (first, *(t(f"origin.{name}") for name in names))
    rows = [(name, one.text, one.interval, one.numerator, one.denominator, one.expected, one.note) for name, one in lines]
    told = [rank for rank in range(len(heads)) if any(row[rank] for row in rows)]  # a column without a word is no column
    return Table("explored", title, tuple(heads[rank] for rank in told), tuple(tuple(Cell(row[rank]) for rank in told) for row in rows))


def _table(table: Table) -> Any:
    head = html.Thead(html.Tr([html.Th(text, scope="col", className="number" if rank else "") for rank, text in enumerate(table.heads)]))
    cells = [[html.Td(cell.text, className="number") for cell in row[1:]] for row in table.rows]
    body = [html.Tr([html.Th(row[0].text, scope="row"), *rest]) for row, rest in zip(table.rows, cells, strict=True)]
    grid = html.Table([html.Caption(table.title), head, html.Tbody(body)])
    named: Any = {"aria-label": table.title}
    return html.Div(grid, className="scroll", role="region", tabIndex=0, **named)


def _simulator_form(writer: Writer) -> Any:
    t = writer.texts
    fields = [_field(name, t(f"simulator.{name}")) for name in LIMITS]
    button = html.Button(t("simulator.compute"), id="simulate", type="button")
    result = html.Div(id="simulated", role="status")
    return html.Div([html.H2(t("simulator.form")), html.Div(fields, className="inputs"), button, result], className="simulator")


def _field(name: str, label: str) -> Any:
    """A text, not a number field: a decimal is typed with a comma or a point."""
    identifier = f"simulator-{name}"
    keys: Any = {"inputMode": "decimal"}
    return html.Div([html.Label(label, htmlFor=identifier), dcc.Input(id=identifier, type="text", **keys)])


def _simulated(writer: Writer, question: Question, typed: dict[str, str | None]) -> Any:
    found = simulate(writer, question, typed)
    if found.problem or found.table is None:
        return html.P(found.problem, className="absent")
    t = writer.texts
    return [
        html.P(found.headline, className="result"),
        *(html.P(line) for line in found.lines),
        html.H3(t("simulator.assumptions")),
        html.Ul([html.Li(one) for one in found.assumptions]),
        _table(found.table),
    ]
