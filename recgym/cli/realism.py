"""recgym show --realism: the logs of random pages beside what real logs look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from recgym import metrics
from recgym.scenarios.scenario import Scenario

NUM_SESSIONS = 2_000  # of fewer the clicks are so few that most items have none, which looks like concentration
NUM_OTHERS = 200  # random items each click is compared with

SHOP = ("carted", "purchased")  # whose funnel real rates are known of
NEWS = "news"  # the domain whose reading times real ones are known of


class Real(NamedTuple):
    """What real logs look like in words, and the ranges in which these say that figures lie."""

    words: str
    ranges: tuple[tuple[float, float], ...] = ()  # in the order of the figures; none where there is but one log

    def missed(self, *figures: float) -> bool:
        """Whether one of the figures lies outside its range; NaN, for want of data, does not."""
        return any(figure < low or figure > high for (low, high), figure in zip(self.ranges, figures, strict=False))


# Of public logs: MovieLens-100k, MSWeb, Last.fm, RetailRocket, Coat, Open Bandit, shops' session logs,
# and a newspaper's.
REAL = {
    "popularity": Real(".55 to .90", ((0.55, 0.90),)),
    "visits": Real("p50 2 to 4, p90 6 to 10, .25 or more of one page", ((2, 4), (6, 10), (0.25, 1))),
    "position": Real("examination falls as rank**-eta, eta up to 1; flat in a fashion carousel"),
    "cart": Real(".026"),
    "purchase": Real(".008 to .03", ((0.008, 0.03),)),
    "repeats": Real("most users favour repetition (Louail & Barthelemy, 2017, arXiv:1704.05815)"),
    "stars": Real(".061 .114 .272 .342 .212 (books .023 .052 .192 .335 .399)"),
    "text": Real(".55 to .75", ((0.55, 0.75),)),
    "text, shown": Real(".515 (liked or not, of what a user rated)"),
    "popularity probe": Real(".70 or more", ((0.70, 1),)),
    "seconds": Real("7, 22, 93, 325 (news)"),
}
UNKNOWN = Real("")
QUANTILES = (10, 50, 90, 99)  # of the seconds, in per cent


class Row(NamedTuple):
    """One line of the table."""

    name: str
    here: str
    real: str
    outside: bool = False  # a figure lies outside the range of real logs


class Session(NamedTuple):
    """One session's log: arrays (num_pages, ...)."""

    slates: NDArray[np.int64]
    clicked: NDArray[np.bool_]
    saved: NDArray[np.bool_]  # the domain's first event: carted, shared
    committed: NDArray[np.bool_]  # its second: purchased, subscribed
    rating: NDArray[np.float64]
    left: NDArray[np.bool_]
    seconds: NDArray[np.float64]  # spent on an item; 0 where the domain keeps no time
    repeats: NDArray[np.float64]  # (num_pages,) clicks on what the user knew; 0 where the domain does not tell


def random_sessions(env_id: str, num_sessions: int, seed: int = 0, **settings: Any) -> list[Session]:
    """The first session of `num_sessions` lanes under random pages; `settings` go to gymnasium.make_vec."""
    envs = gymnasium.make_vec(env_id, num_envs=num_sessions, **settings)
    envs.reset(seed=seed)
    envs.action_space.seed(seed)
    names = ("slate", "clicked", *envs.simulator.response.parameters.EVENTS, "rating", "left")
    no_time, no_repeats = np.zeros((num_sessions, envs.simulator.slate_size)), np.zeros(num_sessions)
    pages: list[list[NDArray[Any]]] = []
    lengths = np.zeros(num_sessions, dtype=np.int64)
    going = np.ones(num_sessions, dtype=bool)
    while going.any():
        _, _, terminated, truncated, info = envs.step(envs.action_space.sample())
        repeats = info.get("outcome", {}).get("repeats", no_repeats)
        pages.append([*(info[name] for name in names), info.get("seconds", no_time), repeats])
        lengths += going
        going &= ~(terminated | truncated)
    envs.close()
    columns = [np.stack(column, axis=1) for column in zip(*pages, strict=True)]  # (num_sessions, num_pages, ...)
    return [Session(*(column[lane, :length] for column in columns)) for lane, length in enumerate(lengths)]


