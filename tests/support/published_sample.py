"""A small published run folder, made up and always the same: five territories, REST and ALL, two conditions, 2021-2025.

It holds what pages must cope with: suppressed cells of both kinds, numbers that are not computable, costs without an interval.
"""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

TERRITORIES = {
    "T01": "Val de Brume",
    "T02": "Hautes-Aulnes",
    "T03": "Pays d’Ormeval",
    "T04": "Côte de Lande",
    "T05": "Bas-Mérinois & <Îles>",
}
SIZES = {"T01": 314590, "T02": 297219, "T03": 363167, "T04": 219016, "T05": 9120, "REST": 2400000}
YEARS = (2021, 2022, 2023, 2024, 2025)
RATES = {"t2d": (0.0322, 0.067, 6446.0), "hf": (0.0173, 0.044, 9361.0)}
SHARES = {"1": 0.331, "2": 0.292, "3": 0.204, "4": 0.173}
COST_5Y = {"1": 6900.0, "2": 14800.0, "3": 31200.0, "4": 58400.0, "all": 22800.0}
LEANING = {"T01": 1.06, "T02": 0.93, "T03": 1.0, "T04": 1.12, "T05": 0.97, "REST": 0.995, "ALL": 1.0}
UNITS = {"persons": "persons", "at_risk_persons": "persons", "prevalence": "share", "prevalence_all_ages": "share"}
NUMBERS = ["numerator", "denominator", "value", "lower", "upper", "expected", "ratio", "ratio_lower", "ratio_upper", "reference_value"]
SUPPRESSED = {("T05", "hf", "4"): "suppressed_primary", ("T05", "hf", "3"): "suppressed_secondary"}

DEFINITIONS = {
    "t2d": {
        "definition_id": "RP-DT2-1.0",
        "label_fr": "Diabète de type 2",
        "label_en": "Type 2 diabetes",
        "short_fr": "DT2",
        "short_en": "T2D",
        "strata": {
            "1": {"fr": "Diabète connu, sans complication ni traitement lourd repérés", "en": "Diabetes coded, nothing more"},
            "2": {
                "fr": "Traitement intensif ou haut risque cardiométabolique, sans atteinte d'organe codée",
                "en": "High risk, no organ damage",
            },
            "3": {"fr": "Complication installée", "en": "Established complication"},
            "4": {
                "fr": "Défaillance d'organe, complication majeure ou complications multiples",
                "en": "Organ failure or major complications",
            },
        },
    },
    "hf": {
        "definition_id": "RP-IC-1.0",
        "label_fr": "Insuffisance cardiaque",
        "label_en": "Heart failure",
        "short_fr": "IC",
        "short_en": "HF",
        "strata": {
            "1": {"fr": "Insuffisance cardiaque connue, stable", "en": "Known, stable"},
            "2": {"fr": "Contrôlée, à risque de décompensation", "en": "Controlled, at risk of decompensation"},
            "3": {"fr": "Récente ou sévère", "en": "Recent or severe"},
            "4": {"fr": "Avancée ou instable", "en": "Advanced or unstable"},
        },
    },
}
SETTINGS = {
    "project": {"name": "Essai"},
    "method": {"conditions": list(DEFINITIONS), "cost_basis": "standard"},
    "disclosure": {"threshold": 11},
}
LABELS = {
    "persons": ("Personnes repérées", "Persons found"),
    "at_risk_persons": ("Personnes à risque", "Persons at risk"),
    "prevalence": ("Part des adultes repérés", "Share of adults found"),
    "prevalence_all_ages": ("Part des habitants de tout âge", "Share of residents of any age"),
    "persons_vs_expected": ("Personnes repérées rapportées à l’attendu", "Persons found over expected"),
    "cost_total": ("Coût hospitalier total", "Total hospital cost"),
    "cost_per_patient": ("Coût moyen par patient", "Mean cost per patient"),
    "cost_vs_expected": ("Coût rapporté à l’attendu, par patient", "Cost over expected, per patient"),
    "cost_standardised": ("Coût moyen standardisé par patient", "Standardised mean cost per patient"),
    "cost_per_resident": ("Coût par habitant adulte", "Cost per adult resident"),
    "cost_per_resident_vs_expected": ("Coût rapporté à l’attendu, par habitant", "Cost over expected, per resident"),
    "cost_5y_per_person": ("Coût moyen par personne sur 5 ans", "Mean cost per person over 5 years"),
}


