"""Follow-up of a deployment: persons included in the programme, by stratum, against the persons found; meetings, people trained, partners.

Belongs here: the block. Small numbers are hidden here as in the publication, though the file (deployment.py) is the user's own.
"""

from dashboards.model.blocks import Cell, FollowUp
from dashboards.model.measures import Writer
from dashboards.sources.deployment import INCLUSIONS, PROCESS, STRATA, Entry
from dashboards.sources.places import Place


def follow_up(writer: Writer, place: Place, condition: str) -> FollowUp:
    """Persons included by stratum beside the persons found; then the process measures of the territory."""
    own = [entry for entry in writer.entries if entry.territory_id == place.territory_id]
    included = [entry for entry in own if entry.measure == INCLUSIONS and entry.condition == condition]
    process = tuple((writer.texts(f"follow.{name}"), _total(writer, own, name)) for name in PROCESS if own)
    if not included:
        return FollowUp((), process, writer.texts("follow.none"))
    counts = {stratum: sum(entry.value for entry in included if entry.stratum == stratum) for stratum in STRATA}
    is_masked = any(0 < count < writer.published.threshold for count in counts.values())
    lines = [_line(writer, place, condition, stratum, count) for stratum, count in counts.items()]
    lines.append(_total_line(writer, place, condition, sum(counts.values()), is_masked))
    last = writer.numbers.day(max(entry.day for entry in included))
    return FollowUp(tuple(lines), process, writer.texts("follow.reading", date=last))


def _line(writer: Writer, place: Place, condition: str, stratum: str, count: int) -> tuple[Cell, ...]:
    found = writer.measure("persons", place.year, condition, place.territory_id, stratum)
    label = Cell(writer.texts("pyramid.stratum", stratum=stratum))
    if 0 < count < writer.published.threshold:
        return label, Cell(writer.texts("status.suppressed_primary", threshold=writer.published.threshold)), writer.cell(found), Cell("")
    return label, Cell(writer.numbers.count(count), float(count), "count"), writer.cell(found), _share(writer, count, found.row.value)


def _total_line(writer: Writer, place: Place, condition: str, count: int, is_masked: bool) -> tuple[Cell, ...]:
    """The total would give a hidden stratum back: it is hidden with it."""
    found = writer.measure("persons", place.year, condition, place.territory_id)
    label = Cell(writer.texts("pyramid.total"))
    if is_masked:
        return label, Cell(writer.texts("status.suppressed_secondary")), writer.cell(found), Cell("")
    return label, Cell(writer.numbers.count(count), float(count), "count"), writer.cell(found), _share(writer, count, found.row.value)


def _share(writer: Writer, count: int, found: float | None) -> Cell:
    return Cell(writer.numbers.percent(count / found, 1), count / found, "percent") if found else Cell("")


def _total(writer: Writer, entries: list[Entry], measure: str) -> Cell:
    total = sum(entry.value for entry in entries if entry.measure == measure)
    return Cell(writer.numbers.count(total), float(total), "count")
