"""The dirt of real files: stays that a filter must remove, identities that fail, codes that are missing or wrong.

Belongs here: what tables/dirt.csv lists, and the coding troubles of a few ill people. Not here: what the truth makes of it.
"""

import numpy as np

from strata.synthetic.chance import Chance, quota
from strata.synthetic.geography import ABROAD, geography
from strata.synthetic.history import NO_YEAR, Cases
from strata.synthetic.stays import WHOLE, Table, take
from strata.synthetic.tables import NONE, bits, fact, fact_bits, fact_family, position, rows, visit
from strata.synthetic.visits import script_flag

GOOD_CODES = b"000000000"
PSEUDONYM_OK, PSEUDONYM_BLANK, PSEUDONYM_LOWER, PSEUDONYM_UPPER = range(4)
ERROR_GHM, ERROR_GHS = b"90Z00Z", b"9999"
NO_GEO = -1
DUPLICATED_SHARE = 0.3
DUPLICATES_UNTIL = 2017
TROUBLED = {"missing_code": 0.008, "miscoded": 0.006}  # of the ill


def soil(chance: Chance, stay: Table) -> None:
    """Add the columns that dirt touches, then the dirt: at most one kind a stay."""
    count = len(stay["person"])
    stay["chaining"] = np.full(count, GOOD_CODES, dtype="S9")
    stay["pseudonym_state"] = np.full(count, PSEUDONYM_OK, dtype=np.int8)
    stay["has_ano"] = np.ones(count, dtype=bool)
    stay["automatic"] = np.full(count, b"0", dtype="S1")
    stay["type"] = np.full(count, b"", dtype="S1")
    stay["billable"] = np.full(count, b"1", dtype="S1")
    stay["special_ghs"] = np.full(count, b"", dtype="S4")
    stay["is_error"] = np.zeros(count, dtype=bool)
    stay["dirt"] = np.full(count, NONE, dtype=np.int16)
    groups = _groups(stay)
    for number, row in enumerate(rows("dirt")):
        free = np.flatnonzero(groups[row["applies_to"]] & (stay["dirt"] == NONE))
        chosen = quota(chance.stream(f"dirt {row['dirt']}"), free, float(row["per_mille"]) / 1000, int(row["at_least"]))
        stay["dirt"][chosen] = number
        _apply(stay, row["dirt"], chosen)
    for flag, name in (("automatic", "automatic_rsa"), ("service", "service_session")):
        chosen = np.flatnonzero(script_flag(stay["script"], flag))
        stay["dirt"][chosen] = position("dirt", "dirt")[name]
        _apply(stay, name, chosen)
    abortion = np.flatnonzero(stay["kind"] == visit("abortion"))
    stay["pseudonym_state"][abortion] = PSEUDONYM_BLANK
    stay["chaining"][abortion] = b"100000000"


def _groups(stay: Table) -> dict[str, np.ndarray]:
    """The stays each group of tables/dirt.csv may take: never a scripted one, a death, or a part of a chain."""
    roots = np.array([row["root"] for row in rows("ghm")])[stay["ghm_root"]]
    free = (stay["script"] == NONE) & ~stay["died"] & (stay["part"] == WHOLE)
    free &= ~np.isin(stay["kind"], [visit("birth"), visit("abortion")])
    ordinary = free & ~stay["session"]
    dialysis = free & np.isin(roots, ["28Z03", "28Z04"])
    return {"stay": ordinary, "day": ordinary & (stay["nights"] == 0), "dialysis": dialysis}


def _apply(stay: Table, name: str, chosen: np.ndarray) -> None:
    """Change the chosen stays as the kind of dirt says."""
    if name.startswith("chaining_"):
        place = [row["dirt"] for row in rows("dirt") if row["dirt"].startswith("chaining_")].index(name)
        stay["chaining"][chosen] = GOOD_CODES[:place] + b"1" + GOOD_CODES[place + 1 :]
    elif name in ("placeholder_lower", "placeholder_upper", "blank_pseudonym"):
        state = {"placeholder_lower": PSEUDONYM_LOWER, "placeholder_upper": PSEUDONYM_UPPER}.get(name, PSEUDONYM_BLANK)
        stay["pseudonym_state"][chosen] = state
    elif name in ("abroad", "unknown_residence"):
        stay["geo"][chosen] = NO_GEO if name == "unknown_residence" else np.flatnonzero(geography().codes == ABROAD[1])[0]
    elif name in ("service_stay", "service_session"):
        stay["type"][chosen] = b"B"
        stay["entry_mode"][chosen] = stay["exit_mode"][chosen] = b"0"
        stay["entry_provenance"][chosen] = stay["exit_destination"][chosen] = b""
        stay["urgent"][chosen] = False
    else:
        _apply_field(stay, name, chosen)


