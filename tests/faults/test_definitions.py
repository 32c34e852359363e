"""A definition that is not whole is refused, with its file, the entry or line, and the reason."""

import shutil
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from strata.config import from_dict
from strata.definitions.code_lists import Code, CodeList, check_against, read_code_lists
from strata.definitions.folder import CONDITIONS, compile_definitions, default_conditions, write_definitions
from strata.errors import StrataError
from strata.ingest.user.nomenclature import read_nomenclatures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the conditions that a test may spoil."""
    return Path(shutil.copytree(CONDITIONS, tmp_path / "conditions"))


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(folder: Path) -> StrataError:
    with pytest.raises(StrataError) as caught:
        compile_definitions(folder, ["t2d"])
    assert caught.value.is_usage
    return caught.value


def test_more_criteria_than_one_number_has_room_for_are_refused(folder: Path) -> None:
    """Those a person meets are the bits of one number, two definitions of 63 in a number of 126."""
    path = folder / "t2d" / "definition.toml"
    held = len(compile_definitions(folder, ["t2d"]).rows["definition_criterion"])
    more = [f'[criteria.more_{n}]\nevent = "type_1"\nlabel_fr = "un"\nlabel_en = "one"\n' for n in range(64 - held)]
    path.write_text("\n".join([path.read_text(encoding="utf-8"), *more[:-1]]), encoding="utf-8")
    assert len(compile_definitions(folder, ["t2d"]).rows["definition_criterion"]) == 63
    path.write_text("\n".join([path.read_text(encoding="utf-8"), more[-1]]), encoding="utf-8")
    assert "63 criteria" in refusal(folder).why[1]


def test_the_shipped_definitions_compile_alike_from_a_copy(folder: Path) -> None:
    assert compile_definitions(folder, ["t2d", "hf"]).rows == compile_definitions(CONDITIONS, ["t2d", "hf"]).rows


@pytest.mark.parametrize(
    ("file", "old", "new", "where", "why"),
    [
        ("shared/codes/htn.csv", "I10,,", "I1O,,", "shared/codes/htn.csv ligne 2", "shape"),
        ("shared/codes/htn.csv", "I11,,", "I10,,", "htn.csv ligne 3", "already"),
        ("shared/codes/htn.csv", "I11,,", "I10,2017-01-01,", "htn.csv ligne 3", "already"),
        ("shared/codes/htn.csv", "I11,,", "I100,,", "htn.csv ligne 3", "I10 of line 2"),
        ("shared/codes/htn.csv", "I11,,", "I11,01/03/2017,", "htn.csv ligne 3", "YYYY-MM-DD"),
        ("shared/codes/htn.csv", "I11,,", "I11,2018-01-01,2017-01-01", "htn.csv ligne 3", "ends before"),
        ("shared/codes/htn.csv", "I11,,", "I11", "htn.csv ligne 3", "as many cells"),
        ("shared/codes/htn.csv", "code,valid_from,valid_to", "code,from,to", "htn.csv ligne 1, valid_from", "column"),
        (
            "shared/lists.csv",
            "Acute coronary syndrome,2025,",
            "Acute coronary syndrome,soon,",
            "lists.csv ligne 2, nomenclature_year",
            "year",
        ),
        ("shared/lists.csv", "\naf_flutter,", "\nacs,", ", acs", "exists already"),
        (
            "shared/codes/cushing.csv",
            "\nE24,,,Syndrome de Cushing,Cushing syndrome,nomenclature",
            "",
            "cushing.csv",
            "empty",
        ),
        ("shared/lists.csv", "acs,icd10,prefix", "acs,icd10,contains", "lists.csv ligne", "match"),
        ("shared/lists.csv", '"SNDS documentation, disease map sheet"', "", "lists.csv ligne", "empty"),
        ("t2d/definition.toml", 'codes = ["dm_t1"]', 'codes = ["dm_t9"]', "definition.toml ligne 22, events.type_1", "dm_t9"),
        ("t2d/definition.toml", 'any = [{ codes = ["dm_t1"], in = "diagnosis" }]', 'any = ["dm_t1"]', "events.type_1", "type"),
        (
            "t2d/definition.toml",
            'codes = ["steroid_drug"], in = "care" }',
            'codes = ["steroid_drug"], in = "act" }',
            "events.steroid",
            "does not fit",
        ),
        (
            "t2d/definition.toml",
            '[{ codes = ["steroid_drug"], in = "care" }]',
            '[{ codes = ["steroid_drug"], in = "care" }, { codes = ["cushing"], in = "dp" }]',
            "events.steroid",
            "neither with a stay",
        ),
        ("t2d/definition.toml", "[events.antipsychotic]", '[events.antipsychotic]\nstay_all = ["mco"]', "events.antipsychotic", "trait"),
        ("t2d/definition.toml", 'codes = ["eye_act"], in = "act"', 'codes = ["eye_act"], in = "dp"', "events.eye", "does not fit"),
        ("t2d/definition.toml", 'stay_none = ["session"]', 'stay_none = ["seance"]', "events.decompensation", "trait"),
        ("t2d/definition.toml", 'stay_all = ["mco"]\nstay_none', "stay_none", "criteria.decompensation_24m", "MCO stays"),
        ("t2d/definition.toml", 'acs = { event = "acs_dp",', 'acs = { event = "acs_pd",', "criteria.acs", "acs_pd"),
        ("t2d/definition.toml", 'count = "day", months = 12', 'count = "week", months = 12', "criteria.dialysis", "count"),
        ("t2d/definition.toml", "months = 24, label", "month = 24, label", "criteria.decompensation_24m", "no such"),
        ("t2d/definition.toml", "months = 24, label", "months = 61, label", "criteria.decompensation_24m", "5 years of history"),
        ("t2d/definition.toml", "months = 24, label", 'months = "24", label', "criteria.decompensation_24m", "type"),
        (
            "t2d/definition.toml",
            'stroke = { event = "stroke_dp",',
            'stroke = { event = "stroke_dp", in_episode_with = "amputation",',
            "criteria.stroke",
            "episode",
        ),
        ("t2d/definition.toml", "at_least = 3\n", "at_least = 30\n", "S4-three-organs", "never"),
        ("t2d/definition.toml", "at_least = 3\n", "at_least = 0\n", "S4-three-organs", "always"),
        ("t2d/definition.toml", 'any = ["acs"]', 'any = ["acs", "acs"]', "S3-acute-coronary", "twice"),
        ("t2d/definition.toml", 'any = ["acs"]', "any = []", "S3-acute-coronary", "never"),
        ("t2d/definition.toml", "multiple_complications = 2", "multiple_complications = 0", "S4-three-organs", "at least 1"),
        ("t2d/definition.toml", 'any = ["acs"]', 'any = ["acs"]\nweight = { acs = 2 }', "S3-acute-coronary", "at_least and of"),
        ("t2d/definition.toml", "stratum = 1\n", "stratum = 2\n", "strata.1", "no rule gives"),
        (
            "t2d/definition.toml",
            "stratum = 1\n",
            "age_min = 40\nstratum = 1\n",
            "rules population",
            "could have no stratum",
        ),
        ("t2d/definition.toml", "strata.3 = { fr = ", "strata.3 = { es = ", "strata.3", "no such"),
        ("t2d/definition.toml", ', en = "Established complication"', "", "strata.3", "words are missing"),
        ("t2d/definition.toml", 'purpose = "known"', 'purpose = "population"', "rules", "'known'"),
        ("t2d/definition.toml", 'id = "S4-transplant"', 'id = "S4-dialysis"', "S4-dialysis", "same name"),
        ("t2d/definition.toml", 'any = ["transplant"]', 'any = ["graft"]', "S4-transplant", "graft"),
        ("t2d/definition.toml", "stratum = 4", "stratum = 5", "S4-dialysis", "5"),
        ("t2d/definition.toml", '"share:t2 > 0.5"', '"share:t3 > 0.5"', "type.rules 3", "share:t3"),
        ("t2d/definition.toml", '"share:t2 > 0.5"', '"share:t2 is big"', "type.rules 3", "unreadable"),
        ("t2d/definition.toml", '"share:t2 > 0.5"', '"share:t2 > 50"', "type.rules 3", "never passes 1"),
        ("t2d/definition.toml", '"age_first < 30"', '"age_first >= 40", "age_first < 30"', "type.rules 1", "no value fits: age_first"),
        ("t2d/definition.toml", '"age_first < 30"', '"age_first > 29", "age_first < 30"', "type.rules 1", "no value fits: age_first"),
        ("t2d/definition.toml", '"age >= 45"', '"age >= 450"', "type.rules 7", "no value fits: age"),
        ("t2d/definition.toml", '"share:t2 > 0.5"', '"share:t2 > 0.5", "share:t2 < 0.5"', "type.rules 3", "no value fits: share:t2"),
        ("t2d/definition.toml", '"stays:t1 >= 2"', '"stays:t1 >= 2", "stays:t1 < 2"', "type.rules 2", "no value fits: stays:t1"),
        ("t2d/definition.toml", 'stay_all = ["mco"]', 'stay_all = ["mco", "smr"]', "events.type_1_ketoacidosis_dp", "one field of care"),
        (
            "t2d/definition.toml",
            'stay_all = ["mco"]',
            'stay_all = ["mco"]\nstay_any = ["smr"]',
            "events.type_1_ketoacidosis_dp",
            "one field of care",
        ),
        (
            "t2d/definition.toml",
            'stay_none = ["contact"]',
            'stay_none = ["contact"]\nstay_any = ["contact"]',
            "events.type_1",
            "asked and excluded: contact",
        ),
        (
            "t2d/definition.toml",
            'stay_none = ["contact"]',
            'stay_none = ["contact"]\nstay_all = ["contact", "psy"]',
            "events.type_1",
            "asked and excluded: contact",
        ),
        ("t2d/definition.toml", "age_min = 18", "age_min = -18", "definition.toml ligne 10, age_min", "0 to 120"),
        ("t2d/definition.toml", "age_min = 18", "age_min = 999", "definition.toml ligne 10, age_min", "0 to 120"),
        ("t2d/definition.toml", "age_min = 45", "age_min = 450", "rules R-", "0 to 120"),
        ("t2d/definition.toml", 'event = "type_2", spec', 'event = "type_9", spec', "type.t2", "type_9"),
        ("t2d/definition.toml", 'event = "type_2", specificity = 1', 'event = "type_2"', "type.t2 specificity", "missing"),
        ("t2d/definition.toml", 'population_type = "t2"', 'population_type = "t4"', "population_type", "no rule"),
        ("t2d/definition.toml", 'falls = "expiry"', 'falls = "never"', "definition.toml ligne 13, falls", "recency or expiry"),
        ("t2d/definition.toml", 'source = "', 'origin = "', "definition.toml ligne 12, origin", "no such"),
        ("t2d/definition.toml", 'source = "Open', 'source = ""  # "Open', "source", "missing"),
        ("t2d/definition.toml", 'condition = "t2d"', 'condition = "dt2"', "condition", "folder"),
        ("t2d/definition.toml", "[criteria]", "[criteria", "definition.toml ligne 171", "valid TOML: Expected ']'"),
        ("t2d/definition.toml", 'purpose = "population"', 'purpose = "known"', "rules", "population"),
        ("t2d/definition.toml", ', label_en = "Acute coronary syndrome"', "", "criteria.acs label_en", "missing"),
        ("t2d/definition.toml", 'label_fr = "Dialyse chronique"', 'label_fr = " "', "rules S4-dialysis label_fr", "missing"),
        ("t2d/definition.toml", ', label_fr = "Type 2"', "", "type.t2 label_fr", "missing"),
        ("t2d/definition.toml", "labels.t2 = {", "labels.t3 = {", "type.labels t2", "words are missing"),
        ("t2d/definition.toml", '[[caveats]]\nfr = "', '[[caveats]]\nfr = ""  # "', "caveats 1", "words are missing"),
        ("t2d/definition.toml", 'id = "RP-DT2-1.0"\ncond', 'id = "RP-DT2-1.1"\ncond', "definition.toml ligne 5, id", "say what changed"),
        ("t2d/definition.toml", "valid_from = 2026-11-22\n", "", "versions 1 valid_from", "missing"),
        ("t2d/definition.toml", "valid_from = 2026-11-22", 'valid_from = "soon"', "versions 1 valid_from", "type"),
        ("t2d/definition.toml", 'changes_en = ["First version."]', "changes_en = []", "versions 1", "both languages"),
        (
            "t2d/definition.toml",
            "[[versions]]",
            '[[versions]]\nid = "RP-DT2-1.0"\nvalid_from = 2026-01-01\nsource = "x"\nchanges_fr = ["x"]\nchanges_en = ["x"]\n[[versions]]',
            "versions 2",
            "own name",
        ),
    ],
)
def test_a_spoilt_definition_is_refused_by_name(folder: Path, file: str, old: str, new: str, where: str, why: str) -> None:
    spoil(folder / file, old, new)
    error = refusal(folder)
    assert where in error.where
    assert why in error.why[1]


def test_an_entry_that_is_missing_is_not_looked_for_in_another_table(folder: Path) -> None:
    """`age_min` of a rule is not that of the definition: no line is told rather than one of another entry."""
    spoil(folder / "t2d" / "definition.toml", "age_min = 18\n", "")
    assert refusal(folder).where == "t2d/definition.toml age_min"


def test_several_comparisons_that_some_value_meets_are_a_rule(folder: Path) -> None:
    texts = (
        '"age_first > 28", "age_first < 30"',
        '"age_first >= 0", "age_first <= 0"',
        '"age_first > 29.5", "share:t2 > 0.5", "share:t2 < 0.6"',
    )
    for text in texts:
        path = folder / "t2d" / "definition.toml"
        spoil(path, '"age_first < 30"', text)
        assert compile_definitions(folder, ["t2d"]).rows["definition_type_rule"]
        spoil(path, text, '"age_first < 30"')


@pytest.mark.parametrize("place", ["shared", "t2d", "copd"])
def test_a_file_of_codes_that_no_list_names_is_refused(folder: Path, place: str) -> None:
    (folder / place / "codes").mkdir(exist_ok=True)
    shutil.copy(folder / "shared" / "codes" / "htn.csv", folder / place / "codes" / "foo.csv")
    with pytest.raises(StrataError) as caught:
        compile_definitions(folder, ["copd", "t2d"])
    assert f"{place}/codes/foo.csv" in caught.value.where and "lists.csv" in caught.value.why[1] and caught.value.is_usage


def test_a_condition_that_the_folder_has_not_is_told_with_those_it_has(folder: Path) -> None:
    with pytest.raises(StrataError) as caught:
        compile_definitions(folder, ["t2d", "nope"])
    assert "nope/definition.toml" in caught.value.where and "copd, hf, segments, stroke, t2d" in caught.value.why[1]


HEAD = "code,valid_from,valid_to,label_fr,label_en,label_source\n"


@pytest.mark.parametrize(
    ("words", "where"),
    [(",Hypertension,own", "label_fr"), ("HTA,,own", "label_en"), (" , ,own", "label_fr"), ("HTA,Hypertension,", "label_source"),
     ("HTA,Hypertension,official", "label_source")],
)  # fmt: skip
def test_a_code_has_its_label_in_both_languages_and_says_whose_words_they_are(folder: Path, words: str, where: str) -> None:
    path = folder / "shared" / "codes" / "htn.csv"
    path.write_text(f"{HEAD}I10,,,HTA,Hypertension,own\nI11,,,{words}\n", encoding="utf-8")
    assert f"htn.csv ligne 3, {where}" in refusal(folder).where
    spoil(path, f"I11,,,{words}", "I11,,,Cardiopathie hypertensive,Hypertensive heart disease,nomenclature")
    compile_definitions(folder, ["t2d"])


def test_a_list_without_the_columns_of_labels_is_refused(folder: Path) -> None:
    (folder / "shared" / "codes" / "htn.csv").write_text("code,valid_from,valid_to\nI10,,\n", encoding="utf-8")
    assert "htn.csv ligne 1, label_fr" in refusal(folder).where


def test_a_missing_folder_is_refused(folder: Path) -> None:
    shutil.rmtree(folder / "t2d")
    assert "t2d/definition.toml" in refusal(folder).where


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_refusal_says_the_file_the_line_and_the_reason_in_both_languages(folder: Path, language: str) -> None:
    spoil(folder / "t2d" / "definition.toml", 'acs = { event = "acs_dp",', 'acs = { event = "acs_pd",')
    line = (folder / "t2d" / "definition.toml").read_text(encoding="utf-8").partition('acs = { event = "acs_pd",')[0].count("\n") + 1
    said = refusal(folder).text(language)
    assert f"t2d/definition.toml {'ligne' if language == 'fr' else 'line'} {line}, criteria.acs" in said
    assert {"fr": "événement inconnu", "en": "unknown event"}[language] in said


def test_a_list_is_searched_for_a_code_that_a_shorter_one_holds_at_its_dates_only(folder: Path) -> None:
    path = folder / "shared" / "codes" / "htn.csv"
    path.write_text(f"{HEAD}I10,,2016-12-31,a,a,own\nI100,2017-01-01,,a,a,own\nI10,2020-01-01,,a,a,own\n", encoding="utf-8")
    assert "ligne 3" not in str(compile_definitions(folder, ["t2d"]).rows["definition_code"])
    path.write_text(f"{HEAD}I10,,2016-12-31,a,a,own\nI100,2015-01-01,2016-01-01,a,a,own\n", encoding="utf-8")
    assert "htn.csv ligne 3" in refusal(folder).where


def test_two_conditions_may_not_give_one_name_to_two_lists(folder: Path) -> None:
    (folder / "t2d" / "codes").mkdir()
    (folder / "t2d" / "lists.csv").write_text(
        "list_id,system,match,label_fr,label_en,nomenclature_year,source,author\nasthma,icd10,prefix,a,a,2025,x,x\n", encoding="utf-8"
    )
    (folder / "t2d" / "codes" / "asthma.csv").write_text(f"{HEAD}J45,,,a,a,own\n", encoding="utf-8")
    compile_definitions(folder, ["t2d", "segments"])  # not used by t2d: nothing mixes
    spoil(folder / "t2d" / "definition.toml", 'codes = ["copd"]', 'codes = ["asthma"]')
    with pytest.raises(StrataError) as caught:
        compile_definitions(folder, ["t2d", "segments"])
    assert "asthma" in caught.value.where


def test_one_code_has_one_label_over_all_lists() -> None:
    """A page that shows a code under two names makes a reader look for a difference that is none."""
    words: dict[tuple[str, str], set[tuple[str, str, str]]] = {}
    for condition in ("copd", "hf", "segments", "stroke", "t2d"):
        lists, _ = read_code_lists(CONDITIONS, condition)
        for code_list in lists.values():
            for code in code_list.codes:
                words.setdefault((code_list.system, code.code), set()).add((code.label_fr, code.label_en, code.label_source))
    assert {code: said for code, said in words.items() if len(said) > 1} == {}


NOMENCLATURE = {
    "whole": "system,code,valid_from,valid_to\ncim10,I10,,\ncim10,I11,,\n",
    "one prefix missing": "system,code,valid_from,valid_to\ncim10,I10,,\n",
    "a longer code shows the prefix": "system,code,valid_from,valid_to\ncim10,I10,,\ncim10,I1190,,\n",
    "dated, before the list": "system,code,valid_from,valid_to\ncim10,I10,,\ncim10,I11,,2016-12-31\n",
    "dated, within the list": "system,code,valid_from,valid_to\ncim10,I10,,\ncim10,I11,,2018-12-31\n",
    "another system": "system,code,valid_from,valid_to\nghm,05M09,,\n",
}


@pytest.mark.parametrize(
    ("name", "is_refused"),
    [
        ("whole", False), ("one prefix missing", True), ("a longer code shows the prefix", False), ("dated, before the list", True),
        ("dated, within the list", False), ("another system", False),
    ],
)  # fmt: skip
def test_codes_are_looked_for_in_the_nomenclature_brought(tmp_path: Path, name: str, is_refused: bool) -> None:
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "codes.csv").write_text(NOMENCLATURE[name], encoding="utf-8")
    (tmp_path / "shared" / "codes").mkdir(parents=True)
    (tmp_path / "shared" / "lists.csv").write_text(
        "list_id,system,match,label_fr,label_en,nomenclature_year,source,author\nhtn,icd10,prefix,a,a,2025,x,x\n", encoding="utf-8"
    )
    path = tmp_path / "shared" / "codes" / "htn.csv"
    path.write_text(f"{HEAD}I10,,,a,a,own\nI11,2017-03-01,,a,a,own\n", encoding="utf-8")
    lists, _ = read_code_lists(tmp_path, "any")
    if not is_refused:
        check_against(read_nomenclatures(tmp_path / "n"), list(lists.values()))
        return
    with pytest.raises(StrataError) as caught:
        check_against(read_nomenclatures(tmp_path / "n"), list(lists.values()))
    assert "codes/htn.csv ligne 3" in caught.value.where and caught.value.is_usage


@pytest.mark.parametrize(("valid_to", "is_refused"), [("2017-02-28", False), ("", True)])
def test_a_code_of_the_past_is_not_looked_for_in_a_nomenclature_without_dates(tmp_path: Path, valid_to: str, is_refused: bool) -> None:
    """E66.00 to E66.02 (BMI classes until February 2017): a list of the codes of today cannot say that they never were."""
    today = read_nomenclatures_of(tmp_path, "cim_code,cim_libelle\nE6604,Obésité\n")
    codes = (Code(2, "E6600", None, ended(valid_to), "a", "a", "own"), Code(3, "E6604", None, None, "a", "a", "own"))
    obesity = CodeList("obesity", "icd10", "prefix", tmp_path / "obesity.csv", codes)
    if is_refused:
        with pytest.raises(StrataError, match="ligne 2"):
            check_against(today, [obesity])
    else:
        check_against(today, [obesity])


def read_nomenclatures_of(tmp_path: Path, text: str) -> pl.DataFrame:
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "codes.csv").write_text(text, encoding="utf-8")
    return read_nomenclatures(tmp_path / "n")


def ended(day: str) -> date | None:
    return date.fromisoformat(day) if day else None


def test_the_nomenclature_of_the_settings_is_read_where_definitions_are_written(tmp_path: Path) -> None:
    (tmp_path / "n").mkdir()
    (tmp_path / "n" / "cim.csv").write_text("cim_code,cim_libelle\nE1190,Diabète\n", encoding="utf-8")
    settings = from_dict({"paths": {"nomenclatures": "n"}}, tmp_path)
    with pytest.raises(StrataError) as caught:
        write_definitions(duckdb.connect(), settings)
    assert "codes/" in caught.value.where and "nomenclature" in caught.value.why[1]


def test_only_the_default_definitions_are_run_when_none_is_named() -> None:
    assert default_conditions(CONDITIONS) == ["hf", "t2d"]
    everything = sorted(path.parent.name for path in CONDITIONS.glob("*/definition.toml"))
    assert everything == ["copd", "hf", "segments", "stroke", "t2d"]
    assert len(compile_definitions(CONDITIONS, everything).rows["definition"]) == 5


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        ("smallest_share = 0.0", "smallest_share = 1.0", "gate", "smallest first"),
        ("largest_share = 1.0", "largest_share = 45", "gate", "shares of 0 to 1"),
        ("largest_share = 1.0", "greatest_share = 1.0", "gate greatest_share", "no such"),
        ("largest_share = 1.0", 'largest_share = "1"', "gate largest_share", "type"),
        ('reason_en = "A whole', 'reason_en = ""  # "A whole', "gate reason_en", "missing"),
    ],
)
def test_shares_of_its_own_that_a_gate_cannot_ask_are_refused(folder: Path, old: str, new: str, where: str, why: str) -> None:
    spoil(folder / "segments" / "definition.toml", old, new)
    with pytest.raises(StrataError) as caught:
        compile_definitions(folder, ["segments"])
    assert "segments/definition.toml" in caught.value.where and where in caught.value.where and why in caught.value.why[1]


@pytest.mark.parametrize(
    ("old", "new", "where", "why"),
    [
        ('codes = ["hba1c_test"]', 'codes = ["hba1c"]', "follow_up.toml ligne 6, acts hba1c", "unknown code list: hba1c"),
        ('codes = ["hba1c_test"]', 'codes = ["ophthalmologist"]', "acts hba1c", "does not fit 'codes'"),
        ('by = ["ophthalmologist"]', 'by = ["fundus_act"]', "acts fundus", "does not fit 'by'"),
        ('codes = ["hba1c_test"]', 'codes = ["acs"]', "acts hba1c", "does not fit"),
        ('{ codes = ["hba1c_test"] }', "{ codes = [] }", "acts hba1c", "neither a code nor a speciality"),
        ('{ codes = ["hba1c_test"] }', '{ code = ["hba1c_test"] }', "acts hba1c code", "no such entry"),
        ('counted = "month"', 'counted = "week"', "follow_up.toml ligne 10, acts hba1c counted", "unknown value"),
        ("times = 2, basis", "times = 13, basis", "follow_up.toml ligne 13, acts hba1c expected.1", "cannot be reached"),
        ("times = 2, basis", "times = 0, basis", "acts hba1c expected.1", "cannot be reached"),
        ("times = 2, basis", 'times = "2", basis', "acts hba1c expected.1 times", "type"),
        ("times = 2, basis", "basis", "acts hba1c expected.1 times", "missing"),
        ('times = 2, basis = "source"', 'times = 2, basis = "HAS"', "acts hba1c expected.1", "source or proposal"),
        ("years = 2, basis", "years = 6, basis", "acts fundus expected.1", "cannot be reached"),
        ("expected.1 = { times = 2", "expected.5 = { times = 2", "acts hba1c expected", "by stratum: 1, 2, 3, 4"),
        ("months = [10, 11, 12]", "months = [10, 11, 13]", "acts flu_vaccine months", "from 1 to 12"),
        ("months = [10, 11, 12]", "months = []", "acts flu_vaccine months", "from 1 to 12"),
        ('id = "creatinine"', 'id = "hba1c"', "acts hba1c", "name taken"),
        ('id = "creatinine"', 'id = "Créatinine"', "acts Créatinine", "impossible for an indicator"),
        ('label_en = "HbA1c test"', 'label_en = " "', "acts hba1c label_en", "missing"),
        ("caveat_en = ", "caveat = ", "acts hba1c caveat", "no such entry"),
    ],
)
def test_a_calendar_of_follow_up_that_is_not_whole_is_refused(folder: Path, old: str, new: str, where: str, why: str) -> None:
    spoil(folder / "t2d" / "follow_up.toml", old, new)
    error = refusal(folder)
    assert "t2d/follow_up.toml" in error.where and where in error.where
    assert why in error.why[1]


def test_an_act_that_two_conditions_name_is_one_act(folder: Path) -> None:
    spoil(folder / "t2d" / "follow_up.toml", 'codes = ["creatinine_test"]', 'codes = ["lipid_test"]')
    with pytest.raises(StrataError) as caught:
        compile_definitions(folder, ["hf", "t2d"])
    assert "t2d/follow_up.toml ligne 19, acts creatinine" in caught.value.where
    assert compile_definitions(folder, ["t2d"]).rows["definition_act"]


def test_a_class_of_drugs_shows_an_act_through_the_codes_of_the_project(folder: Path) -> None:
    """An act is added by data alone: with shared/drugs.csv it has codes, without it none, and is then not computable."""
    act = """
[[acts]]
id = "steroid_watch"
label_fr = "Corticoïde"
label_en = "Steroid"
shown_by = [{ codes = ["steroid_drug"] }]
caveat_fr = "Essai."
caveat_en = "A trial."
expected.4 = { times = 1, basis = "proposal", source = "A form for tests" }
"""
    path = folder / "t2d" / "follow_up.toml"
    path.write_text(path.read_text(encoding="utf-8") + act, encoding="utf-8")
    codes = [row for row in compile_definitions(folder, ["t2d"]).rows["definition_act_code"] if row[1] == "steroid_watch"]
    assert codes == []
    (folder / "shared" / "drugs.csv").write_text("cip13,atc\n3400900000015,H02AB06\n", encoding="utf-8")
    codes = [row for row in compile_definitions(folder, ["t2d"]).rows["definition_act_code"] if row[1] == "steroid_watch"]
    assert [row[4:6] for row in codes] == [("cip13", "3400900000015")]
