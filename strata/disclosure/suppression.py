"""From counts to masks: the small ones, those that protect them, and again until the audit finds nothing.

Belongs here: the order of the steps and the status of each count. Not here: any of the steps (primary.py, secondary.py, audit.py).
"""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from strata.config import Disclosure
from strata.disclosure.audit import Labels, Verdict, audit, spread_left, within_few
from strata.disclosure.cells import CELL, MEMBERS
from strata.disclosure.earlier import KNOWN, MASKED
from strata.disclosure.primary import Primary, primary, unlabelled
from strata.disclosure.secondary import Room, Target, complete
from strata.disclosure.sums import CELL_KIND, HIDDEN, MARGIN, Sums, parts_of

PRIMARY, SECONDARY = "suppressed_primary", "suppressed_secondary"
_DEAREST = {"territory_id": ("ALL", 8.0), "stratum": ("all", 4.0), "sex": ("all", 2.0)}


@dataclass(frozen=True)
class Masks:
    """cells: NODE, persons, status (NULL: published) and reason. verdict: of the last audit.

    exposed: small counts that an earlier publication printed. unlabelled: small counts printed as secondary. elsewhere: counts that
    earlier publications and the pack tell by themselves, whatever is withheld today; the verdict does not name them.
    """

    cells: pl.DataFrame
    verdict: Verdict
    exposed: int
    unlabelled: int
    elsewhere: int


def suppress(sums: Sums, rules: Disclosure, past: NDArray[np.str_]) -> Masks:
    """The masks of every count. past: what earlier publications did with each cell ('known', 'masked' or '')."""
    first = primary(sums, rules)
    is_past = np.concatenate([past, np.full(len(sums.values) - len(past), "")])
    is_known = (is_past == KNOWN) | (sums.kind == MARGIN)
    to_prove = np.flatnonzero((first.is_small | first.is_told) & ~is_known)
    masked = _with_companions(sums, first.is_small | (is_past == MASKED) | (sums.kind == HIDDEN))
    masked, labels = _completed(sums, first, masked, is_known, to_prove, rules.threshold)
    masked, labels, verdict = _proved(sums, masked, labels, is_known, to_prove, rules.threshold)
    elsewhere = _told_elsewhere(sums, labels, is_known, verdict.told, rules.threshold)
    if len(np.setdiff1d(verdict.told, elsewhere)):
        masked, labels = _without_their_parts(sums, masked, labels, is_known, np.setdiff1d(verdict.told, elsewhere))
        masked, labels, verdict = _proved(sums, masked, labels, is_known, to_prove, rules.threshold)
    cells = _statuses(sums, labels, masked, is_past)
    hushed = first.is_small & ~labels.is_primary
    verdict = replace(verdict, told=np.setdiff1d(verdict.told, elsewhere))
    return Masks(cells, verdict, int((first.is_small & is_known).sum()), int(hushed.sum()), len(elsewhere))


def _proved(
    sums: Sums, masked: NDArray[np.bool_], labels: Labels, is_known: NDArray[np.bool_], to_prove: NDArray[np.int64], threshold: int
) -> tuple[NDArray[np.bool_], Labels, Verdict]:
    """Audit, widen the masks around what is told, take labels away, and again until nothing is told or nothing is left to do.

    Masks only widen and labels only go, so what is proved stays proved, but for parts of a total whose label goes: only these and what was
    told are looked at again. The last audit is of everything.
    """
    asked = to_prove
    while True:
        verdict = audit(sums, masked & ~is_known, labels, asked, threshold)
        few = within_few(sums, labels)
        labels = unlabelled(labels, verdict.told_by_label)
        wider = _with_companions(sums, _widened(sums, masked, is_known, verdict.told))
        is_stuck = (wider == masked).all() and not len(verdict.told_by_label)
        beside = _labelled_with(sums, labels, verdict.told) if is_stuck else verdict.told[:0]
        labels = unlabelled(labels, beside)
        if is_stuck and not len(beside):
            if len(asked) == len(to_prove):
                return masked, labels, verdict
            asked = to_prove
            continue
        masked = wider
        lost = np.flatnonzero(few & ~within_few(sums, labels))
        asked = np.intersect1d(to_prove, np.concatenate([verdict.told, verdict.told_by_label, beside, lost]))


def _told_elsewhere(sums: Sums, labels: Labels, is_known: NDArray[np.bool_], told: NDArray[np.int64], threshold: int) -> NDArray[np.int64]:
    """Of what is told, what earlier publications and the pack tell by themselves: it would be told if nothing were published today."""
    if not len(told):
        return told
    silent = unlabelled(labels, np.flatnonzero(~is_known & (sums.kind != MARGIN)))
    return audit(sums, ~is_known, silent, told, threshold).told


def _without_their_parts(
    sums: Sums, masked: NDArray[np.bool_], labels: Labels, is_known: NDArray[np.bool_], told: NDArray[np.int64]
) -> tuple[NDArray[np.bool_], Labels]:
    """The last resort: whatever shares an equation with what is told, directly or not, is withheld, and no label says anything of it."""
    part = parts_of(sums.matrix)
    around = np.isin(part, part[told]) & ~is_known & (sums.kind != MARGIN)
    return _with_companions(sums, masked | around), unlabelled(labels, np.flatnonzero(around))


