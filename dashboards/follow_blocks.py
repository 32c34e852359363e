"""Blocks that only some runs can fill: gaps in care, passages between strata, who the persons are. Each says so when it is empty."""

from dashboards.blocks import CareGaps, Movements, Profile
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
    """The published transition_* rows of the year."""
    rows: list[tuple[str, Row]] = []
    for name, entry in writer.published.catalogue.items():
        if name.startswith("transition_"):
            found = writer.published.groups.get((name, condition, place.territory_id), ())
            rows += [(str(entry[f"label_{writer.texts.language}"]), row) for row in found if row.year == place.year]
    labels = tuple(label for label, _ in rows)
    return Movements(tuple(writer.write(row) for _, row in rows), labels, writer.texts("moves.reading" if rows else "moves.none"))


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
