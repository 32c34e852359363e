"""strata.toml: every mistake is refused by the name of its key, never by a traceback."""

import re
import tomllib
from pathlib import Path

import pytest

from strata.config import from_dict, load
from strata.errors import StrataError

MISTAKES = {
    "a value for a section": ({"years": 5}, "[years]"),
    "a value for all coverage": ({"coverage": 5}, "[coverage]"),
    "an unknown section": ({"yeers": {}}, "yeers"),
    "an unknown key": ({"years": {"frist": 2021}}, "frist"),
    "a wrong type": ({"years": {"first": "2021"}}, "first"),
    "coverage of an unknown field": ({"coverage": {"mcoo": {"scope": "national"}}}, "mcoo"),
    "hospitals of ambulatory care": ({"coverage": {"dcir": {"hospitals": ["990000001"]}}}, "[coverage.dcir]"),
    "an unknown scope": ({"coverage": {"mco": {"scope": "france"}}}, "scope"),
    "an unknown field": ({"method": {"fields": ["mco", "hda"]}}, "fields"),
    "no field": ({"method": {"fields": []}}, "fields"),
    "a condition twice": ({"method": {"conditions": ["t2d", "t2d"]}}, "conditions"),
    "month 13": ({"coverage": {"mco": {"last_complete_month": "2025-13"}}}, "last_complete_month"),
    "month 0": ({"coverage": {"mco": {"last_complete_month": "2025-00"}}}, "last_complete_month"),
    "a year too far": ({"years": {"last": 99999}}, "[years]"),
    "years in disorder": ({"years": {"first": 2025, "last": 2021}}, "[years]"),
    "no threshold": ({"disclosure": {"threshold": 0}}, "threshold"),
    "a share over one": ({"disclosure": {"dominance_share": 85.0}}, "dominance_share"),
    "a truth for a share": ({"disclosure": {"dominance_share": True}}, "dominance_share"),
    "negative threads": ({"engine": {"threads": -1}}, "threads"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_by_the_name_of_its_key(name: str, tmp_path: Path) -> None:
    table, key = MISTAKES[name]
    with pytest.raises(StrataError) as caught:
        from_dict(table, tmp_path)
    assert key in caught.value.where and caught.value.is_usage


def test_a_file_saved_by_a_windows_editor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "strata.toml"
    path.write_text("[years]\nlast = 2024\n", encoding="utf-8-sig")
    assert load(path).years.last == 2024


def test_a_file_that_is_not_utf_8_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "strata.toml"
    path.write_text('[project]\nname = "Été"\n', encoding="latin-1")
    with pytest.raises(StrataError) as caught:
        load(path)
    assert "strata.toml" in caught.value.where and "UTF-8" in caught.value.why[0]


def test_defaults_claim_the_least(tmp_path: Path) -> None:
    config = from_dict({}, tmp_path)
    assert config.scope == "own" and config.fields_label == "mco" and config.disclosure.threshold == 11


TOML_MISTAKES = {
    "a = 1\nb = ": "valeur illisible (fin du fichier)",
    "a = 1\nb = tru": "valeur illisible (colonne 5)",
    "a = 1\na = 2\n\nb = 1": "cette clé est donnée deux fois",
    "[a]\n[a]": "la table a est déclarée deux fois",
    "a = [1": "la liste n'est pas fermée par ]",
    "a = {b = 1": "la table n'est pas fermée par }",
    'a = "x': "le texte n'est pas fermé par un guillemet",
    'a = "C:\\data"': "une barre \\ seule dans un texte : l'écrire \\\\, ou /",
    "a 1": "un = est attendu après la clé",
    "a = 1 b": "rien n'est attendu après la valeur",
    "[a": "] est attendu à la fin du nom de la table",
}


@pytest.mark.parametrize("text", TOML_MISTAKES)
def test_a_file_that_is_no_toml_is_told_in_french_with_its_line(text: str, tmp_path: Path) -> None:
    path = tmp_path / "strata.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(StrataError) as caught:
        load(path)
    assert TOML_MISTAKES[text] in caught.value.why[0] and "this is not valid TOML: " in caught.value.why[1]
    with pytest.raises(tomllib.TOMLDecodeError) as original:
        tomllib.loads(text)
    line = re.search(r"at line (\d+)", str(original.value))
    assert caught.value.where == (f"{path}:{line[1]}" if line else str(path))
