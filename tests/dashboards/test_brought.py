"""What a user brings to the pages: places, contours, follow-up of the deployment."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dashboards.model.measures import Writer
from dashboards.pages.territory import writer_of
from dashboards.sections.follow_up import follow_up
from dashboards.sections.section import condition_section
from dashboards.sources.atlas import Atlas, read_atlas
from dashboards.sources.deployment import COLUMNS, read_follow_up
from dashboards.sources.places import place_of
from dashboards.sources.published import Published
from strata.errors import StrataError

HEAD = ";".join(COLUMNS)


def square(territory_id: str, left: float) -> dict[str, object]:
    ring = [[left, 45.0], [left + 1, 45.0], [left + 1, 46.0], [left, 46.0], [left, 45.0]]
    return {"properties": {"territory_id": territory_id}, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def with_entries(published: Published, path: Path, lines: list[str]) -> Writer:
    path.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return writer_of(published, "fr", entries=read_follow_up(path))


def test_inclusions_add_up_by_stratum_against_the_persons_found(published: Published, tmp_path: Path) -> None:
    lines = [
        "T01;2025-03-01;inclusions;t2d;4;40",
        "T01;2025-06-01;inclusions;t2d;4;20",
        "T01;2025-06-01;inclusions;t2d;3;30",
        "T02;2025-06-01;inclusions;t2d;4;900",
        "T01;2025-06-01;meetings;;;5",
    ]
    writer = with_entries(published, tmp_path / "f.csv", lines)
    block = follow_up(writer, place_of(writer, "T01"), "t2d")
    assert [line[1].number for line in block.lines] == [60, 30, 0, 0, 90]
    found = writer.measure("persons", 2025, "t2d", "T01", "4").row.value
    assert block.lines[0][2].number == found and block.lines[0][3].number == pytest.approx(60 / (found or 1))
    assert [cell.text for _, cell in block.process] == ["5", "0", "0"]


def test_few_inclusions_are_hidden_and_the_total_with_them(published: Published, tmp_path: Path) -> None:
    writer = with_entries(published, tmp_path / "f.csv", ["T01;2025-03-01;inclusions;t2d;4;7", "T01;2025-03-01;inclusions;t2d;3;30"])
    block = follow_up(writer, place_of(writer, "T01"), "t2d")
    assert [line[1].text for line in block.lines] == ["< 11", "30", "0", "0", "masqué"]
    assert block.lines[0][1].number is None and block.lines[4][1].number is None


@pytest.mark.parametrize(
    "line",
    ["T01;03/2025;inclusions;t2d;4;7", "T01;2025-03-01;inclusions;;4;7", "T01;2025-03-01;visits;;;7", "T01;2025-03-01;meetings;;;-1"],
)
def test_a_line_that_cannot_be_read_is_told_by_its_number(published: Published, tmp_path: Path, line: str) -> None:
    with pytest.raises(StrataError) as caught:
        with_entries(published, tmp_path / "f.csv", ["T01;2025-03-01;meetings;;;1", line])
    assert caught.value.where.endswith("f.csv, 3") and caught.value.is_usage


def test_without_a_file_the_page_says_so(published: Published) -> None:
    writer = writer_of(published, "fr")
    assert "Aucun suivi" in follow_up(writer, place_of(writer, "T01"), "t2d").text


def test_regions_and_tiles_come_from_the_file_of_places(published: Published, tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    rows = [f"T0{rank};{'Nord' if rank < 4 else 'Sud'};{rank};1" for rank in range(1, 6)]
    path.write_text("\n".join(["territory_id;region;column;row", *rows]), encoding="utf-8")
    writer = writer_of(published, "fr", read_atlas(path, None))
    section = condition_section(writer, place_of(writer, "T01"), published.definitions[0])
    assert [(tile.column, tile.row) for tile in section.map.tiles] == [writer.atlas.tiles[name] for name in published.territories]
    assert section.comparators.columns[1] == "Région Nord (médiane de 2 autres)"
    assert "place déclarée" in section.map.place_note


def test_contours_are_drawn_in_one_scale(tmp_path: Path) -> None:
    path = tmp_path / "c.geojson"
    path.write_text(json.dumps({"features": [square("T01", 2.0), square("T02", 3.0)]}), encoding="utf-8")
    outlines = read_atlas(None, path).outlines
    points = [point for rings in outlines.values() for ring in rings for point in ring]
    assert min(x for x, _ in points) == 0 and max(x for x, _ in points) == pytest.approx(1)
    assert max(y for _, y in points) < 1 and outlines["T02"][0][0][0] == pytest.approx(0.5)


@pytest.mark.parametrize("content", ["{}", '{"features": [{"properties": {}}]}', "no json"])
def test_a_file_without_territories_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "c.geojson"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(StrataError):
        read_atlas(None, path)


def test_places_with_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text("name;x\na;1\n", encoding="utf-8")
    with pytest.raises(StrataError):
        read_atlas(path, None)


def test_the_atlas_is_empty_by_default(published: Published) -> None:
    assert replace(writer_of(published, "fr")).atlas == Atlas()
