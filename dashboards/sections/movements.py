"""A year of passages between strata, as published. Where none may be shown, it says why."""

from dashboards.model.blocks import Measure, Movements
from dashboards.model.measures import Writer
from dashboards.sources.places import Place
from dashboards.sources.published import STRATA, Row


def movements(writer: Writer, place: Place, condition: str) -> Movements:
    """The published transition_* rows of the year, those that start from a stratum."""
    held = {}
    for name, entry in writer.published.catalogue.items():
        found = writer.published.groups.get((name, condition, place.territory_id), ()) if name.startswith("transition_") else ()
        rows = {row.stratum: row for row in found if row.year == place.year}
        if rows:
            held[str(entry[f"label_{writer.texts.language}"])] = rows
    strata = tuple(stratum for stratum in (*STRATA, "all") if any(stratum in rows for rows in held.values()))
    lines = tuple((label, _by_stratum(writer, rows, strata)) for label, rows in held.items())
    shown = next(((label, measure) for label, measures in lines for measure in measures if measure.is_shown), None)
    note = next((measure.note for _, measures in lines for measure in measures), "")
    if shown:
        return Movements(strata, lines, _reading(writer, place.year, *shown))
    return Movements((), (), writer.texts("moves.hidden", note=note) if lines else writer.texts("moves.none"))


def _reading(writer: Writer, year: int, label: str, measure: Measure) -> str:
    stratum = measure.row.stratum
    where = writer.texts("moves.from", stratum=writer.texts.get(f"stratum.{stratum}", stratum))
    return writer.texts("moves.reading", from_stratum=where, year=year, value=measure.text, label=label)


def _by_stratum(writer: Writer, rows: dict[str, Row], strata: tuple[str, ...]) -> tuple[Measure, ...]:
    """One measure per stratum; a passage that does not leave one is said to be absent."""
    any_row = next(iter(rows.values()))
    return tuple(
        writer.write(rows[stratum])
        if stratum in rows
        else writer.measure(any_row.indicator_id, any_row.year, any_row.condition, any_row.territory_id, stratum)
        for stratum in strata
    )
