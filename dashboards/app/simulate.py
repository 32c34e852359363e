"""The simulator in words: what is typed, what it is worth, what was assumed.

Belongs here: reading the inputs, sentences. Not here: the arithmetic (dashboards/simulator.py), components (explore.py).
No input has a value of its own: until each is given there is no number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dashboards.app.question import Question
from dashboards.model.blocks import Cell, Table
from dashboards.model.measures import Writer
from dashboards.simulator import Chain, Inputs, NotSimulated, Value, read_chain, value
from dashboards.sources.places import place_of

# Least and greatest of each typed number; a share is typed in %. There is no stratum above 4 to be kept from.
LIMITS = {
    "stratum": (1, 3),
    "persons": (1, 1_000_000),
    "years": (1, 20),
    "discount": (0, 20),
    "share": (0, 100),
    "programme": (0, 1_000_000_000),
}
WHOLE = ("stratum", "years")


@dataclass(frozen=True)
class Simulated:
    """What to show. problem: why there is no number, then all else is empty."""

    problem: str = ""
    headline: str = ""
    lines: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    table: Table | None = None


def simulate(writer: Writer, question: Question, typed: Mapping[str, str | None]) -> Simulated:
    """The value for these inputs, named as LIMITS. The disease is that of the address; without one there is no number."""
    t = writer.texts
    numbers = {name: _number(typed.get(name), name) for name in LIMITS}
    wrong = [name for name in LIMITS if typed.get(name) and numbers[name] is None]
    if wrong:
        names = (t("simulator.limits", name=t(f"simulator.{name}"), low=LIMITS[name][0], high=LIMITS[name][1]) for name in wrong)
        return Simulated(problem=t("simulator.wrong", names=t("page.separator").join(names)))
    missing = [] if question.condition else ["condition"]
    missing += [name for name, number in numbers.items() if number is None]
    if missing:
        return Simulated(problem=t("simulator.missing", names=t("page.separator").join(t(f"simulator.{name}") for name in missing)))
    given = {name: number for name, number in numbers.items() if number is not None}
    discount, share = given["discount"] / 100, given["share"] / 100
    inputs = Inputs(str(int(given["stratum"])), given["persons"], int(given["years"]), discount, share, given["programme"])
    try:
        chain = read_chain(writer.published, question.condition, question.territory)
    except NotSimulated as lack:
        problem = t(f"simulator.{lack.reason}", stratum=lack.stratum, year=writer.published.front_year)
        return Simulated(problem=f"{problem} {_years_with_a_chain(writer, question)}".strip())
    return _written(writer, chain, inputs, value(chain, inputs))


def _years_with_a_chain(writer: Writer, question: Question) -> str:
    """The years that would give a number, the last first; empty when none would."""
    found = []
    for year in reversed(writer.published.years):
        try:
            read_chain(replace(writer.published, front_year=year), question.condition, question.territory)
            found.append(str(year))
        except NotSimulated:
            continue
    return writer.texts("simulator.other_years", years=", ".join(found)) if found else ""


def _number(text: str | None, name: str) -> float | None:
    """A number as French or English writes it, inside its limits."""
    try:
        number = float((text or "").replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", "."))
    except ValueError:
        return None
    low, high = LIMITS[name]
    return number if low <= number <= high and (name not in WHOLE or number == int(number)) else None


def _written(writer: Writer, chain: Chain, inputs: Inputs, found: Value) -> Simulated:
    t, numbers = writer.texts, writer.numbers
    above = str(int(inputs.stratum) + 1)
    if found.lower is None or found.upper is None:
        interval = t("simulator.no_interval")
    else:
        interval = t("simulator.interval", lower=numbers.euros(found.lower), upper=numbers.euros(found.upper))
    said = {"value": numbers.euros(found.value), "interval": interval, "persons": numbers.count(inputs.persons), "years": inputs.years}
    even = t("simulator.never") if found.break_even is None else t("simulator.even", persons=numbers.by_size(found.break_even))
    heads = (t("simulator.year"), t("simulator.gap"))
    rows = tuple((Cell(str(year)), Cell(numbers.euros(gap), gap, "eur")) for year, gap in enumerate(found.by_year, start=1))
    return Simulated(
        headline=t("simulator.headline", **said, stratum=inputs.stratum, above=above),
        lines=(t("simulator.gross"), even),
        assumptions=_assumptions(writer, chain, inputs),
        table=Table("gaps", t("simulator.by_year", stratum=inputs.stratum, above=above), heads, rows),
    )


def _assumptions(writer: Writer, chain: Chain, inputs: Inputs) -> tuple[str, ...]:
    """All that the number stands on, one sentence each."""
    t, numbers = writer.texts, writer.numbers
    said = {
        "years": inputs.years,
        "discount": numbers.percent(inputs.discount, 1),
        "share": numbers.percent(inputs.share, 0),
        "programme": numbers.euros(inputs.programme_eur),
        "place": place_of(writer, chain.place).name,
        "year": chain.year,
    }
    names = ["inputs", "costs", "chain", "expiry", "draws"] + (["filled"] if sum(chain.filled) else [])
    return tuple(t(f"simulator.assume_{name}", **said, filled=sum(chain.filled), all=chain.moves.size) for name in names)
