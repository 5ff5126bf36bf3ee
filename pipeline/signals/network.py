"""The network of profiles: who shares texts and links with whom, and whether at the same time.

Profiles are joined by a text or link that they share; a cluster is what hangs together. Its test is
a permutation of times: every shared comment gets the time of a random comment of the same day, and
the copies are seldom so close together by chance. Days are kept, so what all people write on a day
(congratulations, condolences, a meme) is no surprise; short texts join nobody. The false discovery
rate over all clusters is controlled (Benjamini and Hochberg 1995).
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipeline.signals.bursts import members_of
from pipeline.signals.near_duplicates import NO_GROUP, Groups, components
from pipeline.signals.traces import NOBODY, Traces

MIN_PROFILES = 3
PERMUTATIONS = 999
DAY = 86_400.0
AT_ONCE = 60.0
"""Seconds within which two profiles comment at the same time."""
DRAWN_AT_ONCE = 1 << 20
"""Times that are drawn at once: bounds the memory for a text of very many copies."""
FALSE_DISCOVERIES = 0.05
SEED = 20240111
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cluster:
    """Profiles that share texts or links, with the comments that they share."""

    rows: Rows
    n_profiles: int
    n_shared: int
    """Texts and links that join them."""
    p_value: float
    n_at_once: int = 0
    """Pairs of them that posted other comments too within a minute; counted by `network`."""


def clusters(
    traces: Traces, kinds: list[Groups], permutations: int = PERMUTATIONS
) -> list[Cluster]:
    """Return all clusters of three profiles or more with their p-values, in order of the rows.

    Comments without author or time join nobody. Co-time edges are counted and join nobody either:
    two people who talk to each other comment within a minute again and again.
    """
    shared = [own for groups in kinds for own in shared_rows(traces, groups)]
    if not shared:
        return []
    numbers = np.concatenate([np.full(len(own), at) for at, own in enumerate(shared)])
    of_group = cluster_numbers(traces.authors[np.concatenate(shared)], numbers, len(shared))
    pool = Pool(traces.seconds)
    generator = np.random.default_rng(SEED)
    found = []
    for members in members_of(of_group):
        groups = [shared[at] for at in members.tolist()]
        rows = np.unique(np.concatenate(groups))
        authors = np.unique(traces.authors[rows])
        if len(authors) < MIN_PROFILES:
            continue
        p_value = chance(traces.seconds, groups, pool, permutations, generator)
        found.append(Cluster(rows, len(authors), len(groups), p_value))
    return sorted(found, key=lambda each: int(each.rows[0]))


def shared_rows(traces: Traces, groups: Groups) -> list[Rows]:
    """Return the rows of each group with known author and time, the first of each profile alone.

    A profile that repeats itself is no company.
    """
    known = (traces.authors != NOBODY) & ~np.isnan(traces.seconds)
    found = []
    for own in members_of(np.where(known, groups, NO_GROUP)):
        own = own[np.argsort(traces.seconds[own], kind="stable")]
        first = own[np.sort(np.unique(traces.authors[own], return_index=True)[1])]
        if len(first) > 1:
            found.append(first)
    return found


def cluster_numbers(authors: Rows, numbers: Rows, n_groups: int) -> Rows:
    """Return a number per group, equal for groups that are joined by profiles they share."""
    codes = np.unique(authors, return_inverse=True)[1].reshape(-1)
    return components(n_groups + int(codes.max()) + 1, numbers, codes + n_groups)[:n_groups]


class Pool:
    """The times of all comments by day: what a permutation within the day draws from."""

    def __init__(self, seconds: Floats) -> None:
        self.clock = np.sort(seconds[~np.isnan(seconds)])

    def draw(self, seconds: Floats, n: int, generator: np.random.Generator) -> Floats:
        """Return `n` draws of other times of the same days, shape (n, times)."""
        days = np.floor(seconds / DAY) * DAY
        low = np.searchsorted(self.clock, days, side="left")
        high = np.searchsorted(self.clock, days + DAY, side="left")
        places = low + (generator.random((n, len(seconds))) * (high - low)).astype(np.int64)
        drawn: Floats = self.clock[places]
        return drawn


def closeness(times: Floats) -> Floats:
    """Return how close the times of each row are: minus the sum of the logarithms of the gaps."""
    gaps = np.diff(np.sort(times, axis=-1), axis=-1)
    total: Floats = -np.log(gaps + 1.0).sum(axis=-1)
    return total


def chance(
    seconds: Floats,
    groups: list[Rows],
    pool: Pool,
    permutations: int,
    generator: np.random.Generator,
) -> float:
    """Return the share of permutations in which the copies of a cluster are as close together."""
    seen = 0.0
    drawn = np.zeros(permutations)
    for rows in groups:
        own = seconds[rows]
        seen += float(closeness(own))
        step = max(1, DRAWN_AT_ONCE // len(own))
        for start in range(0, permutations, step):
            size = min(step, permutations - start)
            drawn[start : start + size] += closeness(pool.draw(own, size, generator))
    return (1 + int((drawn >= seen - 1e-9).sum())) / (1 + permutations)


def n_at_once(traces: Traces, by_author: Rows, shared: Rows) -> int:
    """Return the pairs of profiles whose other comments follow each other within a minute.

    `by_author` are all rows in order of their authors.
    """
    authors = np.unique(traces.authors[shared])
    names = traces.authors[by_author]
    low, high = np.searchsorted(names, authors), np.searchsorted(names, authors, side="right")
    own = [by_author[a:b] for a, b in zip(low.tolist(), high.tolist(), strict=True)]
    rows = np.setdiff1d(np.concatenate(own), shared)
    rows = rows[~np.isnan(traces.seconds[rows])]
    rows = rows[np.argsort(traces.seconds[rows], kind="stable")]
    names, times = traces.authors[rows], traces.seconds[rows]
    near = (np.diff(times) <= AT_ONCE) & (names[1:] != names[:-1])
    pairs = np.stack([np.minimum(names[1:], names[:-1]), np.maximum(names[1:], names[:-1])])
    return len(np.unique(pairs[:, near], axis=1).T)


def discoveries(p_values: Floats, rate: float = FALSE_DISCOVERIES) -> npt.NDArray[np.bool_]:
    """Tell which p-values stand when at most `rate` of those that do may be false."""
    n = len(p_values)
    order = np.argsort(p_values, kind="stable")
    passed = np.flatnonzero(p_values[order] <= rate * np.arange(1, n + 1) / max(n, 1))
    found = np.zeros(n, dtype=bool)
    if len(passed):
        found[order[: passed[-1] + 1]] = True
    return found


def network(traces: Traces, kinds: list[Groups]) -> list[Cluster]:
    """Return the clusters that chance does not explain."""
    every = clusters(traces, kinds)
    stands = discoveries(np.array([each.p_value for each in every]))
    by_author = np.argsort(traces.authors, kind="stable")
    return [
        replace(each, n_at_once=n_at_once(traces, by_author, each.rows))
        for each, kept in zip(every, stands.tolist(), strict=True)
        if kept
    ]
