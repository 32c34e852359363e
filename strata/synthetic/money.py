"""Tariffs of the invented country and the value of each stay, in integer cents.

Belongs here: GHS and supplement tables in the ATIH layout, and VALO's arithmetic. Not here: which stays are valued for what use.
"""

from functools import cache

import numpy as np

from strata.synthetic.chance import Chance
from strata.synthetic.dates import month_of
from strata.synthetic.dirt import ERROR_GHM, ERROR_GHS
from strata.synthetic.stays import SUPPLEMENTS, Table
from strata.synthetic.tables import column, position, rows

FIRST_TARIFF_YEAR = 2016
ONE_SESSION_ROOTS = ("28Z19", "28Z20", "28Z21", "28Z22")  # paid once, whatever the sessions
UNPAID_SERVICE_ROOTS = ("28Z01", "28Z02", "28Z14", "28Z15", "28Z16")  # the sessions that only the asking hospital is paid for
SHARED_GHS_PERCENT = 20  # price of a GHS that several levels share, of the first level
SHARED_USE = 0.06
HALF_DAY_TENTHS = 5  # an urgent entry has used half a day of the missing ones


@cache
def tariff_rows() -> tuple[dict[str, str | int], ...]:
    """One row per GHS, GHM and tariff year; amounts in cents, bounds in nights."""
    made = []
    for year, index in zip(column("tariff_years", "year", int), column("tariff_years", "price_per_mille", int)):
        for row in rows("ghm"):
            made += [_tariff(row, rank, int(year), int(index)) for rank in range(len(row["levels"]))]
            made += [_shared(row, level, int(year), int(index)) for level in row["levels"] if row["shared_ghs"]]
        made += [_special(row, int(year), int(index)) for row in rows("special_ghs") if year <= int(row["last_year"])]
    return tuple(made)


def _cents(euros: str, per_mille: int, percent: int = 100) -> int:
    return int(euros) * percent * per_mille // 1000  # euros x 100 cents x percent/100


def _tariff(row: dict[str, str], rank: int, year: int, index: int) -> dict[str, str | int]:
    percent = int(rows("severity")[position("severity", "level")[row["levels"][rank]]]["price_percent"])
    low, high = int(row["low_bounds"].split()[rank]), int(row["high_bounds"].split()[rank])
    return {
        "ghs": row["ghs"].split()[rank],
        "ghm": row["root"] + row["levels"][rank],
        "low": low,
        "high": high,
        "base": _cents(row["base_eur"], index, percent),
        "exb_flat": _cents(row["exb_flat_eur"], index) if low else 0,
        "exb_day": _cents(row["exb_day_eur"], index) if low else 0,
        "exh_day": _cents(row["exh_eur"], index) if high else 0,
        "year": year,
    }


def _shared(row: dict[str, str], level: str, year: int, index: int) -> dict[str, str | int]:
    price = _cents(row["base_eur"], index, SHARED_GHS_PERCENT)
    return _flat_price(row["shared_ghs"], row["root"] + level, price, year)


def _special(row: dict[str, str], year: int, index: int) -> dict[str, str | int]:
    return _flat_price(row["ghs"], row["ghm"], _cents(row["base_eur"], index), year)


def _flat_price(ghs: str, ghm: str, base: int, year: int) -> dict[str, str | int]:
    zero = dict.fromkeys(("low", "high", "exb_flat", "exb_day", "exh_day"), 0)
    return {"ghs": ghs, "ghm": ghm, "base": base, "year": year, **zero}


