"""Pure functions of session logs: how concentrated, how long, how deep, and what predicts the next click.

A session's log is a set of arrays with a leading (num_pages,) axis, `slates` and what the user did with every slot:
the arrays a single environment puts into `info`, stacked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Lengths(NamedTuple):
    """A distribution of lengths."""

    count: int
    mean: float
    p50: float
    p90: float
    share_of_one: float


class Rates(NamedTuple):
    """The event funnel, a view being a clicked item. NaN where nothing happened to divide by."""

    click_per_shown: float
    cart_per_view: float
    purchase_per_view: float


def gini(counts: ArrayLike) -> float:
    """Gini coefficient of non-negative counts: 0 if all are equal, (n - 1) / n if one of n has everything.

    >>> gini([5, 5, 5, 5]), gini([0, 0, 0, 20])
    (0.0, 0.75)

    Raises:
        ValueError: negative counts, or none that is positive.
    """
    values = np.sort(np.asarray(counts, dtype=np.float64).ravel())
    if not len(values) or values[0] < 0 or not values.sum() > 0:
        raise ValueError("gini: expected counts of at least 0 with a positive sum")
    ranks = np.arange(1, len(values) + 1)
    return float((2 * ranks - len(values) - 1) @ values / (len(values) * values.sum()))


def top_share(counts: ArrayLike, share: float = 0.2) -> float:
    """Part of all interactions that goes to the most popular `share` of the items."""
    values = np.sort(np.asarray(counts, dtype=np.float64).ravel())[::-1]
    return float(values[: round(share * len(values))].sum() / values.sum())


def auc(positive: ArrayLike, negative: ArrayLike) -> float:
    """Chance that a positive scores above a negative, ties counting half (Mann-Whitney); NaN if either is empty."""
    above, below = np.asarray(positive, dtype=np.float64), np.sort(np.asarray(negative, dtype=np.float64))
    if not above.size or not below.size:
        return float("nan")
    wins = np.searchsorted(below, above, side="left") + np.searchsorted(below, above, side="right")
    return float(wins.mean() / (2 * below.size))


def visit_lengths(left: ArrayLike) -> NDArray[np.int64]:
    """Pages of each visit of one session: (num_pages,) bool `left` marks the last page of a visit.

    The visit that the end of the session cut short is not counted.

    >>> visit_lengths([False, True, True, False]).tolist()
    [2, 1]
    """
    ends = np.flatnonzero(np.asarray(left, dtype=bool)) + 1
    return np.diff(ends, prepend=0)


def describe_lengths(lengths: ArrayLike) -> Lengths:
    """Count, mean, median, 90th percentile and the share of length one; NaN for no lengths."""
    values = np.asarray(lengths)
    if not values.size:
        return Lengths(0, *[float("nan")] * 4)
    p50, p90 = np.percentile(values, (50, 90))
    return Lengths(values.size, float(values.mean()), float(p50), float(p90), float((values == 1).mean()))


def click_rate_by_position(slates: NDArray[np.int64], clicked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(slate_size,) clicks per item shown in each slot of (num_pages, slate_size) pages; NaN where none was shown."""
    shown = (slates >= 0).sum(axis=0)
    clicks = (clicked & (slates >= 0)).sum(axis=0)
    return np.divide(clicks, shown, out=np.full(len(shown), np.nan), where=shown > 0)


def funnel_rates(
    slates: NDArray[np.int64], clicked: NDArray[np.bool_], carted: NDArray[np.bool_], purchased: NDArray[np.bool_]
) -> Rates:
    """Rates of the stages, all arrays (num_pages, slate_size)."""
    shown, views, carts, purchases = (float(x.sum()) for x in (slates >= 0, clicked, carted, purchased))
    return Rates(_ratio(views, shown), _ratio(carts, views), _ratio(purchases, views))


def star_shares(ratings: ArrayLike) -> NDArray[np.float64]:
    """(5,) shares of 1 to 5 stars; zeros, which stand for no rating, are left out."""
    stars = np.asarray(ratings).ravel().astype(np.int64)
    counts = np.bincount(stars[stars > 0], minlength=6)[1:].astype(np.float64)
    return counts / counts.sum() if counts.sum() else np.full(5, np.nan)


