"""What each stay shows: main and related diagnoses, units, associated diagnoses, acts.

Belongs here: from latent facts to written facts, one row per code. Not here: what a fact means for a stratum (truth.py).
Each table keeps two columns of facts: `fact` is written in the files, `latent` is what the person had.
"""

from functools import cache

import numpy as np

from strata.synthetic.chance import Chance, weighted
from strata.synthetic.history import Cases, Standing, base_facts, early_base
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import NONE, column, fact, fact_alternatives, fact_family, rows
from strata.synthetic.visits import scripts

EXTENSIONS_FROM = 2020  # ejection fraction in the codes of heart failure
SEPARATOR = "&"


def code_stays(chance: Chance, cases: Cases, standing: Standing, stay: Table, further: float) -> tuple[Table, ...]:
    """Fill dp and dr of `stay`; give back the tables unit, das and act, each sorted by stay. further: see _further."""
    count = len(stay["person"])
    stay["dp"] = _pick(chance, "dp", "dp", stay["kind"])
    stay["dr"] = _pick(chance, "dr", "dr", stay["kind"])
    unit = _units(stay)
    own = _groups(chance, "das", stay)
    shown = _family_mask(count, [(np.arange(count), stay["dp"]), (unit["stay"], unit["fact"]), own])
    lasting = [
        _unless_shown(shown, *base_of(chance, cases, stay)),
        _unless_shown(shown, *lasting_of(chance, standing, stay)),
        _scripted(stay),
        _further(chance, stay, further),
    ]
    das = _associated(chance, stay, [own, *lasting])
    act = _acts(chance, stay)
    for table, key in ((stay, "dp"), (stay, "dr"), (unit, "fact"), (das, "fact")):
        rank = stay["year"] if table is stay else stay["year"][table["stay"]]
        table[key] = before_extensions(table[key], rank)
    stay["latent_dp"], stay["latent_dr"] = stay["dp"].copy(), stay["dr"].copy()
    for table in (unit, das, act):
        table["latent"] = table["fact"].copy()
    return unit, das, act


def _pick(chance: Chance, name: str, key: str, kind: np.ndarray) -> np.ndarray:
    choice = fact_alternatives([row[key] for row in rows("visits")])
    return choice.pick(kind, chance.uniform(name, len(kind)))


def _groups(chance: Chance, key: str, stay: Table) -> tuple[np.ndarray, np.ndarray]:
    """Stays and facts of the groups 'a|b&c' of a kind of visit: one fact from each group."""
    texts = [row[key].split(SEPARATOR) for row in rows("visits")]
    found = []
    for rank in range(max(len(groups) for groups in texts)):
        choice = fact_alternatives([groups[rank] if rank < len(groups) else "" for groups in texts])
        picked = choice.pick(stay["kind"], chance.uniform(f"{key} {rank}", len(stay["kind"])))
        here = np.flatnonzero(picked != NONE)
        found.append((here, picked[here]))
    stays, facts = (np.concatenate(parts) for parts in zip(*found))
    return stays, facts


def _units(stay: Table) -> Table:
    """One row per unit; a unit without an own main fact has that of the stay. The second unit gives it when the first has another."""
    parts = []
    for rank in (1, 2, 3):
        here = np.flatnonzero(stay["unit_count"] >= rank)
        own = stay[f"unit_fact_{rank}"][here] if rank < 3 else np.full(len(here), NONE)
        facts = np.where(own == NONE, stay["dp"][here], own)
        related = np.where(own == NONE, stay["dr"][here], NONE)
        columns = (stay[f"unit_{rank}"][here], stay[f"unit_nights_{rank}"][here])
        parts.append((here, np.full(len(here), rank), facts, related, *columns))
    joined = [np.concatenate(values) for values in zip(*parts)]
    unit = dict(zip(("stay", "rank", "fact", "related", "authorisation", "nights"), joined))
    return take(unit, np.lexsort((unit["rank"], unit["stay"])))


