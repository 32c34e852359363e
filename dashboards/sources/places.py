"""A place of the run: a declared territory, the rest, or the whole extract, and how sentences name it."""

from dataclasses import dataclass

from dashboards.model.measures import Writer
from dashboards.sources.published import ALL, REST


@dataclass(frozen=True)
class Place:
    """Where and when a section looks: the territory, ALL or REST, its name, its name in a sentence, the year in front."""

    territory_id: str
    name: str
    phrase: str
    year: int


def place_of(writer: Writer, territory_id: str) -> Place:
    """The place of a territory, of ALL or of REST."""
    texts, published = writer.texts, writer.published
    if territory_id in (ALL, REST):
        return Place(territory_id, texts(f"name.{territory_id}"), texts(f"place.{territory_id}"), published.front_year)
    name = published.territories[territory_id]
    return Place(territory_id, name, texts("place.territory", name=name), published.front_year)