def _apply_field(stay: Table, name: str, chosen: np.ndarray) -> None:
    """The kinds of dirt that are one field."""
    field, value = {
        "ghm_error": ("is_error", True),
        "automatic_rsa": ("automatic", b"1"),
        "automatic_other": ("automatic", b"2"),
        "blank_automatic": ("automatic", b""),
        "requesting_stay": ("type", b"A"),
        "ghs_9999": ("special_ghs", ERROR_GHS),
        "not_billable": ("billable", b"0"),
        "without_ano": ("has_ano", False),
        "ghs_without_tariff": ("special_ghs", rows("special_ghs")[0]["ghs"].encode()),
        "zero_cost": ("special_ghs", rows("special_ghs")[1]["ghs"].encode()),
    }[name]
    stay[field][chosen] = value


def trouble(chance: Chance, cases: Cases, stay: Table, unit: Table, das: Table) -> np.ndarray:
    """Spoil the written codes of a few ill people during one year; gives the reason number of each stay touched (NONE)."""
    touched = np.full(len(stay["person"]), NONE)
    ill = np.isin([row["condition"] for row in rows("profiles")], ("t2d", "hf"))[cases.profile] & (cases.onset != NO_YEAR)
    ill_people = np.unique(cases.person[ill])
    for name, share in TROUBLED.items():
        generator = chance.stream(name)
        people = quota(generator, ill_people, share, 2)
        year = generator.choice(np.unique(stay["year"]), len(people))
        order = np.argsort(people)
        people, year = people[order], year[order]
        place = np.clip(np.searchsorted(people, stay["person"]), 0, len(people) - 1)
        hit = (people[place] == stay["person"]) & (year[place] == stay["year"]) & (touched == NONE)
        touched[hit] = position("reasons", "reason")[name]
        if name == "miscoded":
            _miscode(stay, unit, das, hit)
        else:
            _leave_out(das, hit)
    return touched


def _leave_out(das: Table, hit: np.ndarray) -> None:
    """The illness is not among the associated diagnoses."""
    named = (fact_family()[das["fact"]] > 0) & ((fact_bits("means")[das["fact"]] & bits("type_2", "hf", "hta")) > 0)
    das["fact"][hit[das["stay"]] & named] = NONE


def _miscode(stay: Table, unit: Table, das: Table, hit: np.ndarray) -> None:
    """Type 1 is written for type 2."""
    wrong = fact("t1_plain")
    for table, key, where in ((stay, "dp", hit), (unit, "fact", hit[unit["stay"]]), (das, "fact", hit[das["stay"]])):
        is_type_2 = (fact_bits("means")[table[key]] & bits("type_2")) > 0
        table[key][where & is_type_2] = wrong


def duplicated(chance: Chance, stay: Table) -> tuple[np.ndarray, int]:
    """The stays that a geographic FINESS repeats beside its legal one, and the number of that FINESS."""
    number, row = next((n, row) for n, row in enumerate(rows("hospitals")) if row["copies"])
    legal = position("hospitals", "finess")[row["copies"]]
    there = np.flatnonzero((stay["hospital"] == legal) & (stay["year"] <= DUPLICATES_UNTIL))
    return np.sort(quota(chance.stream("duplicated"), there, DUPLICATED_SHARE, 3)), number


def with_duplicates(chance: Chance, stay: Table, codes: tuple[Table, ...]) -> tuple[Table, tuple[Table, ...]]:
    """The same tables with the repeated stays at the end; column `is_copy` tells them."""
    chosen, hospital = duplicated(chance, stay)
    count = len(stay["person"])
    copy = take(stay, chosen)
    copy["hospital"] = np.full(len(chosen), hospital, dtype=stay["hospital"].dtype)
    both = {name: np.concatenate([values, copy[name]]) for name, values in stay.items()}
    both["is_copy"] = np.arange(count + len(chosen)) >= count
    new_number = np.full(count, NONE)
    new_number[chosen] = count + np.arange(len(chosen))
    return both, tuple(_copy_codes(table, new_number) for table in codes)


def _copy_codes(table: Table, new_number: np.ndarray) -> Table:
    copied = take(table, np.flatnonzero(new_number[table["stay"]] != NONE))
    copied["stay"] = new_number[copied["stay"]]
    return {name: np.concatenate([values, copied[name]]) for name, values in table.items()}