def _family_mask(count: int, shown: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Per stay, a bit for each family already shown."""
    mask = np.zeros(count, dtype=np.int64)
    for stays, facts in shown:
        np.bitwise_or.at(mask, stays, 1 << fact_family()[facts].astype(np.int64))
    return mask


def _unless_shown(shown: np.ndarray, stays: np.ndarray, facts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Without the facts whose family the stay already shows."""
    family = fact_family()[facts].astype(np.int64)
    kept = (family == 0) | ((shown[stays] >> family) & 1 == 0)
    return stays[kept], facts[kept]


def _pairs(stay: Table, person: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every (ordinary stay, row of `person`) of the same person; `person` is sorted."""
    ordinary = np.flatnonzero(~stay["session"] & (stay["script"] == NONE))
    first = np.searchsorted(person, stay["person"][ordinary], side="left")
    after = np.searchsorted(person, stay["person"][ordinary], side="right")
    count = after - first
    start = np.repeat(first - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    return np.repeat(ordinary, count), start + np.arange(count.sum())


def base_of(chance: Chance, cases: Cases, stay: Table) -> tuple[np.ndarray, np.ndarray]:
    """Stays and the fact that names the illness in them, from onset on."""
    choice, percent = base_facts()
    stays, row = _pairs(stay, cases.person)
    uniform = chance.stream("base").random((2, len(stays)))
    profile = cases.profile[row]
    established = stay["year"][stays] >= cases.since[row]
    named = np.where(established, choice.pick(profile, uniform[0]), early_base()[profile])
    kept = (named != NONE) & (stay["year"][stays] >= cases.onset[row]) & (uniform[1] * 100 < percent[profile])
    return stays[kept], named[kept]


def lasting_of(chance: Chance, standing: Standing, stay: Table) -> tuple[np.ndarray, np.ndarray]:
    """Stays and the other lasting facts of the person."""
    order = np.argsort(standing.person, kind="stable")
    stays, row = _pairs(stay, standing.person[order])
    row = order[row]
    kept = (stay["year"][stays] >= standing.since[row]) & (stay["age"][stays] >= 18)
    kept &= chance.uniform("lasting", len(row)) * 100 < standing.percent[row]
    return stays[kept], standing.fact[row[kept]]


def _scripted(stay: Table) -> tuple[np.ndarray, np.ndarray]:
    """The facts that a script adds to its visit."""
    here = np.flatnonzero(stay["script"] != NONE)
    facts = [np.array(scripts()[number].facts, dtype=np.int64) for number in stay["script"][here]]
    return np.repeat(here, [len(added) for added in facts]), np.concatenate(facts)


def _further(chance: Chance, stay: Table, mean: float) -> tuple[np.ndarray, np.ndarray]:
    """So many more facts in each ordinary stay of an adult, on average, as often each as in France; none says anything of the illnesses."""
    ordinary = np.flatnonzero(~stay["session"] & (stay["script"] == NONE) & (stay["age"] >= 18))
    stays = np.repeat(ordinary, chance.stream("further").poisson(mean, len(ordinary)))
    known = np.array([fact(row["fact"]) for row in rows("also_coded")])
    return stays, known[weighted(chance.uniform("further fact", len(stays)), column("also_coded", "mentions_2024"))]


def _associated(chance: Chance, stay: Table, parts: list[tuple[np.ndarray, np.ndarray]]) -> Table:
    """One row per associated diagnosis, each once in a stay, with the unit that wrote it."""
    stays, facts = (np.concatenate(values).astype(np.int64) for values in zip(*parts))
    companion = companions()[facts]
    stays, facts = np.concatenate([stays, stays[companion != NONE]]), np.concatenate([facts, companion[companion != NONE]])
    once = np.unique(stays * (len(rows("facts")) + 1) + facts)
    stays, facts = np.divmod(once, len(rows("facts")) + 1)
    kept = facts != stay["dp"][stays]
    stays, facts = stays[kept], facts[kept]
    rank = 1 + (chance.uniform("das unit", len(stays)) * stay["unit_count"][stays]).astype(np.int64)
    order = np.lexsort((facts, rank, stays))
    return take({"stay": stays, "rank": rank, "fact": facts}, order)


@cache
def companions() -> np.ndarray:
    """Per fact, the one that must be shown beside it (NONE)."""
    beside = {row["fact"]: fact(row["companion"]) for row in rows("companions")}
    return np.array([beside.get(row["fact"], NONE) for row in rows("facts")])


def _acts(chance: Chance, stay: Table) -> Table:
    stays, facts = _groups(chance, "acts", stay)
    rank = 1 + (chance.uniform("act unit", len(stays)) * stay["unit_count"][stays]).astype(np.int64)
    offset = (chance.uniform("act day", len(stays)) * np.minimum(stay["nights"][stays] + 1, 4)).astype(np.int64)
    order = np.lexsort((facts, rank, stays))
    return take({"stay": stays, "rank": rank, "fact": facts, "offset": offset}, order)


def before_extensions(facts: np.ndarray, year: np.ndarray) -> np.ndarray:
    """The code used before the French extensions of the ejection fraction."""
    early = np.array([fact(row["until_2019"]) if row["until_2019"] else n for n, row in enumerate(rows("facts"))] + [NONE])
    return np.where(year < EXTENSIONS_FROM, early[facts], facts)
