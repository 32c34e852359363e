"""Gaps in follow-up care: one line per act the run measures, one cell per stratum. Without ambulatory care in the extract, it says so."""

from typing import Any

from dashboards.model.blocks import ActCell, ActLine, CareGaps, Measure
from dashboards.model.measures import Writer
from dashboards.sources.places import Place
from dashboards.sources.published import ALL, STRATA

QUARTERS = ("1", "2", "3", "4")
UNCOVERED, NOT_EXPECTED = "ambulatory_care", "not_expected"


def care_gaps(writer: Writer, place: Place, condition: str) -> CareGaps:
    """Each act of the calendar of the condition: how often it is expected of a stratum, who had fewer, the acts of each quarter."""
    acts = [entry["follow_up"] for entry in writer.published.catalogue.values() if _is_gap(entry, condition)]
    lines = tuple(_line(writer, place, condition, act) for act in sorted(acts, key=lambda act: dict(act["ranks"])[condition]))
    if not lines:
        return CareGaps((), writer.texts("care.none"))
    told = [cell for line in lines for cell in line.cells]
    if not any(cell.gap.is_shown for cell in told) and any(cell.gap.row.reason == UNCOVERED for cell in told):
        return CareGaps((), writer.texts("care.uncovered", year=place.year))
    hidden = {
        cell.text: cell.gap.note for line in lines if not line.note for cell in line.cells if cell.is_expected and not cell.gap.is_shown
    }
    why = " ".join(writer.texts("care.hidden", text=text, note=note) for text, note in hidden.items())
    return CareGaps(lines, *_readings(writer, place, lines), writer.texts("care.limits"), writer.texts("care.bars"), why)


def _is_gap(entry: dict[str, Any], condition: str) -> bool:
    about: dict[str, Any] = entry.get("follow_up", {})
    return about.get("quarter") == 0 and condition in entry["conditions"]


def _line(writer: Writer, place: Place, condition: str, act: dict[str, Any]) -> ActLine:
    texts, name = writer.texts, act["act"]
    calendar = {row["stratum"]: row for row in act["expected"] if row["condition"] == condition}
    cells = [_cell(writer, place, condition, name, stratum, calendar.get(stratum)) for stratum in STRATA]
    cells.append(_cell(writer, place, condition, name, "all", None))
    whole = writer.measure(f"care_gap_{name}", place.year, condition, ALL) if place.territory_id != ALL else None
    note = "" if act["is_observable"] else texts("care.not_observable")
    return ActLine(act[f"label_{texts.language}"], note, tuple(cells), whole)


def _cell(writer: Writer, place: Place, condition: str, name: str, stratum: str, due: dict[str, Any] | None) -> ActCell:
    keys = (place.year, condition, place.territory_id, stratum)
    quarters = tuple(writer.measure(f"care_acts_{name}_q{quarter}", *keys) for quarter in QUARTERS)
    shown = quarters if any(one.is_shown for one in quarters) else ()
    gap = writer.measure(f"care_gap_{name}", *keys)
    text = writer.texts("status.not_computable_short") if gap.row.status == "not_computable" else gap.text
    return ActCell(stratum, _expected(writer, due) if due else "", gap.row.reason != NOT_EXPECTED, gap, text, shown)


def _expected(writer: Writer, due: dict[str, Any]) -> str:
    """'4 par an', '1 en 2 ans'; a star where the number is a proposal of ours."""
    several = "" if due["years"] == 1 else "_years"
    text = writer.texts(f"care.expected{several}", times=due["times"], years=due["years"])
    return text + ("*" if due["basis"] == "proposal" else "")


def _readings(writer: Writer, place: Place, lines: tuple[ActLine, ...]) -> tuple[str, str]:
    """The first cell of a stratum that has a number, in words; then its first quarter, when it has one."""
    found = next(((line, cell) for line in lines for cell in line.cells if cell.expected and cell.gap.is_shown), None)
    if found is None:
        return "", ""
    line, cell = found
    words = {"year": place.year, "place": place.phrase, "label": line.label, "stratum": cell.stratum, "interval": cell.gap.interval}
    words |= {"numerator": cell.gap.numerator, "denominator": cell.gap.denominator, "share": cell.gap.text}
    sentence = writer.texts("care.reading", expected=cell.expected.rstrip("*"), **words)
    first = cell.quarters[0] if cell.quarters else None
    if first is None or not first.is_shown:
        return sentence, ""
    return sentence, writer.texts("care.reading_quarter", seen=first.text, due=due_text(writer, first))


def due_text(writer: Writer, quarter: Measure) -> str:
    """Acts expected per person in a quarter."""
    row = quarter.row
    return writer.numbers.by_size(row.expected / row.denominator) if row.expected is not None and row.denominator else ""
