"""Blocks that only some runs can fill: gaps in care, passages between strata, who the persons are. Each says so when it is empty."""

from dashboards.blocks import CareGaps, Measure, Movements, Profile
from dashboards.measures import Writer
from dashboards.places import Place
from dashboards.published import DetailKey, Row

STRATA = ("1", "2", "3", "4")


def care_gaps(writer: Writer, place: Place, condition: str) -> CareGaps:
    """One line per act of follow-up the run measures (care_gap_*), by stratum."""
    names = [name for name in writer.published.catalogue if name.startswith("care_gap_")]
    lines = []
    for name in names:
        if (name, condition, place.territory_id) in writer.published.groups:
            measures = tuple(writer.measure(name, place.year, condition, place.territory_id, stratum) for stratum in STRATA)
            lines.append((str(writer.published.catalogue[name][f"label_{writer.texts.language}"]), measures))
    return CareGaps(tuple(lines), writer.texts("care.reading" if lines else "care.none"))


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
    is_shown = any(measure.is_shown for _, measures in lines for measure in measures)
    note = next((measure.note for _, measures in lines for measure in measures), "")
    if is_shown:
        return Movements(strata, lines, writer.texts("moves.reading"))
    return Movements((), (), writer.texts("moves.hidden", note=note) if lines else writer.texts("moves.none"))


def _by_stratum(writer: Writer, rows: dict[str, Row], strata: tuple[str, ...]) -> tuple[Measure, ...]:
    """One measure per stratum; a passage that does not leave one is said to be absent."""
    any_row = next(iter(rows.values()))
    return tuple(
        writer.write(rows[stratum])
        if stratum in rows
        else writer.measure(any_row.indicator_id, any_row.year, any_row.condition, any_row.territory_id, stratum)
        for stratum in strata
    )


def profile(writer: Writer, place: Place, condition: str) -> Profile:
    """Persons found by sex, then by age band, both as published."""
    details = writer.published.details
    keys = [key for key in details if key[:3] == ("persons", condition, place.territory_id) and "all" in key[3:]]
    keys.sort(key=lambda key: (key[4] != "all", key[3:]))
    rows = tuple((_group(writer, key), writer.write(details[key])) for key in keys)
    return Profile(rows, writer.texts("profile.reading" if rows else "profile.none"))


def _group(writer: Writer, key: DetailKey) -> str:
    _, _, _, sex, band = key
    return writer.texts(f"profile.{sex}") if band == "all" else writer.texts("profile.band", band=band)
