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
    purchase_per_cart: float


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
    return Rates(_ratio(views, shown), _ratio(carts, views), _ratio(purchases, views), _ratio(purchases, carts))


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


def text_probe(clicks: NDArray[np.int64], embeddings: NDArray[np.floating], others: NDArray[np.int64]) -> float:
    """One user's AUC of text similarity for what is clicked next; NaN with fewer than two clicks.

    The score is the cosine to the mean embedding of the items clicked so far; each next clicked item is compared with
    `others`.

    Args:
        clicks: (num_clicks,) rows of the clicked items, in order.
        embeddings: (num_items, dim) unit rows.
        others: (num_others,) rows of random items.
    """
    values = []
    for position in range(1, len(clicks)):
        mean = embeddings[clicks[:position]].mean(axis=0)
        # The length of the mean is the same for all that is compared, so the dot product orders like the cosine.
        values.append(auc(embeddings[clicks[position : position + 1]] @ mean, embeddings[others] @ mean))
    return float(np.mean(values)) if values else float("nan")


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
