"""Dates as whole days since 1970-01-01.

Belongs here: conversions. Not here: which date means what.
"""

import numpy as np

NEVER = np.int32(2**30)


def day(year: int, month: int = 1, day_of_month: int = 1) -> int:
    """The number of a day."""
    return int(np.datetime64(f"{year:04d}-{month:02d}-{day_of_month:02d}", "D").astype(np.int64))


def iso_day(text: str) -> int:
    """The number of a day written yyyy-mm-dd."""
    return int(np.datetime64(text, "D").astype(np.int64))


def year_of(days: np.ndarray) -> np.ndarray:
    """The calendar year of each day."""
    return days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int32) + 1970


def month_of(days: np.ndarray) -> np.ndarray:
    """The month (1-12) of each day."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int32) % 12 + 1


def day_of_month(days: np.ndarray) -> np.ndarray:
    """The day in its month (1-31) of each day."""
    dates = days.astype("datetime64[D]")
    return (dates - dates.astype("datetime64[M]")).astype(np.int32) + 1


def completed_years(birth: np.ndarray, then: np.ndarray) -> np.ndarray:
    """Age in completed years."""
    years = year_of(then) - year_of(birth)
    before = month_of(then) * 100 + day_of_month(then) < month_of(birth) * 100 + day_of_month(birth)
    return years - before