def _completed(
    sums: Sums, first: Primary, masked: NDArray[np.bool_], is_known: NDArray[np.bool_], to_prove: NDArray[np.int64], threshold: int
) -> tuple[NDArray[np.bool_], Labels]:
    """The masks with those that protect them. Where labels alone leave no room, whatever is masked, those of the place are not given."""
    labels = first.labels
    masked, unserved = complete(_room(sums, labels, is_known), _targets(sums, labels, to_prove, threshold), masked)
    if unserved:
        nodes = np.array(sorted({target.node for target in unserved}))
        labels = unlabelled(labels, _labelled_beside(sums, labels, nodes))
        masked, _ = complete(_room(sums, labels, is_known), _targets(sums, labels, nodes, threshold), masked)
    return _with_companions(sums, masked), labels


def _labelled_beside(sums: Sums, labels: Labels, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Primary cells of the places where `nodes` are; a hidden count is where the totals of its sums are."""
    places = sums.cells.select("state_year", "territory_id")
    count = len(places)
    is_theirs = np.isin(np.arange(len(sums.values)), nodes)
    has_hidden = abs(sums.matrix) @ (is_theirs & (sums.kind == HIDDEN)).astype(float) > 0
    is_total = csr_matrix(sums.matrix > 0).T @ has_hidden.astype(float) > 0
    concerned = places.filter(pl.Series(np.asarray(is_theirs | is_total)[:count])).unique().with_columns(concerned=pl.lit(True))
    is_there = places.join(concerned, on=places.columns, how="left", maintain_order="left")["concerned"].fill_null(False).to_numpy()
    return np.flatnonzero(is_there & labels.is_primary[:count])


def _labelled_with(sums: Sums, labels: Labels, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Primary cells in a sum with one of `nodes`: a total of one part and zeros is told by the label of the part, whatever is masked."""
    aim = np.zeros(len(sums.values))
    aim[nodes] = 1.0
    near = abs(sums.matrix).T @ (abs(sums.matrix) @ aim) > 0
    return np.flatnonzero(near & labels.is_primary)


def _targets(sums: Sums, labels: Labels, nodes: NDArray[np.int64], threshold: int) -> list[Target]:
    """How far each count must be able to move: up by the threshold, down too when its label leaves it less room above than it must.

    Within a total of few persons, no further than the label.
    """
    largest_first = nodes[np.argsort(-sums.values[nodes], kind="stable")]
    within, spread = within_few(sums, labels), spread_left(threshold)
    targets = []
    for node in largest_first.tolist():
        above = min(spread, threshold - 1 - int(sums.values[node]))
        targets.append(Target(node, float(above if within[node] else threshold)))
        if spread > above and (labels.is_primary[node] or within[node]):
            targets.append(Target(node, float(above - spread)))
    return [target for target in targets if target.by]


def _room(sums: Sums, labels: Labels, is_known: NDArray[np.bool_]) -> Room:
    values = sums.values.astype(float)
    up, down = (np.where(is_known, 0.0, room) for room in (labels.high - values, values - labels.low))
    price = 1.0 + np.log2(1.0 + values / 100)
    for column, (total, factor) in _DEAREST.items():
        is_total = (sums.cells[column] == total).to_numpy()
        price[: len(is_total)] *= np.where(is_total, factor, 1.0)
    return Room(sums.matrix, up, down, price)


def _with_companions(sums: Sums, masked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A row whose members are masked prints nothing: the counts nested in them are masked too."""
    cells = sums.cells.with_columns(masked=pl.Series(masked[: len(sums.cells)]))
    with_members = (pl.col("masked") & (pl.col("counted") == MEMBERS)).any().over(CELL)
    found = masked.copy()
    found[: len(cells)] = cells.select(pl.col("masked") | with_members).to_series().to_numpy()
    return found


def _widened(sums: Sums, masked: NDArray[np.bool_], is_known: NDArray[np.bool_], told: NDArray[np.int64]) -> NDArray[np.bool_]:
    """One more cell in every sum of a count that is not proved, or in the nearest sums that have one left: the smallest not empty."""
    wider = masked.copy()
    free = ~masked & ~is_known & (sums.kind == CELL_KIND) & (sums.values > 0)
    for node in told:
        for choice in _nearest_free(sums, int(node), free, masked):
            wider[choice[np.argmin(sums.values[choice])]] = True
    return wider


def _nearest_free(sums: Sums, node: int, free: NDArray[np.bool_], masked: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The cells that may still be masked in each of the nearest sums that have some, going from unknown to unknown; none: no list."""
    links = abs(sums.matrix)
    reached = np.arange(len(sums.values)) == node
    while True:
        touched = links @ reached.astype(float) > 0
        members = [sums.matrix.indices[sums.matrix.indptr[row] : sums.matrix.indptr[row + 1]] for row in np.flatnonzero(touched)]
        choices = [nodes[free[nodes]] for nodes in members if free[nodes].any()]
        further = reached | ((links.T @ touched.astype(float) > 0) & masked)
        if choices or (further == reached).all():
            return choices
        reached = further


def _statuses(sums: Sums, labels: Labels, masked: NDArray[np.bool_], is_past: NDArray[np.str_]) -> pl.DataFrame:
    held = slice(0, len(sums.cells))
    cells = sums.cells.with_columns(
        small=pl.Series(labels.is_primary[held]), masked=pl.Series(masked[held]), past=pl.Series(is_past[held] == MASKED)
    )
    status = pl.when("small").then(pl.lit(PRIMARY)).when("masked").then(pl.lit(SECONDARY))
    reason = (
        pl.when("small")
        .then(pl.lit("few_persons"))
        .when(pl.col("masked") & pl.col("past"))
        .then(pl.lit("protects_an_earlier_publication"))
        .when("masked")
        .then(pl.lit("protects_another_cell"))
    )
    return cells.with_columns(status=status, reason=reason).drop("small", "masked", "past")