def report(env_id: str, setting: Scenario, seed: int = 0, num_sessions: int = NUM_SESSIONS) -> str:
    """A table: statistic, simulated value, real value, and a word where the one lies outside of the other."""
    log = random_sessions(env_id, num_sessions, seed)
    rows = [Row("statistic", "here", "real logs"), *statistics(log, setting, seed)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(
        f"{row.name:{widths[0]}}  {row.here:{widths[1]}}  {row.real}{'  OUTSIDE' * row.outside}".rstrip()
        for row in rows
    )


def statistics(log: list[Session], setting: Scenario, seed: int = 0) -> list[Row]:
    """Rows of the table for the sessions of a log."""
    catalog = setting.simulator.catalog
    slates, clicked, saved, committed, rating, seconds, repeats = (
        np.concatenate([getattr(session, name) for session in log])
        for name in ("slates", "clicked", "saved", "committed", "rating", "seconds", "repeats")
    )
    counts = np.bincount(slates[clicked], minlength=catalog.num_items)
    visits = metrics.describe_lengths(np.concatenate([metrics.visit_lengths(session.left) for session in log]))
    rates = metrics.funnel_rates(slates, clicked, saved, committed)
    text, text_shown, popular = probes(log, setting, seed)
    saving, committing = events = setting.simulator.response.parameters.EVENTS
    cart, purchase = (REAL[name] if events == SHOP else UNKNOWN for name in ("cart", "purchase"))
    return [
        Row("sessions, pages, clicks", f"{len(log):,}, {len(slates):,}, {int(clicked.sum()):,}", ""),
        _concentration("Gini of clicks per item", counts),
        _concentration("Gini of the catalogue's ratings", catalog.attributes["num_ratings"]),
        _row("pages per visit", f"p50 {visits.p50:g}, p90 {visits.p90:g}, {visits.share_of_one:.2f} of one page",
             REAL["visits"], visits.p50, visits.p90, visits.share_of_one),
        Row("clicks per item shown", f"{rates.click_per_shown:.3f}", ""),
        _row("the same by slot", _numbers(metrics.click_rate_by_position(slates, clicked)), REAL["position"]),
        _row(f"{saving} per click", f"{rates.cart_per_view:.3f}", cart, rates.cart_per_view),
        _row(f"{committing} per click", f"{rates.purchase_per_view:.4f}", purchase, rates.purchase_per_view),
        *_repeats(repeats, clicked),
        _row("stars 1 to 5", _numbers(metrics.star_shares(rating)), REAL["stars"]),
        *_times(seconds[clicked], REAL["seconds"] if setting.domain.name == NEWS else UNKNOWN),
        _row("text probe (AUC per user)", f"{text:.3f}", REAL["text"], text),
        _row("the same, against items shown and skipped", f"{text_shown:.3f}", REAL["text, shown"], text_shown),
        _row("popularity probe (AUC per user)", f"{popular:.3f}", REAL["popularity probe"], popular),
    ]  # fmt: skip


def _row(name: str, here: str, real: Real, *figures: float) -> Row:
    return Row(name, here, real.words, real.missed(*figures))


def _concentration(name: str, counts: NDArray[Any]) -> Row:
    """How unequal (num_items,) counts are."""
    if not counts.any():
        return Row(name, "no data", REAL["popularity"].words)
    gini = metrics.gini(counts)
    return _row(name, f"{gini:.2f}, top fifth takes {metrics.top_share(counts):.2f}", REAL["popularity"], gini)


def _repeats(repeats: NDArray[np.float64], clicked: NDArray[np.bool_]) -> list[Row]:
    """How much of what was clicked was known before, where the domain tells."""
    if not repeats.any():
        return []
    return [_row("share of clicks that are repeats", f"{repeats.sum() / clicked.sum():.2f}", REAL["repeats"])]


def _times(seconds: NDArray[np.float64], real: Real) -> list[Row]:
    """How long the clicked items held their users, (num_clicks,), where the domain keeps the time."""
    if not seconds.any():
        return []
    name = f"seconds per click, {', '.join(f'p{quantile}' for quantile in QUANTILES)}"
    return [Row(name, ", ".join(f"{value:,.0f}" for value in np.percentile(seconds, QUANTILES)), real.words)]


def probes(log: list[Session], setting: Scenario, seed: int = 0) -> tuple[float, float, float]:
    """Mean AUC over users: text against random items, text against items shown and skipped, popularity against random.

    Retrieval shows items like those looked at before, which lifts the first; the second tells what users choose of it.
    Popularity is, as in real logs, how often everybody else clicked an item.
    """
    catalog = setting.simulator.catalog
    embeddings = setting.encoder.encode(catalog.texts)
    counts = np.bincount(np.concatenate([s.slates[s.clicked] for s in log]), minlength=catalog.num_items)
    rng = np.random.default_rng(seed)
    values = []
    for session in log:
        popularity = counts - np.bincount(session.slates[session.clicked], minlength=catalog.num_items)
        clicks = metrics.clicks_in_order(session.slates, session.clicked)
        skipped = np.setdiff1d(session.slates[session.slates >= 0], clicks)
        others = rng.integers(catalog.num_items, size=NUM_OTHERS)
        values.append(
            (
                metrics.text_probe(clicks, embeddings, others),
                metrics.text_probe(clicks, embeddings, skipped),
                metrics.score_probe(clicks, popularity, others),
            )
        )
    text, text_shown, popular = (_mean(column) for column in zip(*values, strict=True))
    return text, text_shown, popular


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _numbers(values: NDArray[np.float64]) -> str:
    return " ".join(f"{value:.3f}".replace("0.", ".", 1) for value in values)
