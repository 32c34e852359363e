"""Rates and ratios against every row that the makers of a public-health standard published: UKHSA, PHEindicatormethods.

Belongs here: their figures, as small tables of ours beside this file (Open Government Licence 3.0). Not here: our own vectors.
rate_bands.csv: events and residents by five-year band (the last open), persons with 1 to 4 events where events are repeated, and
the weights of the European standard of 1976 for one area; a count missing at the source is 0 here, as it is read there.
direct_rates.csv and indirect_rates.csv: what comes out, without the 99.8 % limits of esp1976, printed ten times too large at the source.
"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from strata.statistics import direct_rate, esp2013, fay_feuer, indirect_rate, repeated_event_variance, standardised_ratio

HERE = Path(__file__).parent
LEVELS = {0.95: ("lower95", "upper95"), 0.998: ("lower998", "upper998")}
OFTEN = ("once", "twice", "three_times", "four_times")


def read(name: str) -> list[dict[str, str]]:
    """The rows of one table beside this file."""
    with (HERE / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    """A column as numbers."""
    return np.array([float(row[name]) for row in rows])


def bands(area: str) -> list[dict[str, str]]:
    """The age bands of one area."""
    return [row for row in read("rate_bands.csv") if row["area"] == area]


def standard(rows: list[dict[str, str]]) -> np.ndarray:
    """The weights of the source, or the European standard of 2013 cut at its bands."""
    return column(rows, "weight") if rows[0]["weight"] else esp2013(column(rows, "age_min"))


def variances(rows: list[dict[str, str]]) -> np.ndarray | None:
    """Variance of each count where persons repeat events."""
    return repeated_event_variance(np.stack([column(rows, name) for name in OFTEN], axis=-1)) if rows[0]["once"] else None


@pytest.mark.parametrize("row", read("direct_rates.csv"), ids=lambda row: f"{row['area']}-{row['per']}")
def test_every_direct_rate_of_the_oracle(row):
    rows = bands(row["area"])
    for level, names in LEVELS.items():
        found = direct_rate(column(rows, "events"), column(rows, "residents"), standard(rows), level, variances(rows))
        for part, name in zip(found, ("value", *names)):
            if row[name]:
                assert part * float(row["per"]) == pytest.approx(float(row[name]), rel=1e-6), name
            elif row["area"] != "esp1976":
                assert math.isnan(part), f"nothing is claimed below 10 events: {name}"


def test_persons_by_events_add_up_to_the_events():
    for area in ("repeated_big", "repeated_dummy", "repeated_small", "repeated_tiny"):
        rows = bands(area)
        events = sum(times * column(rows, name) for times, name in enumerate(OFTEN, start=1))
        assert events.tolist() == column(rows, "events").tolist()


@pytest.mark.parametrize("row", read("indirect_rates.csv"), ids=lambda row: f"{row['area']}-{row['per']}")
def test_every_indirect_rate_and_ratio_of_the_oracle(row):
    rows, nation = bands(row["area"]), read("reference_bands.csv")
    observed = column(rows, "events").sum()
    expected = (column(rows, "residents") * column(nation, "events") / column(nation, "residents")).sum()
    assert (observed, expected) == pytest.approx((float(row["observed"]), float(row["expected"])), rel=1e-6)
    crude = column(nation, "events").sum() / column(nation, "residents").sum()
    for level, names in LEVELS.items():
        if row["reference_rate"]:
            per_event = crude * float(row["per"])
            assert per_event == pytest.approx(float(row["reference_rate"]), rel=1e-6)
            found = indirect_rate(observed, expected, per_event, level)
        else:
            found = [part * float(row["per"]) for part in standardised_ratio(observed, expected, level)]
        assert list(found) == pytest.approx([float(row[name]) for name in ("value", *names)], rel=1e-6)


def test_the_tables_hold_every_row_of_the_oracle():
    assert (len(read("direct_rates.csv")), len(read("indirect_rates.csv"))) == (12, 12)


def test_fay_feuer_on_births_of_michigan():
    # Down syndrome by birth order, 1950-1964 (Fay and Feuer 1997; the example of epitools): 92.3 (80.4-105.8) per 100 000 births
    cases, births = [107, 141, 60, 40, 39, 25], [230_061, 329_449, 114_920, 39_487, 14_208, 3_052]
    found = fay_feuer(cases, births, [319_933, 931_318, 786_511, 488_235, 237_863, 61_313])
    assert [part * 1e5 for part in found] == pytest.approx([92.3, 80.4, 105.8], abs=0.05)