def clicks_in_order(slates: NDArray[np.int64], clicked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The items one session clicked, page by page and slot by slot, each only the first time."""
    items = slates[clicked]
    _, first = np.unique(items, return_index=True)
    return items[np.sort(first)]


def precision(shown: NDArray[np.floating]) -> NDArray[np.float64]:
    """(...) mean relevance of the shown items, (..., slate_size); an empty slot's is 0.

    Relevance is 0 or 1, or a chance between them: then this and `recall` are ratios of expectations.
    """
    return shown.mean(axis=-1, dtype=np.float64)


def recall(shown: NDArray[np.floating], candidates: NDArray[np.floating]) -> NDArray[np.float64]:
    """(...) part of the candidates' relevance, (..., num_candidates), that was shown, (..., slate_size);
    NaN if all is 0."""
    found, there = shown.sum(axis=-1, dtype=np.float64), candidates.sum(axis=-1, dtype=np.float64)
    return np.divide(found, there, out=np.full(there.shape, np.nan), where=there > 0)


def f1(precision: ArrayLike, recall: ArrayLike) -> NDArray[np.float64]:
    """Harmonic mean of precision and recall; 0 where both are, NaN where there is no recall."""
    one, other = np.asarray(precision, dtype=np.float64), np.asarray(recall, dtype=np.float64)
    total = one + other
    return np.divide(2 * one * other, total, out=np.where(np.isnan(total), np.nan, 0.0), where=total > 0)


def accuracy(shown: NDArray[np.floating], candidates: NDArray[np.floating]) -> NDArray[np.float64]:
    """(...) expected share of the candidates that are decided right: relevant and shown, or neither.

    Args:
        shown: (..., slate_size) relevance of what was shown, no slot empty.
        candidates: (..., num_candidates) relevance of all that could have been shown, from 0 to 1.
    """
    found, there = shown.sum(axis=-1, dtype=np.float64), candidates.sum(axis=-1, dtype=np.float64)
    num_candidates = candidates.shape[-1]
    return (num_candidates - shown.shape[-1] - there + 2 * found) / num_candidates


def ndcg(shown: NDArray[np.floating], candidates: NDArray[np.floating]) -> NDArray[np.float64]:
    """(...) discounted gain of the shown order as a part of the best slate's (Järvelin & Kekäläinen, TOIS 20(4), 2002).

    Args:
        shown: (..., slate_size) gains of what was shown, from 0, in the order of the slots.
        candidates: (..., num_candidates) gains of all that could have been shown; NaN where none is positive.
    """
    slots = shown.shape[-1]
    discount = 1 / np.log2(np.arange(2, slots + 2))
    best = -np.sort(-candidates, axis=-1)[..., :slots]
    reached, ideal = shown @ discount, best @ discount[: best.shape[-1]]
    return np.divide(reached, ideal, out=np.full(ideal.shape, np.nan), where=ideal > 0)


def intra_list_diversity(slates: NDArray[np.int64], embeddings: NDArray[np.floating]) -> NDArray[np.float64]:
    """(num_pages,) 1 - mean cosine between two items of a slate (Ziegler et al., WWW 2005); NaN for fewer than two.

    Args:
        slates: (num_pages, slate_size) rows of items, -1 for an empty slot.
        embeddings: (num_items, dim) unit rows.
    """
    shown = slates >= 0
    total = np.einsum("pk,pkd->pd", shown.astype(np.float64), embeddings[slates])
    count = shown.sum(axis=1)
    pairs = count * (count - 1)
    cosines = np.einsum("pd,pd->p", total, total) - count
    return 1 - np.divide(cosines, pairs, out=np.full(len(slates), np.nan), where=pairs > 0)


def novelty(slates: NDArray[np.int64], popularity: NDArray[np.floating]) -> float:
    """Mean bits of surprise, -log2 of an item's share of all interactions, over the shown items; NaN for none.

    Args:
        slates: Rows of items of any shape, -1 for an empty slot.
        popularity: (num_items,) positive weights.
    """
    surprise = -np.log2(popularity / popularity.sum())
    items = slates[slates >= 0]
    return float(surprise[items].mean()) if items.size else float("nan")


def coverage(counts: ArrayLike) -> float:
    """Part of the items with a count above 0."""
    return float((np.asarray(counts) > 0).mean())


def entropy(labels: ArrayLike) -> float:
    """Shannon entropy, in bits, of how often each label occurs; NaN for none.

    >>> entropy([3, 3, 7, 7]), entropy([1, 1, 1])
    (1.0, 0.0)
    """
    _, counts = np.unique(np.asarray(labels), return_counts=True)
    shares = counts / counts.sum() if counts.size else np.array([np.nan])
    return float(abs((shares * np.log2(shares)).sum()))


def entropy_drift(labels: ArrayLike) -> float:
    """Entropy of the later half of a sequence of topics minus that of the earlier half, in bits;
    NaN for fewer than two.

    Both halves have the same length, because entropy grows with it; an odd one in the middle belongs to neither.

    >>> entropy_drift([0, 1, 2, 3, 5, 5, 5, 5])
    -2.0
    """
    sequence = np.asarray(labels).ravel()
    half = len(sequence) // 2
    return entropy(sequence[len(sequence) - half :]) - entropy(sequence[:half])


def text_probe(clicks: NDArray[np.int64], embeddings: NDArray[np.floating], others: NDArray[np.int64]) -> float:
    """One user's AUC of text similarity for what is clicked next; NaN with fewer than two clicks.

    The score is the cosine to the mean embedding of the items clicked so far; each next clicked item is compared with
    `others`.

    Args:
        clicks: (num_clicks,) rows of the clicked items, in order.
        embeddings: (num_items, dim) unit rows.
        others: (num_others,) rows of random items.
    """
    if len(clicks) < 2 or not len(others):
        return float("nan")
    # The length of the mean is the same for all that is compared, so the dot product with the sum orders like the
    # cosine.
    before = np.cumsum(embeddings[clicks[:-1]], axis=0, dtype=np.float64)
    chosen = np.einsum("cd,cd->c", embeddings[clicks[1:]], before)[:, None]
    left = before @ embeddings[others].T.astype(np.float64)
    return float(((chosen > left) + 0.5 * (chosen == left)).mean())


def score_probe(clicks: NDArray[np.int64], score: NDArray[np.floating], others: NDArray[np.int64]) -> float:
    """One user's AUC of an item's score, such as its popularity, for what is clicked; NaN without a click.

    Args:
        clicks: (num_clicks,) rows of the clicked items.
        score: (num_items,).
        others: (num_others,) rows of random items.
    """
    return auc(score[clicks], score[others])


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
