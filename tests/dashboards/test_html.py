"""The pages as files: they stand alone, escape what comes from data, and can be read by everyone."""

import base64
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from dashboards.site import build_site, file_names
from tests.support.published_sample import TERRITORIES, frame, receipt, write_places, write_published

CSS = Path("dashboards") / "static" / "page.css"
EVIL = "<script>alert('x')</script>\"&"


class Elements(HTMLParser):
    """Elements in order of appearance, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def figures(html: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg .*?</svg>", html, flags=re.DOTALL)]


def test_one_page_per_territory_and_an_index(pages: dict[str, str]) -> None:
    assert {"T01.html", "T02.html", "T03.html", "T04.html", "T05.html", "index.html"} <= set(pages)


def test_pages_are_light_and_ask_nothing_from_outside(pages: dict[str, str]) -> None:
    for html in pages.values():
        assert len(html.encode()) < 1_500_000
        assert not re.search(r"https?:|src=|@import|url\(|<script\s|<iframe|<link|=\"//", html)
        assert "default-src 'none'" in html


def test_a_page_has_one_script_and_its_policy_allows_no_other(pages: dict[str, str]) -> None:
    for html in pages.values():
        (script,) = re.findall(r"<script[^>]*>(.*?)</script>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"; script-src 'sha256-{digest}'\">" in html and not re.search(r"\son[a-z]+=", html)


def test_the_same_publication_gives_the_same_bytes(run_folder: Path, tmp_path: Path) -> None:
    write_published(tmp_path)
    frame().sample(fraction=1.0, shuffle=True, seed=3).write_parquet(tmp_path / "indicators.parquet")
    build_site(tmp_path)
    made = [path.relative_to(run_folder) for path in (run_folder / "dashboard").rglob("*") if path.is_file()]
    assert len(made) >= 12
    for path in made:
        assert (tmp_path / path).read_bytes() == (run_folder / path).read_bytes(), path


def test_what_comes_from_data_is_escaped(tmp_path: Path) -> None:
    write_published(tmp_path)
    given = receipt()
    given["run_id"] = EVIL
    write_places(tmp_path, dict.fromkeys(TERRITORIES, EVIL))
    given["definitions"]["t2d"] |= {"label_fr": EVIL, "short_fr": EVIL, "strata": {"4": {"fr": EVIL}}}
    (tmp_path / "receipt.json").write_text(json.dumps(given), encoding="utf-8")
    build_site(tmp_path, documents=())
    for path in (tmp_path / "dashboard").rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert html.count("<script") == (0 if path.name.endswith(".meeting.html") else 1) and "&lt;script&gt;" in html


def test_names_with_signs_of_markup_are_shown_as_written(pages: dict[str, str]) -> None:
    assert "<Îles>" not in pages["T05.html"]
    assert "Bas-Mérinois &amp; &lt;Îles&gt;" in pages["T05.html"]


def test_every_figure_has_a_role_a_title_and_a_description(pages: dict[str, str]) -> None:
    for html in pages.values():
        drawn = figures(html)
        assert len(drawn) > 10
        for svg in drawn:
            if svg.get("aria-hidden") == "true":
                continue
            title, description = svg[0], svg[1]
            assert (svg.get("role"), title.tag, description.tag) == ("img", "title", "desc")
            assert title.text and description.text
            assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"


def test_identifiers_are_unique_and_links_arrive(run_folder: Path) -> None:
    folder = (run_folder / "dashboard").resolve()
    found = {path: Elements(path.read_text(encoding="utf-8")).found for path in folder.rglob("*.html")}
    names = {path: [attributes["id"] for _, attributes in elements if "id" in attributes] for path, elements in found.items()}
    for path, elements in found.items():
        assert not [name for name, count in Counter(names[path]).items() if count > 1]
        for _, attributes in elements:
            if "href" not in attributes:
                continue
            target, _, anchor = (attributes["href"] or "").partition("#")
            arrived = (path.parent / target).resolve() if target else path
            assert arrived.is_file()
            assert not anchor or anchor in names[arrived], (path.name, anchor)


def test_headings_never_skip_a_level_and_headers_have_a_scope(pages: dict[str, str]) -> None:
    for html in pages.values():
        found = Elements(html).found
        levels = [int(tag[1]) for tag, _ in found if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert all(attributes.get("scope") for tag, attributes in found if tag == "th")
        assert found[0][1] == {"lang": "fr"} or ("html", {"lang": "fr"}) in found


def test_every_page_says_what_it_is(pages: dict[str, str]) -> None:
    for html in pages.values():
        assert html.count("DONNÉES SYNTHÉTIQUES") >= 2
        assert "20260101T060000-a1b2c3d" in html
        assert "31\u00a0décembre\u00a02025" in html
        assert "41 contrôles passés sur 42" in html
        assert html.count("définition ouverte, pas la définition FHF/GPRP") == 2
        assert "Pourquoi deux rapports" in html
        assert "diabétiques" not in html


def test_no_colour_judges(pages: dict[str, str]) -> None:
    for html in pages.values():
        assert not re.search("#0072B2|#D55E00", html, flags=re.IGNORECASE)


@pytest.mark.parametrize("colour", ["#16202a", "#5b6570", "#424c57", "#0b4f86", "#0b3c5d"])
@pytest.mark.parametrize("ground", ["#ffffff", "#f3f6f9"])
def test_text_stands_out_from_its_ground(colour: str, ground: str) -> None:
    assert colour in CSS.read_text(encoding="utf-8")
    light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """WCAG relative luminance of #rrggbb."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_file_names_suit_every_file_system() -> None:
    names = file_names(["T01", "a/b", "a:b", "index", "CON", "Été", "t01"])
    assert names["T01"] == "T01.html"
    assert len({name.lower() for name in names.values()}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.html", name) for name in names.values())
    assert names["index"] != "index.html" and names["CON"] != "CON.html"


def test_a_publication_without_any_number_still_makes_pages(tmp_path: Path) -> None:
    write_published(tmp_path)
    numbers = ["numerator", "denominator", "value", "lower", "upper", "expected", "ratio", "ratio_lower", "ratio_upper", "reference_value"]
    nothing = frame().with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in numbers)
    nothing.with_columns(status=pl.lit("not_computable"), reason=pl.lit("lookback")).write_parquet(tmp_path / "indicators.parquet")
    html = build_site(tmp_path, documents=()).read_text(encoding="utf-8")
    assert "recul incomplet" in html
