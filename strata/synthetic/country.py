"""The whole country, from a number of persons and a seed to the files.

Belongs here: the order in which things are made, and the public function. Not here: how any of them is made.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from strata.errors import StrataError
from strata.synthetic import ambulatory, atih, beyond, local, snds
from strata.synthetic.care import FIELDS
from strata.synthetic.chance import Chance
from strata.synthetic.coding import code_stays
from strata.synthetic.density import SAMPLE, Density
from strata.synthetic.dirt import ERROR_GHS, soil, trouble, with_duplicates
from strata.synthetic.geography import geography
from strata.synthetic.history import Cases, burden, draw_cases, draw_standing, person_factor
from strata.synthetic.money import group_and_price
from strata.synthetic.people import People, draw_deaths, draw_people
from strata.synthetic.project import write_project
from strata.synthetic.reading import LOOKBACK_YEARS
from strata.synthetic.record import Record, make_record, pseudonyms
from strata.synthetic.stays import Table, make_stays
from strata.synthetic.tables import NONE, rows, visit
from strata.synthetic.truth import STATUS, make_truth
from strata.synthetic.visits import draw_visits

FORMATS = ("atih", "snds")
LOCAL = "local"  # one hospital of the country, on demand
FIRST_YEAR, LAST_YEAR = 2017, 2025
FEWEST_PERSONS = 1_000


def write_country(
    out: Path,
    *,
    persons: int,
    years: Sequence[int] = range(FIRST_YEAR, LAST_YEAR + 1),
    formats: Sequence[str] = FORMATS,
    seed: int = 1,
    parquet_years: str = "even",
    fields: Sequence[str] = ("mco",),
    density: Density = SAMPLE,
) -> None:
    """Write OUT/atih, OUT/snds and OUT/local (projects ready to run), OUT/truth.parquet and OUT/dirt.json; same seed, same bytes.

    persons: everyone drawn, births and foreigners included; years: calendar years of exit, first to last, at least five within 2017-2025;
    parquet_years: the SNDS years in Parquet ('even', 'all', 'none'); fields: fields of care, MCO among them. With more than MCO, the truth
    is that of all of them, OUT/truth_mco.parquet that of MCO alone, OUT/costs.parquet what the other stays are worth; the files of MCO
    are the same as without. 'dcir' adds the SNDS tables about persons to OUT/snds and their truth (ambulatory.py): some persons have two
    pseudonyms there, some share one. density: the sample has fewer stays a resident and codes a stay than France has (density.FRANCE).
    `out` must not exist, or be empty.
    Raises StrataError (usage) for anything else.
    """
    years = range(years[0], years[-1] + 1)
    _check(out, persons, years, formats, parquet_years, fields)
    has_persons, fields = ambulatory.FIELD in fields, [field for field in fields if field != ambulatory.FIELD]
    out.mkdir(parents=True, exist_ok=True)
    chance = Chance(seed)
    people, cases, stay, codes = _live(chance, persons, years, density)
    names = pseudonyms(chance, len(people))
    truth = make_truth(people, stay, codes, stay["touched"], years)
    _write_truth(out / ("truth.parquet" if _only_mco(fields) else "truth_mco.parquet"), truth, names)
    record = make_record(chance, len(people), stay, *codes)
    _write_dirt(out / "dirt.json", stay, record, years, formats)
    for form in set(formats) - {LOCAL}:
        write_project(out / form, people, years, fields, [ambulatory.FIELD] if has_persons and form == "snds" else [])
    if "atih" in formats:
        atih.write_landing(out / "atih" / "landing", record, years)
    known = ambulatory.draw_known(chance, people, stay, years) if has_persons and "snds" in formats else None
    if "snds" in formats:
        snds.write_landing(out / "snds" / "landing", ambulatory.renamed(record, known) if known else record, years, parquet_years)
        if known:
            ambulatory.write_persons(out, chance, people, cases, known, years)
    if LOCAL in formats:
        local.write_local(out, chance, people, record, years, names)
    if not _only_mco(fields):
        tables = beyond.live_care(chance, people, cases, stay, years, fields)
        everywhere, touched = beyond.everything(stay, stay["touched"], tables)
        _write_truth(out / "truth.parquet", make_truth(people, everywhere, codes, touched, years), names)
        care = beyond.record_of(chance, people, tables)
        landed = {"atih": care, "snds": ambulatory.renamed(care, known) if known else care}
        beyond.write_landings(out, {form: landed[form] for form in FORMATS if form in formats}, years, fields, parquet_years)
        beyond.write_costs(out / "costs.parquet", care)
        beyond.add_dirt(out / "dirt.json", care)


def _only_mco(fields: Sequence[str]) -> bool:
    return set(fields) == {"mco"}


def _live(chance: Chance, persons: int, years: range, density: Density = SAMPLE) -> tuple[People, Cases, Table, tuple[Table, ...]]:
    """People, their illnesses, their MCO stays, and the codes of the stays, dirt and duplicates included."""
    people = draw_people(chance, persons, years)
    cases = draw_cases(chance, people, years)
    people = draw_deaths(chance, people, person_factor(cases, len(people), "hazard"), years)
    visits = draw_visits(chance, people, cases, years, density.use)
    stay = make_stays(chance, people, visits, burden(cases, len(people)))
    unit, das, act = code_stays(chance, cases, draw_standing(chance, people, cases, years), stay, density.codes)
    soil(chance, stay)
    group_and_price(chance, stay)
    stay["touched"] = trouble(chance, cases, stay, unit, das)
    return people, cases, *with_duplicates(chance, stay, (unit, das, act))


def _check(out: Path, persons: int, years: range, formats: Sequence[str], parquet_years: str, fields: Sequence[str]) -> None:
    problem = None
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        problem = (
            "le dossier de sortie n'est pas vide",
            "the output folder is not empty",
            "choisir un dossier neuf",
            "choose a new folder",
        )
    elif persons < FEWEST_PERSONS:
        problem = (
            "trop peu de personnes pour porter tous les cas", "too few persons to carry every case",
            f"demander au moins {FEWEST_PERSONS} personnes", f"ask for at least {FEWEST_PERSONS} persons",
        )  # fmt: skip
    elif years.start < FIRST_YEAR or years.stop - 1 > LAST_YEAR or len(years) < LOOKBACK_YEARS:
        problem = (
            "années hors des formats connus ou fenêtre incomplète", "years outside the known formats, or an incomplete window",
            f"choisir au moins {LOOKBACK_YEARS} années entre {FIRST_YEAR} et {LAST_YEAR}",
            f"choose at least {LOOKBACK_YEARS} years between {FIRST_YEAR} and {LAST_YEAR}",
        )  # fmt: skip
    elif LOCAL in formats and years.stop <= local.FIRST_PUBLISHED:
        problem = (
            "la forme local commence en 2022", "the local form begins in 2022",
            f"choisir une dernière année à partir de {local.FIRST_PUBLISHED}", f"choose a last year from {local.FIRST_PUBLISHED} on",
        )  # fmt: skip
    elif not formats or set(formats) - {*FORMATS, LOCAL} or parquet_years not in snds.PARQUET_YEARS:
        known = ", ".join((*FORMATS, LOCAL))
        problem = ("forme inconnue", "unknown form", f"choisir parmi {known}", f"choose among {known}")
    elif ambulatory.FIELD in fields and "snds" not in formats:
        problem = (
            "dcir n'existe que sous la forme snds", "dcir exists in the snds form only",
            "ajouter la forme snds", "add the form snds",
        )  # fmt: skip
    elif "mco" not in fields or set(fields) - {*FIELDS, ambulatory.FIELD}:
        problem = (
            "champ de soins inconnu, ou MCO absent", "unknown field of care, or MCO missing",
            f"choisir mco et, en plus, parmi {', '.join(FIELDS[1:])}", f"choose mco and, beside it, among {', '.join(FIELDS[1:])}",
        )  # fmt: skip
    if problem:
        what = ("Le pays synthétique n'est pas écrit", "The synthetic country is not written")
        raise StrataError(what, str(out), (problem[0], problem[1]), (problem[2], problem[3]), is_usage=True)


def _write_truth(path: Path, truth: Table, names: np.ndarray) -> None:
    territories = np.array(geography().territory_ids)
    reasons = [row["reason"] for row in rows("reasons")]
    value, reason = truth["value"].astype(int), truth["reason"]
    table = pa.table(
        {
            "pseudonym": pa.array(names[truth["person"]].astype("U")),
            "condition": pa.array(truth["condition"].astype("U")),
            "year": pa.array(truth["year"].astype(np.int16)),
            "status": pa.array([STATUS.get(code, "diseased") for code in value.tolist()]),
            "stratum": pa.array(np.where(value <= 4, value, 0).astype(np.int8)),
            "territory_id": pa.array(territories[truth["territory"]]),
            "ambiguous": pa.array(reason != NONE),
            "ambiguous_reason": pa.array([reasons[number] if number != NONE else None for number in reason.tolist()]),
        }
    )
    order = [("pseudonym", "ascending"), ("condition", "ascending"), ("year", "ascending")]
    pq.write_table(table.sort_by(order), path, compression="zstd")


def _write_dirt(path: Path, stay: Table, record: Record, years: range, formats: Sequence[str]) -> None:
    """How many stays carry each kind of dirt: what the filters must find."""
    counted = {row["dirt"]: int((stay["dirt"] == number).sum()) for number, row in enumerate(rows("dirt"))}
    counted["duplicate_finess"] = int(stay["is_copy"].sum())
    counted["abortion"] = int((stay["kind"] == visit("abortion")).sum())
    counted["session"] = int(stay["session"].sum())
    counted["foreigner_or_unknown"] = int((geography().territory_of[stay["geo"]] < 0).sum())
    counted["ghs_9999_in_all"] = int((stay["ghs"] == ERROR_GHS).sum())
    counted["not_valued"] = int((stay["valuation"] == b"0").sum())
    counted["zero_euro"] = int(((stay["cost_cents"] == 0) & (stay["valuation"] == b"1")).sum())
    if "atih" in formats:
        counted["superseded"] = len(atih.superseded_slice(record, years).stay["year"])
    path.write_text(json.dumps(dict(sorted(counted.items())), indent=2) + "\n", encoding="utf-8", newline="\n")
