"""Groups and tariffs of SMR and HAD: which GMT or GHT the days of a stay fall under, and what they are worth, in integer cents.

Belongs here: the GMT and GHT tariff tables, and an own reading of their arithmetic, apart from the engine's. Not here: MCO (money.py).
SMR: day care pays a price a day; a full stay pays its flat price within the zone, or the second one in its second week; before,
after, and while the stay goes on, the printed tariffs do not tell. HAD: a price a day. Psychiatry has no tariff.
"""

from functools import cache

import numpy as np

from strata.synthetic.chance import Chance
from strata.synthetic.dates import month_of
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import column, position, rows

LONG_GME_FROM = 2022  # seven characters
TWO_GROUPS_SHARE, TWO_GROUPS_FROM_DAYS = 0.3, 20
ZONE_DAYS = (4, 5)  # days under the first and the second GHT of a sub-sequence; the rest is under a third
UNKNOWN, NO_YEAR, PAID_BY_GMT_FROM = -1, 0, 2024
HOME_PERCENT = {b"": 100, b"esms": 87, b"ssiad": 79}


@cache
def gmt_rows() -> tuple[dict[str, str | int], ...]:
    """One row per GMT and tariff year; amounts in cents, 0 where nothing is printed."""
    made: list[dict[str, str | int]] = []
    for year, index in zip(column("tariff_years", "year", int), column("tariff_years", "price_per_mille", int)):
        for row in rows("gmt"):
            gme = row["gme"] if year >= LONG_GME_FROM else row["gme_until_2021"]
            made.append({"gmt": row["gmt"], "gme": gme, "from": int(row["flat_from_days"]), "to": int(row["flat_to_days"]),
                         "low": int(row["low_eur"] or 0) * int(index) // 10, "flat": int(row["flat_eur"]) * int(index) // 10,
                         "flat_2": int(row["second_flat_eur"] or 0) * int(index) // 10, "year": int(year)})  # fmt: skip
    return tuple(made)


@cache
def ght_rows() -> tuple[dict[str, str | int], ...]:
    """One row per GHT, kind of home and tariff year; cents a day."""
    years = zip(column("tariff_years", "year", int), column("tariff_years", "price_per_mille", int))
    return tuple(
        {"ght": row["ght"], "home": home.decode(), "year": int(year), "day": int(row["day_eur"]) * percent * int(index) // 1000}
        for year, index in years for home, percent in HOME_PERCENT.items() for row in rows("ght")
    )  # fmt: skip


def make_groups(chance: Chance, row: Table, unit: Table) -> Table:
    """The table `group`: stay, place (its unit; -1 in SMR), group code, tariff code, days."""
    parts = [_gme(chance, row, unit), _ghpc(row, unit)]
    group = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return take(group, np.lexsort((np.arange(len(group["stay"])), group["place"], group["stay"])))


def _gme(chance: Chance, row: Table, unit: Table) -> Table:
    """One GME for the days of the row, or two for some long ones."""
    days = np.bincount(unit["stay"], weights=unit["days"], minlength=len(row["year"])).astype(np.int64)
    names = [kind["group"] for kind in rows("care")]
    lists = {name: [n for n, group in enumerate(rows("gmt")) if group["group"] == name] for name in {*names}}
    here = np.flatnonzero(row["field"] == b"smr")
    first = np.array([lists[names[kind]][0] for kind in row["kind"][here]], dtype=np.int64)
    last = np.array([lists[names[kind]][-1] for kind in row["kind"][here]], dtype=np.int64)
    uniform = chance.uniform("gme", len(row["year"]))[here]
    two = (uniform < TWO_GROUPS_SHARE) & (days[here] >= TWO_GROUPS_FROM_DAYS) & (first != last)
    part = np.where(two, days[here] // 3, days[here])
    stay = np.concatenate([here, here[two]])
    number = np.concatenate([np.where(two | (uniform < 0.65), first, last), last[two]])
    return {
        "stay": stay, "place": np.full(len(stay), -1), "code": _gme_code(number, row["year"][stay]),
        "tariff": np.array([group["gmt"] for group in rows("gmt")], dtype="S4")[number],
        "days": np.concatenate([part, (days[here] - part)[two]]),
    }  # fmt: skip


def _gme_code(number: np.ndarray, year: np.ndarray) -> np.ndarray:
    old, new = (np.array([row[key] for row in rows("gmt")], dtype="S7") for key in ("gme_until_2021", "gme"))
    return np.where(year >= LONG_GME_FROM, new[number], old[number])


def _ghpc(row: Table, unit: Table) -> Table:
    """Up to three GHT a sub-sequence: the price of a day falls as care goes on."""
    place = np.flatnonzero(row["field"][unit["stay"]] == b"had")
    names = [kind["group"] for kind in rows("care")]
    number = np.array([position("ghpc", "group").get(name, 0) for name in names])[row["kind"][unit["stay"][place]]]
    left, parts = unit["days"][place], []
    for zone, most in enumerate((*ZONE_DAYS, 999)):
        days = np.minimum(left, most)
        left = left - days
        ght = column("ghpc", "first_ght", int)[number] - zone
        parts.append((place, days, np.array([b"", *(row["ght"] for row in rows("ght"))], dtype="S2")[ght]))
    where, days, ght = (np.concatenate(values) for values in zip(*parts))
    kept = days > 0
    code = np.array([group["ghpc"] for group in rows("ghpc")], dtype="S7")[np.tile(number, 3)[kept]]
    return {"stay": unit["stay"][where[kept]], "place": where[kept], "code": code, "tariff": ght[kept].astype("S4"), "days": days[kept]}


def value(row: Table, group: Table, year: np.ndarray) -> np.ndarray:
    """Per row, what its groups are worth at the tariff of a year (one a row), in cents; UNKNOWN where the printed tariffs do not tell."""
    gmt = {(tariff["gmt"], tariff["gme"], tariff["year"]): tariff for tariff in gmt_rows()}
    ght = {(tariff["ght"], tariff["home"], tariff["year"]): int(tariff["day"]) for tariff in ght_rows()}
    worth: dict[int, list[int]] = {}
    columns = (group[name].tolist() for name in ("stay", "place", "code", "tariff", "days"))
    for stay, place, code, tariff, days in zip(*columns):
        if place < 0:
            found = gmt.get((tariff.decode(), code.decode(), int(year[stay])))
            price = smr_price(found, days, bool(row["is_unfinished"][stay])) if found else UNKNOWN
        else:
            price = ght[tariff.decode(), row["home"][stay].decode(), int(year[stay])] * days
        worth.setdefault(stay, []).append(price)
    known = {stay: sum(prices) for stay, prices in worth.items() if UNKNOWN not in prices}
    return np.array([known.get(stay, UNKNOWN) for stay in range(len(row["year"]))], dtype=np.int64)


def own_year(row: Table) -> np.ndarray:
    """The tariff year that pays each row: that of the year before in January and February; none for SMR before 2024 (endowments)."""
    year = row["year"] - (month_of(row["exit"]) <= 2)
    return np.where((row["field"] == b"smr") & (row["year"] < PAID_BY_GMT_FROM), NO_YEAR, year)


def smr_price(tariff: dict[str, str | int], days: int, is_unfinished: bool) -> int:
    """What one GMT pays for some days, in cents."""
    first, last, flat = (int(tariff[key]) for key in ("from", "to", "flat"))
    if not tariff["low"]:
        return flat * days
    if is_unfinished or days < first:
        return UNKNOWN
    if not tariff["flat_2"]:
        return flat if days <= last else UNKNOWN
    week = (days - first) // 7
    return (flat, int(tariff["flat_2"]))[week] if week < 2 else UNKNOWN