def write_published(folder: Path, coverage: str = "national") -> Path:
    """Write indicators.parquet, indicators.json, places.csv and receipt.json in `folder`; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    frame(coverage).write_parquet(folder / "indicators.parquet")
    (folder / "indicators.json").write_text(json.dumps({"indicators": catalogue()}, ensure_ascii=False), encoding="utf-8")
    (folder / "receipt.json").write_text(json.dumps(receipt(), ensure_ascii=False), encoding="utf-8")
    write_places(folder, TERRITORIES)
    return folder


def write_places(folder: Path, names: dict[str, str], groups: tuple[str, ...] = ()) -> None:
    """Write places.csv: these territories, REST and ALL. groups: those of them that are made of others."""
    kinds = {name: "group" if name in groups else "territory" for name in names} | {"REST": "rest", "ALL": "extract"}
    rows = [
        {"territory_id": place, "name": names.get(place, place), "kind": kind, "is_in_partition": kind in ("territory", "rest")}
        for place, kind in kinds.items()
    ]
    pl.DataFrame(rows).with_columns(territories="territory_id").write_csv(folder / "places.csv", line_terminator="\n")


def frame(coverage: str = "national") -> pl.DataFrame:
    """The rows of indicators.parquet."""
    rows = [_mask(row, coverage) for row in _rows()]
    return pl.DataFrame([row | _context(row, coverage) for row in rows], infer_schema_length=None)


def catalogue() -> dict[str, Any]:
    """The entries of indicators.json."""
    return {name: _entry(name, *labels) for name, labels in LABELS.items()}


def receipt() -> dict[str, Any]:
    """The part of receipt.json that pages read."""
    checks = [{"name": f"check_{number}", "passed": number != 7} for number in range(1, 43)]
    described = {"definitions": DEFINITIONS, "settings": SETTINGS}
    return {"run_id": "20260101T060000-a1b2c3d", "checks": checks} | described


def _entry(name: str, french: str, english: str) -> dict[str, str]:
    return {
        "label_fr": french,
        "label_en": english,
        "definition_fr": f"{french}, personnes repérées par leurs séjours hospitaliers.",
        "definition_en": f"{english}, persons found by their hospital stays.",
        "numerator_fr": "Somme sur les personnes du groupe",
        "numerator_en": "Sum over the persons of the group",
        "denominator_fr": "Personnes ou habitants du groupe",
        "denominator_en": "Persons or residents of the group",
        "caveats_fr": "Qui n’est jamais hospitalisé n’est pas vu.",
        "caveats_en": "Who is never in hospital is not seen.",
        "method_fr": "Standardisation indirecte sur l’âge et le sexe",
        "method_en": "Indirect standardisation by age and sex",
        "source": "PMSI MCO, INSEE",
    }


def _rows() -> Iterator[dict[str, Any]]:
    for condition in RATES:
        for year in YEARS:
            for territory_id in [*SIZES, "ALL"]:
                yield from _persons(condition, year, territory_id)
                for basis, factor in (("standard", 1.0), ("billed_br", 1.031)):
                    yield from _costs(condition, year, territory_id, basis, factor)


def _found(condition: str, year: int, territory_id: str) -> float:
    size = sum(SIZES.values()) if territory_id == "ALL" else SIZES[territory_id]
    return round(size * RATES[condition][0] * LEANING[territory_id] * (1 + 0.011 * (year - 2023)))


def _persons(condition: str, year: int, territory_id: str) -> Iterator[dict[str, Any]]:
    size = sum(SIZES.values()) if territory_id == "ALL" else SIZES[territory_id]
    total, risk = _found(condition, year, territory_id), round(size * RATES[condition][1])
    place = {"condition": condition, "year": year, "territory_id": territory_id, "cost_basis": "none", "cohort": "stock"}
    yield place | _count("persons", "all", total)
    yield place | _share("prevalence", "all", total, round(size * 0.79))
    yield place | _share("prevalence_all_ages", "all", total, size)
    for level, times in (("at_risk_strict", 1.0), ("at_risk_extended", 3.1)):
        yield place | _count("at_risk_persons", level, round(risk * times))
        yield place | _share("prevalence_all_ages", level, round(risk * times), size)
    yield place | _ratio("persons_vs_expected", "all", total, total / LEANING[territory_id], 1.96 / total**0.5)
    for number, (stratum, share) in enumerate(SHARES.items()):
        persons = round(total * share)
        tilt = 1 if territory_id == "ALL" else LEANING[territory_id] * (1 + 0.05 * (number - 1.5))
        yield place | _count("persons", stratum, persons)
        yield place | _ratio("persons_vs_expected", stratum, persons, persons / tilt, 1.96 / max(persons, 1) ** 0.5)


def _costs(condition: str, year: int, territory_id: str, basis: str, factor: float) -> Iterator[dict[str, Any]]:
    size = sum(SIZES.values()) if territory_id == "ALL" else SIZES[territory_id]
    persons, national = _found(condition, year, territory_id), RATES[condition][2] * factor
    lean = 1 if territory_id == "ALL" else 2 - LEANING[territory_id] - 0.012 * (year - 2023)
    total, spread = round(persons * national * lean, 2), 0.05 * (10000 / persons) ** 0.5
    is_large = persons >= 400
    place = {"condition": condition, "year": year, "territory_id": territory_id, "cost_basis": basis, "cohort": "flow"}
    for name, denominator in (("cost_per_patient", persons), ("cost_per_resident", round(size * 0.79))):
        yield place | _mean(name, "all", total, denominator, spread if is_large else None)
    yield place | _count("cost_total", "all", total) | {"unit": "eur"}
    yield place | _ratio("cost_vs_expected", "all", total, total / lean, spread if is_large else None)
    limits = (
        {"lower": national * lean * (1 - spread), "upper": national * lean * (1 + spread)} if is_large else {"lower": None, "upper": None}
    )
    standard = {"indicator_id": "cost_standardised", "unit": "eur", "value": national * lean, "reference_value": national} | limits
    yield place | _ratio("cost_vs_expected", "all", total, total / lean, spread if is_large else None) | standard
    resident = _ratio("cost_per_resident_vs_expected", "all", total, total / (lean * LEANING[territory_id]), spread if is_large else None)
    yield place | resident
    for stratum, mean in COST_5Y.items():
        people = persons if stratum == "all" else round(persons * SHARES[stratum])
        row = _mean("cost_5y_per_person", stratum, people * mean * factor, people, spread if people >= 400 else None)
        yield place | row | {"cohort": "stock"}


def _count(name: str, stratum: str, count: float) -> dict[str, Any]:
    return {
        "indicator_id": name,
        "stratum": stratum,
        "numerator": float(count),
        "value": float(count),
        "unit": "persons",
        "method": "count",
    }


def _share(name: str, stratum: str, count: float, size: float) -> dict[str, Any]:
    half = 1.96 * (count / size * (1 - count / size) / size) ** 0.5
    values = {
        "numerator": float(count),
        "denominator": float(size),
        "value": count / size,
        "lower": count / size - half,
        "upper": count / size + half,
    }
    return {"indicator_id": name, "stratum": stratum, "unit": "share", "method": "wilson"} | values


def _mean(name: str, stratum: str, total: float, count: float, spread: float | None) -> dict[str, Any]:
    value = total / max(count, 1)
    limits = {"lower": value * (1 - spread), "upper": value * (1 + spread)} if spread else {}
    values = {"numerator": round(total, 2), "denominator": float(count), "value": value}
    return {"indicator_id": name, "stratum": stratum, "unit": "eur", "method": "mean"} | values | limits


def _ratio(name: str, stratum: str, observed: float, expected: float, spread: float | None) -> dict[str, Any]:
    ratio = observed / expected
    low, high = (ratio * (1 - spread), ratio * (1 + spread)) if spread else (None, None)
    limits = {"lower": low, "upper": high, "ratio_lower": low, "ratio_upper": high}
    values = {
        "numerator": float(observed),
        "denominator": expected,
        "expected": expected,
        "value": ratio,
        "ratio": ratio,
        "reference_value": 1.0,
    }
    return {"indicator_id": name, "stratum": stratum, "unit": "ratio", "method": "standardised_ratio"} | values | limits


def _mask(row: dict[str, Any], coverage: str) -> dict[str, Any]:
    """Suppress, or make not computable: the numbers go, a status and a reason stay."""
    status = SUPPRESSED.get((row["territory_id"], row["condition"], row["stratum"]))
    needs_nation = "vs_expected" in row["indicator_id"] or row["indicator_id"] in ("prevalence", "prevalence_all_ages", "cost_standardised")
    if status is None and coverage == "own" and needs_nation:
        return dict(row) | dict.fromkeys(NUMBERS) | {"status": "not_computable", "reason": "coverage"}
    if status is None and row["indicator_id"] == "cost_standardised" and (row["territory_id"], row["year"]) == ("T04", 2022):
        return dict(row) | dict.fromkeys(NUMBERS) | {"status": "not_computable", "reason": "lookback"}
    if status is None:
        is_claimed = row["cost_basis"] == "none" or row["indicator_id"] == "cost_total" or row.get("lower") is not None
        return dict.fromkeys(NUMBERS) | dict(row) | {"status": "ok", "reason": None if is_claimed else "interval_not_claimed"}
    reason = "few_persons" if status == "suppressed_primary" else "protects_another_cell"
    return dict(row) | dict.fromkeys(NUMBERS) | {"status": status, "reason": reason}


def _context(row: dict[str, Any], coverage: str) -> dict[str, Any]:
    return {
        "sex": "all",
        "age_band": "all",
        "unit": row.get("unit") or "persons",
        "definition_id": DEFINITIONS[row["condition"]]["definition_id"],
        "reference_id": "REF-SYNTH-2025",
        "fields": "mco",
        "lookback_years": 5,
        "coverage": coverage,
        "data_through": date(2025, 12, 31),
        "period_status": "complete",
        "synthetic": True,
    }
