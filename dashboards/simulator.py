"""What keeping persons in a stratum is worth, from the published passages between strata and costs by stratum. Pure numbers, no text.

Belongs here: the chain, its value, its interval. Not here: the page (app/simulate.py). Formula (clinical text RP-1.0, 6.1):

    V = N a sum_{t=1..H} (1 + r)^-(t-1) [C(s+1, t) - C(s, t)] - K,    C(s, t) = sum_j P(state j at the start of year t | s) c_j

c_j is the cost of a year of whoever starts it in stratum j: year 1 is spent in the stratum of departure. Who died, left or is in no stratum
costs nothing and does not come back.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboards.sources.published import ALL, COMPARED_BASIS, NO_COST, STRATA, Published, Row

OUTCOMES = ("none", *STRATA, "dead", "left")
DRAWS, SEED = 1000, 20260101
HIDDEN_PERSONS = 5.5  # half of the usual threshold: what a hidden passage is taken to be, at most
NORMAL = 1.959964

Floats = NDArray[np.float64]


class NotSimulated(Exception):
    """The publication does not hold what is needed. reason: a key of the texts; stratum: where it lacks, or ''."""

    def __init__(self, reason: str, stratum: str = "") -> None:
        super().__init__(reason)
        self.reason, self.stratum = reason, stratum


@dataclass(frozen=True)
class Chain:
    """A year of life by stratum. moves: rows STRATA, columns OUTCOMES, each row sums to 1. members: persons behind each row.

    costs, errors: euros per person and year, and the standard error of their logarithm (NaN: no interval is published).
    filled: by row, how many hidden passages were given a number. place: whose passages and costs they are. year: of both.
    """

    moves: Floats
    members: Floats
    costs: Floats
    errors: Floats
    filled: tuple[int, ...]
    place: str
    year: int


@dataclass(frozen=True)
class Inputs:
    """persons kept in `stratum` instead of the one above it. discount, share: 0 to 1. programme_eur: cost of the programme, in all."""

    stratum: str
    persons: float
    years: int
    discount: float
    share: float
    programme_eur: float


@dataclass(frozen=True)
class Value:
    """Euros. lower, upper: 95 % of the draws, None when a cost has no interval. by_year: gap of cost of one person, year after year.

    break_even: persons from which the value is above 0; None when keeping them saves nothing.
    """

    value: float
    lower: float | None
    upper: float | None
    by_year: tuple[float, ...]
    break_even: float | None


def read_chain(published: Published, condition: str, territory_id: str) -> Chain:
    """The chain of a territory, or of the whole extract where it has no complete one. NotSimulated when neither has."""
    try:
        return _chain(published, condition, territory_id)
    except NotSimulated:
        if territory_id == ALL:
            raise
        return _chain(published, condition, ALL)


def value(chain: Chain, inputs: Inputs) -> Value:
    """The value of the inputs, with its interval by seeded simulation: the same question has the same answer."""
    gaps = gap_by_year(chain.moves[None], chain.costs[None], inputs.stratum, inputs.years)
    drawn = gap_by_year(*_drawn(chain), inputs.stratum, inputs.years)
    one = float(_worth(gaps, inputs)[0])
    lower, upper = np.quantile(inputs.persons * _worth(drawn, inputs) - inputs.programme_eur, (0.025, 0.975))
    is_claimed = not np.isnan(chain.errors).any()
    return Value(
        value=inputs.persons * one - inputs.programme_eur,
        lower=float(lower) if is_claimed else None,
        upper=float(upper) if is_claimed else None,
        by_year=tuple(float(gap) for gap in gaps[0]),
        break_even=inputs.programme_eur / one if one > 0 else None,
    )


def gap_by_year(moves: Floats, costs: Floats, stratum: str, years: int) -> Floats:
    """Cost of one person of the stratum above less that of one of `stratum`, in each year.

    moves: draws x 4 x 7; costs: draws x 4; given back: draws x years.
    """
    start = STRATA.index(stratum)
    inside = moves[:, :, 1:5]
    state = np.zeros((len(moves), 4))
    state[:, start + 1], state[:, start] = 1.0, -1.0
    gaps = []
    for _ in range(years):
        gaps.append((state * costs).sum(axis=1))
        state = np.einsum("ds,dsj->dj", state, inside)
    return np.stack(gaps, axis=1)


def _worth(gaps: Floats, inputs: Inputs) -> Floats:
    """Of one person: discounted, and the part that is the programme's."""
    weights = (1 + inputs.discount) ** -np.arange(inputs.years, dtype=float)
    return np.asarray(inputs.share * (gaps @ weights))


def _drawn(chain: Chain) -> tuple[Floats, Floats]:
    """Rows by Dirichlet draws of their persons, costs log-normal by their published intervals."""
    generator = np.random.default_rng(SEED)
    shape = np.broadcast_to(chain.moves * chain.members[:, None], (DRAWS, *chain.moves.shape))
    gamma = generator.standard_gamma(shape)
    spread = np.exp(generator.standard_normal((DRAWS, 4)) * np.nan_to_num(chain.errors))
    return gamma / gamma.sum(axis=2, keepdims=True), chain.costs * spread


def _chain(published: Published, condition: str, territory_id: str) -> Chain:
    made = [_moves(published, condition, territory_id, stratum) for stratum in STRATA]
    rows = [_cost(published, condition, territory_id, stratum) for stratum in STRATA]
    errors = [np.log(row.upper / row.lower) / (2 * NORMAL) if row.lower and row.upper else np.nan for row in rows]
    return Chain(
        moves=np.stack([moves for moves, _, _ in made]),
        members=np.array([members for _, members, _ in made]),
        costs=np.array([row.value for row in rows], dtype=float),
        errors=np.array(errors),
        filled=tuple(filled for _, _, filled in made),
        place=territory_id,
        year=published.front_year,
    )


def _cost(published: Published, condition: str, territory_id: str, stratum: str) -> Row:
    row = published.find("cost_per_patient", published.front_year, condition, territory_id, stratum, COMPARED_BASIS)
    if row is None or row.value is None:
        raise NotSimulated("no_cost", stratum)
    return row


def _moves(published: Published, condition: str, territory_id: str, stratum: str) -> tuple[Floats, float, int]:
    """One row: where its members are a year later, how many they are, how many passages had to be filled in.

    A hidden passage is taken to be of 5.5 persons, at most its equal part of what the row leaves; those who stay take the rest.
    """
    key = (published.front_year, condition, territory_id, stratum, NO_COST)
    rows = [published.find(f"transition_to_{outcome}", *key) for outcome in OUTCOMES]
    members = next((row.denominator for row in rows if row is not None and row.denominator), None)
    if members is None:
        raise NotSimulated("hidden_row" if any(rows) else "no_moves", stratum)
    shares = np.array([np.nan if row is None or row.value is None else row.value for row in rows])
    hidden = np.isnan(shares)
    if hidden.any():
        left = max(1.0 - float(np.nansum(shares)), 0.0)
        shares[hidden] = min(left / hidden.sum(), HIDDEN_PERSONS / members)
        stay = OUTCOMES.index(stratum)
        if hidden[stay]:
            shares[stay] += left - shares[hidden].sum()
    return shares / shares.sum(), float(members), int(hidden.sum())
