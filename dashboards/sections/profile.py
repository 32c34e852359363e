"""Who the persons found are: by sex, by age band, and what the catalogue calls their characteristics, as published."""

from dashboards.model.blocks import Measure, Profile
from dashboards.model.measures import Writer
from dashboards.sections.themes import is_characteristic
from dashboards.sources.places import Place
from dashboards.sources.published import ALL, DetailKey


def profile(writer: Writer, place: Place, condition: str) -> Profile:
    """Persons found by sex, then by age band, then each characteristic beside that of the whole extract."""
    details = writer.published.details
    keys = [key for key in details if key[:3] == ("persons", condition, place.territory_id) and "all" in key[3:]]
    keys.sort(key=lambda key: (key[4] != "all", key[3:]))
    rows: list[tuple[str, Measure, Measure | None]] = [(_group(writer, key), writer.write(details[key]), None) for key in keys]
    of_condition = (name for name in writer.published.catalogue if (name, condition, place.territory_id) in writer.published.groups)
    rows += [_characteristic(writer, place, condition, name) for name in of_condition if is_characteristic(name)]
    if not rows:
        return Profile((), writer.texts("profile.none"))
    return Profile(tuple(rows), f"{_example(writer, rows)} {writer.texts('profile.reading')}".strip())


def _example(writer: Writer, rows: list[tuple[str, Measure, Measure | None]]) -> str:
    """How to read the first share; empty when none is shown."""
    shares = [row for row in rows if row[1].is_shown and row[1].row.unit == "share"]
    label, here, whole = next((row for row in shares if row[2] and row[2].is_shown), shares[0] if shares else ("", None, None))
    if here is None:
        return ""
    if whole is None or not whole.is_shown:
        return writer.texts("profile.example", label=label, value=here.text)
    return writer.texts("profile.example_whole", label=label, value=here.text, whole=whole.text)


def _characteristic(writer: Writer, place: Place, condition: str, name: str) -> tuple[str, Measure, Measure | None]:
    label = str(writer.published.catalogue[name][f"label_{writer.texts.language}"])
    here, whole = (writer.measure(name, place.year, condition, territory_id) for territory_id in (place.territory_id, ALL))
    short = label.rpartition(": ")[2]  # not 'Share of persons: …' on each line
    return short, here, None if place.territory_id == ALL else whole  # the whole beside itself says nothing


def _group(writer: Writer, key: DetailKey) -> str:
    _, _, _, sex, band = key
    return writer.texts(f"profile.{sex}") if band == "all" else writer.texts("profile.band", band=band)
