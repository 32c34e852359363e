"""The territories on a map: tiles, or the outlines a user brought, shaded by one ratio.

Belongs here: which number, its classes, where a tile lies. Not here: reading the user's files (atlas.py), drawing (figures/map.py).
"""

from bisect import bisect_right
from itertools import pairwise
from math import ceil, sqrt

from dashboards.model.blocks import MapTile, Measure, TerritoryMap
from dashboards.model.measures import Writer
from dashboards.sections.funnel import front_ratio, label_of
from dashboards.sources.partition import side_by_side
from dashboards.sources.places import Place

# Ratios that open a class: even steps of a ratio around 1, the middle class being "about as expected".
BOUNDS = (0.80, 0.90, 0.97, 1.03, 1.10, 1.20)


def territory_map(writer: Writer, place: Place, condition: str) -> TerritoryMap:
    """One tile per declared territory."""
    name = front_ratio(writer, condition, place.year)
    cells = _cells(writer)
    tiles = tuple(
        _tile(writer, place, territory_id, cells, writer.measure(name, place.year, condition, territory_id)) for territory_id in cells
    )
    return TerritoryMap(label_of(writer, name), tiles, _classes(writer), _place_note(writer), _reading(writer, tiles))


def _cells(writer: Writer) -> dict[str, tuple[int, int]]:
    """Where each tile lies: as declared; else, for all of them, in the order of names."""
    territories, declared = list(side_by_side(writer.published)), writer.atlas.tiles
    if set(territories) <= set(declared):
        return {name: declared[name] for name in territories}
    columns = max(ceil(sqrt(len(territories) * 1.3)), 1)
    return {name: (rank % columns, rank // columns) for rank, name in enumerate(territories)}


def _tile(writer: Writer, place: Place, territory_id: str, cells: dict[str, tuple[int, int]], measure: Measure) -> MapTile:
    column, row = cells[territory_id]
    shade = -1 if measure.row.ratio is None else bisect_right(BOUNDS, round(measure.row.ratio, 2))
    name, outline = writer.published.territories[territory_id], writer.atlas.outlines.get(territory_id, ())
    return MapTile(name, territory_id == place.territory_id, column, row, outline, shade, measure)


def _classes(writer: Writer) -> tuple[str, ...]:
    write = writer.numbers.ratio
    first, last = writer.texts("map.below", bound=write(BOUNDS[0])), writer.texts("map.above", bound=write(BOUNDS[-1]))
    inner = (writer.texts("map.between", low=write(low), high=write(high - 0.01)) for low, high in pairwise(BOUNDS))
    return (first, *inner, last)


def _place_note(writer: Writer) -> str:
    territories = set(side_by_side(writer.published))
    if writer.atlas.outlines:
        missing = len(territories - set(writer.atlas.outlines))
        return writer.texts("map.outlines_missing", count=missing) if missing else writer.texts("map.outlines")
    return writer.texts("map.tiles_declared" if territories <= set(writer.atlas.tiles) else "map.tiles_by_name")


def _reading(writer: Writer, tiles: tuple[MapTile, ...]) -> str:
    shown = [tile for tile in tiles if tile.shade >= 0]
    if not shown:
        return writer.texts("map.none")
    tile = next((one for one in shown if one.is_here), shown[0])
    return writer.texts("map.reading", name=tile.name, ratio=tile.measure.ratio)
