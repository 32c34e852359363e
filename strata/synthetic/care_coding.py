"""What each week, sub-sequence, sequence or contact shows: diagnoses by position, and acts.

Belongs here: from latent facts to written facts outside MCO, one row per code. Not here: what they mean (truth.py), groups (care_money.py).
Positions: dp (MMP, DP), dr (AE), fp (FPPC), da, and in HAD the diagnoses of the main (mpp) and associated (mpa) care.
"""

import numpy as np

from strata.synthetic.care import POSITIONS, scripts
from strata.synthetic.chance import Chance
from strata.synthetic.coding import SEPARATOR, base_of, before_extensions, companions, lasting_of
from strata.synthetic.history import Cases, Standing
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import NONE, fact, fact_alternatives, fact_family, rows

DA, DP, DR, FP, MPP, MPA = range(6)
BLANK_PERCENT = 6  # units without any diagnosis
HAD_MPP, HAD_MPA = 0.25, 0.4  # of the associated diagnoses of HAD, those of the main and of the associated care
REHABILITATION_ACTS = 2  # a week
MOST_OF_CARE = 9  # the counters of mpp and mpa have one digit


def code_care(chance: Chance, cases: Cases, standing: Standing, row: Table, unit: Table) -> tuple[Table, Table]:
    """The tables `code` (stay, unit row, position, fact) and `act` (stay, unit row, fact, offset in days), both sorted by unit."""
    parts = [_main(chance, row, unit), _associated(chance, cases, standing, row, unit), _scripted(row, unit)]
    place, position, facts = (np.concatenate(values).astype(np.int64) for values in zip(*parts))
    scripted = np.concatenate([np.full(len(part[0]), number == 2) for number, part in enumerate(parts)])
    kept = _not_replaced(unit, place, position, scripted)
    place, position, facts = place[kept], position[kept], facts[kept]
    place, position, facts = _with_companions(place, position, facts)
    blank = _blank(chance, row, unit)
    written = (facts != NONE) & (~blank[place] | (position == FP))
    code = {"place": place[written], "position": position[written], "fact": facts[written]}
    code["stay"] = unit["stay"][code["place"]]
    code["fact"] = before_extensions(code["fact"], row["year"][code["stay"]])
    _care_positions(chance, row, code)
    return _once(code), _together(_acts(chance, row, unit), _rehabilitation(chance, row, unit))


def _blank(chance: Chance, row: Table, unit: Table) -> np.ndarray:
    """Some units of long stays say nothing yet: never the first, and never a scripted one."""
    quiet = (chance.uniform("blank", len(unit["stay"])) * 100 < BLANK_PERCENT) & (row["field"][unit["stay"]] == b"smr")
    return quiet & (unit["rank"] > 1) & (row["script"][unit["stay"]] == NONE)


def _pick(chance: Chance, key: str, kind: np.ndarray) -> np.ndarray:
    return fact_alternatives([row[key] for row in rows("care")]).pick(kind, chance.uniform(key, len(kind)))


def _main(chance: Chance, row: Table, unit: Table) -> tuple[np.ndarray, ...]:
    """The main, related and purpose diagnoses: drawn once a true stay, repeated in its units."""
    stays = row["true_stay"].max(initial=-1) + 1
    kind = np.zeros(stays, dtype=np.int64)
    kind[row["true_stay"]] = row["kind"]
    owner = row["true_stay"][unit["stay"]]
    count = len(owner)
    drawn = [_pick(chance, key, kind)[owner] for key in ("dp", "dr", "fp")]
    return np.tile(np.arange(count), 3), np.repeat([DP, DR, FP], count), np.concatenate(drawn)


def _associated(chance: Chance, cases: Cases, standing: Standing, row: Table, unit: Table) -> tuple[np.ndarray, ...]:
    """Associated diagnoses: those of the kind of care, and the illness and lasting facts of the person, in one unit of the row."""
    seen = {**row, "session": np.zeros(len(row["year"]), dtype=bool)}
    found = [_groups(chance, row), base_of(chance, cases, seen), lasting_of(chance, standing, seen)]
    stays, facts = (np.concatenate(values).astype(np.int64) for values in zip(*found))
    units = np.bincount(unit["stay"], minlength=len(row["year"]))
    first = np.cumsum(units) - units
    place = first[stays] + (chance.uniform("unit of da", len(stays)) * units[stays]).astype(np.int64)
    return place, np.full(len(place), DA), facts