@cache
def supplement_cents() -> dict[str, np.ndarray]:
    """Per supplement, the cents of a day in each tariff year from FIRST_TARIFF_YEAR."""
    index = column("tariff_years", "supplement_per_mille", int)
    return {row["supplement"]: int(row["day_eur"]) * index // 10 for row in rows("supplements")}


def group_and_price(chance: Chance, stay: Table) -> None:
    """Fill ghm, ghs, exh_days, exb_kind, exb_tenths, cost_cents and valuation of each stay."""
    roots = np.array([row["root"] for row in rows("ghm")], dtype="S5")[stay["ghm_root"]]
    ghm = np.char.add(roots, stay["ghm_level"]).astype("S6")
    by_ghm = {row["ghm"]: row for row in reversed(tariff_rows()) if row["ghs"] not in _odd_ghs()}
    names, place = np.unique(ghm, return_inverse=True)
    tariff = [by_ghm[name.decode()] for name in names]
    low, high, flat = (np.array([int(row[key]) for row in tariff])[place] for key in ("low", "high", "exb_flat"))
    ghs = np.array([row["ghs"] for row in tariff], dtype="S4")[place]
    shared = np.array([row["shared_ghs"] for row in rows("ghm")], dtype="S4")[stay["ghm_root"]]
    short = (shared != b"") & (stay["nights"] <= 1) & (chance.uniform("shared ghs", len(ghs)) < SHARED_USE)
    ghs = np.where(short, shared, ghs)
    ghs = np.where(stay["special_ghs"] != b"", stay["special_ghs"], ghs)
    ghs = np.where(stay["is_error"], ERROR_GHS, ghs)
    plain = ~short & (stay["special_ghs"] == b"") & ~stay["is_error"] & ~stay["session"]
    stay["ghm"], stay["ghs"] = np.where(stay["is_error"], ERROR_GHM, ghm), ghs.astype("S4")
    stay["exh_days"] = np.where(plain & (high > 0), np.maximum(0, stay["nights"] - high), 0)
    under = plain & (low > 0) & (stay["nights"] < low) & (stay["exit_mode"] == b"8")
    stay["exb_kind"] = np.where(under, np.where(flat > 0, b"1", b"2"), b"0").astype("S1")
    tenths = 10 * (low - stay["nights"]) - HALF_DAY_TENTHS * stay["urgent"]
    stay["exb_tenths"] = np.where(stay["exb_kind"] == b"2", tenths, 0)
    stay["cost_cents"] = _value(stay)
    stay["valuation"] = _valuation(stay)
    stay["billable"] = np.where(stay["valuation"] == b"0", b"0", b"1").astype("S1")


def _odd_ghs() -> set[str]:
    return {row["ghs"] for row in rows("special_ghs")} | {row["shared_ghs"] for row in rows("ghm")} - {""}


def tariff_year(stay: Table) -> np.ndarray:
    """The tariff that pays each stay: that of the year before for those who leave in January or February."""
    return stay["year"] - (month_of(stay["exit"]) <= 2)


def _value(stay: Table) -> np.ndarray:
    """Total at base of reimbursement, in cents: each component is rounded half up before the sum; 0 without a tariff."""
    amounts = {(row["ghs"], row["year"]): row for row in tariff_rows()}
    key = np.char.add(stay["ghs"], tariff_year(stay).astype("S4"))
    names, place = np.unique(key, return_inverse=True)
    found = [amounts.get((name[:4].decode(), int(name[4:]))) for name in names]
    base, flat, exb, exh = (
        np.array([int(row[item]) if row else 0 for row in found])[place] for item in ("base", "exb_flat", "exb_day", "exh_day")
    )
    counted = stay["session"] & ~np.isin(stay["ghm"].astype("S5"), np.array(ONE_SESSION_ROOTS, dtype="S5"))
    total = base * np.where(counted, stay["sessions"], 1) + exh * stay["exh_days"]
    total -= np.where(stay["exb_kind"] == b"2", (exb * stay["exb_tenths"] + 5) // 10, np.where(stay["exb_kind"] == b"1", flat, 0))
    paid = np.array([row is not None for row in found])[place]
    supplement = sum(supplement_cents()[name][tariff_year(stay) - FIRST_TARIFF_YEAR] * stay[f"supplement_{name}"] for name in SUPPLEMENTS)
    return np.where(paid, total + supplement, 0)


def _valuation(stay: Table) -> np.ndarray:
    """VALO: 0 for what is never paid, 1 for all else (FACTAM says the same).

    Care rendered for another hospital (type B) is paid to that one, but for most sessions: the hospital that gives them is paid.
    """
    is_paid_session = stay["session"] & ~np.isin(stay["ghm"].astype("S5"), np.array(UNPAID_SERVICE_ROOTS, dtype="S5"))
    unpaid = stay["is_error"] | ((stay["type"] == b"B") & ~is_paid_session) | (stay["ghs"] == ERROR_GHS) | (stay["billable"] == b"0")
    return np.where(unpaid, b"0", b"1").astype("S1")
