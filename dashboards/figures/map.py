"""The map of the territories: one tile each, or the outlines a user brought. The number is written on a tile: the shade only doubles it."""

from markupsafe import Markup

from dashboards.figures.svg import GREY, INK, figure, node, rectangle, text
from dashboards.model.blocks import MapTile, TerritoryMap
from dashboards.texts import Texts

WIDTH, LEGEND = 420, 46
# One hue, from light to dark: more, not worse.
SHADES = ("#f2eff7", "#ddd5ea", "#c3b4d9", "#a691c5", "#8a6fb0", "#6d4d98", "#4f2d7f")
DARK_FROM = 4


def draw(block: TerritoryMap, texts: Texts, identifier: str) -> Markup:
    """The figure, tiles or outlines, with its classes below."""
    drawn = [tile for tile in block.tiles if tile.outline]
    shapes, height = _outlines(drawn, texts) if drawn else _tiles(block, texts)
    title = texts("page.pair", name=texts("map.title"), text=block.label)
    return figure(identifier, title, texts("map.description"), WIDTH, height + LEGEND, *shapes, *_classes(block, texts, height + 6))


def _tiles(block: TerritoryMap, texts: Texts) -> tuple[list[Markup], int]:
    if not block.tiles:  # no territory is declared: only the classes, and the words that say so
        return [], 4
    left, top = min(tile.column for tile in block.tiles), min(tile.row for tile in block.tiles)
    columns = max(tile.column for tile in block.tiles) - left + 1
    rows = max(tile.row for tile in block.tiles) - top + 1
    width = WIDTH / columns
    height = min(width, 84.0)
    shapes = [
        shape
        for tile in block.tiles
        for shape in _tile(tile, (tile.column - left) * width, (tile.row - top) * height, width, height, texts)
    ]
    return shapes, round(rows * height + 4)


def _tile(tile: MapTile, x: float, y: float, width: float, height: float, texts: Texts) -> list[Markup]:
    fill, ink = _paint(tile)
    stroke = {"stroke": INK, "stroke_width": 3} if tile.is_here else {"stroke": "#ffffff", "stroke_width": 2}
    hint = node("title", texts("map.line", name=tile.name, text=tile.measure.ratio or tile.measure.text))
    box = node("rect", hint, x=x + 1.5, y=y + 1.5, width=width - 3, height=height - 3, rx=4, fill=fill, **stroke)
    number = tile.measure.ratio or texts("status.not_computable_short")
    if width < 90:
        return [box, text(x + width / 2, y + height / 2 + 4, number, 12 if width > 44 else 10, anchor="middle", fill=ink)]
    lines = _in_lines(tile.name, max(int(width / 7), 8))
    middle = y + height / 2 - 7 * len(lines) + 4
    words = [text(x + width / 2, middle + 14 * rank, word, 12, anchor="middle", fill=ink) for rank, word in enumerate(lines)]
    return [box, *words, text(x + width / 2, middle + 14 * len(lines) + 2, number, 14, anchor="middle", font_weight=700, fill=ink)]


def _in_lines(name: str, most: int) -> list[str]:
    """At most two lines, cut at a space or with an ellipsis."""
    lines = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    kept = lines[:2]
    if len(lines) > 2:
        kept[1] = f"{kept[1]}…"
    return [line if len(line) <= most + 2 else f"{line[: most + 1]}…" for line in kept]


def _outlines(tiles: list[MapTile], texts: Texts) -> tuple[list[Markup], int]:
    points = [point for tile in tiles for ring in tile.outline for point in ring]
    height = round(max(y for _, y in points) * WIDTH + 8)
    return [_outline(tile, texts) for tile in sorted(tiles, key=lambda tile: tile.is_here)], height


def _outline(tile: MapTile, texts: Texts) -> Markup:
    path = "".join(f"M{'L'.join(f'{x * WIDTH:.1f} {y * WIDTH:.1f}' for x, y in ring)}Z" for ring in tile.outline)
    hint = node("title", texts("map.line", name=tile.name, text=tile.measure.ratio or tile.measure.text))
    stroke = (INK, 2.5) if tile.is_here else ("#ffffff", 1)
    return node("path", hint, d=path, fill=_paint(tile)[0], fill_rule="evenodd", stroke=stroke[0], stroke_width=stroke[1])


def _paint(tile: MapTile) -> tuple[str, str]:
    """Fill, and the ink that stands out from it."""
    if tile.shade < 0:
        return "#ffffff" if tile.outline else "#eceff2", GREY
    return SHADES[tile.shade], "#ffffff" if tile.shade >= DARK_FROM else INK


def _classes(block: TerritoryMap, texts: Texts, y: float) -> list[Markup]:
    """Swatches in one row, their bounds below."""
    width = WIDTH / len(block.classes)
    shapes = []
    for rank, label in enumerate(block.classes):
        shapes.append(rectangle(rank * width + 1, y + 4, width - 2, 14, SHADES[rank], stroke="#8d97a1", stroke_width=0.5))
        shapes.append(text(rank * width + width / 2, y + 32, label, 10.5, anchor="middle"))
    return shapes
