"""French and English say the same things, and numbers are written as each language does."""

import re
from datetime import date
from pathlib import Path

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from dashboards.figures.scale import ratio_scale, round_ticks
from dashboards.model.numbers import LOCALES, MINUS, Numbers
from dashboards.site import build_site
from dashboards.texts import load
from tests.support.published_sample import write_published


def fields(text: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", text))


def test_both_languages_have_the_same_keys_and_fields() -> None:
    french, english = load("fr").entries, load("en").entries
    assert set(french) == set(english)
    assert {key for key in french if fields(french[key]) != fields(english[key])} == set()
    assert {key for key in french if bool(french[key]) != bool(english[key])} == set()


def test_the_english_site_is_english(tmp_path: Path) -> None:
    html = build_site(write_published(tmp_path), "en", documents=()).read_text(encoding="utf-8")
    assert '<html lang="en">' in html and "SYNTHETIC DATA" in html
    assert not re.search("Personnes|Coût|Lecture|attendu", re.sub(r"<li><a href=.*?</li>", "", html))


def test_high_signs_never_begin_a_line() -> None:
    assert not [key for key, text in load("fr").entries.items() if re.search(r" [:;?!%»]|« ", text)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (Numbers("fr").count(1234567), "1\u202f234\u202f567"),
        (Numbers("en").count(1234567), "1,234,567"),
        (Numbers("fr").percent(-0.0608, 1, signed=True), "−6,1\u202f%"),
        (Numbers("en").percent(0.0608, 1, signed=True), "+6.1%"),
        (Numbers("fr").percent(-0.00001, 1, signed=True), "0,0\u202f%"),
        (Numbers("fr").euros(6054.4), "6\u202f054\u00a0€"),
        (Numbers("fr").euros(48.256), "48,26\u00a0€"),
        (Numbers("fr").euros(304_500_000), "304,5\u00a0M€"),
        (Numbers("en").euros(304_500_000), "€304.5m"),
        (Numbers("en").euros(-18.5), "−€18.50"),
        (Numbers("fr").ratio(0.93919), "0,94"),
        (Numbers("fr").day(date(2025, 12, 31)), "31\u00a0décembre\u00a02025"),
    ],
)
def test_numbers_are_written_as_the_language_does(written: str, expected: str) -> None:
    assert written == expected


@given(st.sampled_from(sorted(LOCALES)), st.floats(-1e10, 1e10), st.integers(0, 4))
def test_numbers_are_written_as_babel_writes_them(language: str, value: float, digits: int) -> None:
    rounded = round(value, digits)
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    wanted = (MINUS if rounded < 0 else "") + format_decimal(abs(rounded), format=pattern, locale=LOCALES[language])
    assert Numbers(language).decimal(value, digits) == wanted


@given(st.lists(st.floats(0.05, 20), max_size=8))
def test_a_half_and_a_double_stand_equally_far_from_one(ratios: list[float]) -> None:
    scale = ratio_scale(ratios, 0, 100)
    assert scale.at(1) == pytest.approx(50)
    assert scale.at(1.2) - 50 == pytest.approx(50 - scale.at(1 / 1.2))
    assert 1.0 in scale.ticks() and scale.ticks() == sorted(set(scale.ticks()))
    assert all(0 <= scale.at(ratio) <= 100 for ratio in ratios)


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_ticks_hold_what_is_drawn(one: float, other: float) -> None:
    low, high = sorted((one, other))
    ticks = round_ticks(low, high)
    assert ticks[0] <= low * (1 + 1e-9) and ticks[-1] >= high * (1 - 1e-9)
    assert 2 <= len(ticks) <= 8
