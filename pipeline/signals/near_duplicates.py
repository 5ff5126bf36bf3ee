"""Groups of comments that say the same: verbatim, lightly edited, with a greeting or a typo more.

Locality-sensitive hashing over MinHash: 16 bands of 4 values. Texts of Jaccard 0.5 meet in a band
with probability 0.64, of 0.7 with 0.99; who meets is compared, so chance meetings do no harm.
"""

import numpy as np
import numpy.typing as npt

from pipeline.signals.fingerprints import Fingerprints, likeness

N_BANDS = 16
ALIKE = 0.5
"""Estimated Jaccard similarity of character 5-grams from which two texts say the same."""
MIN_LETTERS = 20
MIN_WORDS = 4
"""Shorter texts are greetings, thanks and slogans that many people write: no evidence."""
NO_GROUP = -1
LOOKBACK = 2
"""Neighbours in a band that a text is compared with, beside the first."""

Groups = npt.NDArray[np.int64]
"""Group number per comment, NO_GROUP for those that stand alone."""


def same_text_groups(prints: Fingerprints, alike: float = ALIKE) -> Groups:
    """Return groups of two or more comments whose texts are the same but for small edits."""
    usable = np.flatnonzero((prints.n_letters >= MIN_LETTERS) & (prints.n_words >= MIN_WORDS))
    keys, first, inverse = np.unique(prints.keys[usable], return_index=True, return_inverse=True)
    signatures = prints.signatures[usable[first]]
    left, right = near_pairs(signatures, alike)
    of_text = components(len(keys), left, right)
    groups = np.full(len(prints.keys), NO_GROUP, dtype=np.int64)
    groups[usable] = of_text[inverse.reshape(-1)]
    return without_singles(groups)


def same_link_groups(links: npt.NDArray[np.uint64]) -> Groups:
    """Return groups of two or more comments that carry the same link."""
    groups = np.full(len(links), NO_GROUP, dtype=np.int64)
    linked = np.flatnonzero(links)
    groups[linked] = np.unique(links[linked], return_inverse=True)[1].reshape(-1)
    return without_singles(groups)


def near_pairs(
    signatures: npt.NDArray[np.uint16], alike: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return pairs of similar signatures that connect each cluster, not all pairs in it."""
    found: list[npt.NDArray[np.int64]] = [np.empty((2, 0), dtype=np.int64)]
    bands = np.ascontiguousarray(signatures).view(np.uint64)
    for band in range(N_BANDS):
        order = np.argsort(bands[:, band], kind="stable")
        met = candidates(bands[order, band])
        pairs = order[met]
        kept = likeness(signatures[pairs[0]], signatures[pairs[1]]) >= alike
        found.append(pairs[:, kept])
    left, right = np.concatenate(found, axis=1)
    return left, right


def candidates(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
    """Return pairs of places with equal values in a sorted column, shape (2, pairs).

    Each is paired with the first of its run and its nearest neighbours: linear, and enough to
    connect a cluster that meets in several bands.
    """
    places = np.arange(len(values))
    starts = (
        np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
        if len(values)
        else places
    )
    lengths = np.diff(np.append(starts, len(values)))
    first = np.repeat(starts, lengths)
    pairs = [np.stack([first, places])[:, first != places]]
    for back in range(1, LOOKBACK + 1):
        earlier = places - back
        inside = earlier > first
        pairs.append(np.stack([earlier[inside], places[inside]]))
    return np.concatenate(pairs, axis=1)


def components(
    n_nodes: int, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the smallest connected node per node: equal for all nodes of a component."""
    label = np.arange(n_nodes)
    while len(left):
        low = np.minimum(label[left], label[right])
        before = label.copy()
        # Hook both ends under the smaller label, then flatten the trees.
        np.minimum.at(label, label[left], low)
        np.minimum.at(label, label[right], low)
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(label, before):
            break
    return label


def without_singles(groups: Groups) -> Groups:
    """Return the groups numbered from 0 in order of first appearance, those of one member gone."""
    grouped = np.flatnonzero(groups != NO_GROUP)
    _, first, inverse, counts = np.unique(
        groups[grouped], return_index=True, return_inverse=True, return_counts=True
    )
    order = np.argsort(np.where(counts > 1, first, len(groups)), kind="stable")
    number = np.full(len(counts), NO_GROUP, dtype=np.int64)
    kept = order[: int((counts > 1).sum())]
    number[kept] = np.arange(len(kept))
    out = np.full(len(groups), NO_GROUP, dtype=np.int64)
    out[grouped] = number[inverse.reshape(-1)]
    return out
