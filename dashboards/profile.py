"""Who the persons found are: by sex, then by age band, as published."""

from dashboards.blocks import Profile
from dashboards.measures import Writer
from dashboards.places import Place
from dashboards.published import DetailKey


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