def _groups(chance: Chance, row: Table) -> tuple[np.ndarray, np.ndarray]:
    texts = [kind["das"].split(SEPARATOR) for kind in rows("care")]
    choice = fact_alternatives([groups[0] for groups in texts])
    picked = choice.pick(row["kind"], chance.uniform("das", len(row["kind"])))
    here = np.flatnonzero(picked != NONE)
    return here, picked[here]


def _scripted(row: Table, unit: Table) -> tuple[np.ndarray, ...]:
    """The facts of a script: in the first unit of each year, main positions in every unit; 'late' in the last unit of the last year."""
    place, position, facts = [], [], []
    for number in np.flatnonzero(row["script"] != NONE):
        units = np.flatnonzero(unit["stay"] == number)
        for where, name in scripts()[row["script"][number]].facts:
            if where == "late":
                chosen = units[-1:] if not row["is_unfinished"][number] else units[:0]
            else:
                chosen = units[:1] if where == "da" else units
            place.append(chosen)
            position.append(np.full(len(chosen), DA if where == "late" else POSITIONS.index(where)))
            facts.append(np.full(len(chosen), fact(name)))
    empty = np.empty(0, dtype=np.int64)
    return tuple(np.concatenate([empty, *values]) for values in (place, position, facts))


def _not_replaced(unit: Table, place: np.ndarray, position: np.ndarray, scripted: np.ndarray) -> np.ndarray:
    """Main positions hold one diagnosis: that of the script wins."""
    key = place * len(POSITIONS) + position
    single = np.isin(position, (DP, DR, FP))
    return scripted | ~single | ~np.isin(key, key[scripted])


def _with_companions(place: np.ndarray, position: np.ndarray, facts: np.ndarray) -> tuple[np.ndarray, ...]:
    companion = np.where(facts == NONE, NONE, companions()[facts])
    more = np.flatnonzero(companion != NONE)
    return (
        np.concatenate([place, place[more]]), np.concatenate([position, np.full(len(more), DA)]), np.concatenate([facts, companion[more]]),
    )  # fmt: skip


def _care_positions(chance: Chance, row: Table, code: Table) -> None:
    """In HAD some associated diagnoses are those of the main or of the associated care."""
    uniform = chance.uniform("care position", len(code["fact"]))
    free = (row["field"][code["stay"]] == b"had") & (code["position"] == DA) & (row["script"][code["stay"]] == NONE)
    code["position"] = np.where(free & (uniform < HAD_MPP), MPP, np.where(free & (uniform < HAD_MPA), MPA, code["position"]))


def _once(code: Table) -> Table:
    """Sorted by unit; one member of a family in the associated diagnoses of a unit, and none twice."""
    code = take(code, np.lexsort((code["fact"], code["position"], code["place"])))
    family = fact_family()[code["fact"]].astype(np.int64)
    key = np.where(family > 0, 10_000 + family, code["fact"]) + code["place"] * 200_000 + code["position"] * 20_000
    _, first = np.unique(key, return_index=True)
    return take(code, np.sort(first))


def _acts(chance: Chance, row: Table, unit: Table) -> Table:
    """An act in the first unit of the row, on its first day."""
    picked = _pick(chance, "acts", row["kind"])
    first = np.flatnonzero(unit["rank"] == 1)
    facts = picked[unit["stay"][first]]
    here = first[facts != NONE]
    return {"stay": unit["stay"][here], "place": here, "fact": facts[facts != NONE], "offset": np.zeros(len(here), dtype=np.int64)}


def _rehabilitation(chance: Chance, row: Table, unit: Table) -> Table:
    """Acts of rehabilitation in the weeks of SMR, dated from the entry."""
    place = np.repeat(np.arange(len(unit["stay"])), REHABILITATION_ACTS)
    facts = _pick(chance, "rehabilitation", row["kind"][unit["stay"][place]])
    here = place[facts != NONE]
    owner = unit["stay"][here]
    return {"stay": owner, "place": here, "fact": facts[facts != NONE], "offset": unit["first"][here] - row["entry"][owner]}


def _together(*tables: Table) -> Table:
    """Rows of the same columns, sorted by unit."""
    table = {name: np.concatenate([one[name] for one in tables]) for name in tables[0]}
    return take(table, np.argsort(table["place"], kind="stable"))
