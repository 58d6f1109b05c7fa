"""recgym show --realism: the logs of random pages beside what real logs look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from recgym import metrics
from recgym.scenarios.scenario import Scenario

NUM_SESSIONS = 400
NUM_OTHERS = 200  # random items each click is compared with

# Ranges of public logs: MovieLens-100k, MSWeb, Last.fm, RetailRocket, Coat, Open Bandit, and shops' session logs.
REAL = {
    "popularity": ".55 to .90",
    "visits": "p50 2 to 4, p90 6 to 10, .25 or more of one page",
    "position": "examination falls as rank**-eta, eta up to 1; flat in a fashion carousel",
    "cart": ".026",
    "purchase": ".008 to .03",
    "stars": ".061 .114 .272 .342 .212 (books .023 .052 .192 .335 .399)",
    "text": ".55 to .75",
    "text, shown": ".515 (liked or not, of what a user rated)",
    "popularity probe": ".70 or more",
}


class Session(NamedTuple):
    """One session's log: arrays (num_pages, ...)."""

    slates: NDArray[np.int64]
    clicked: NDArray[np.bool_]
    saved: NDArray[np.bool_]  # the domain's first event: carted, shared
    committed: NDArray[np.bool_]  # its second: purchased, subscribed
    rating: NDArray[np.float64]
    left: NDArray[np.bool_]


def random_sessions(env_id: str, num_sessions: int, seed: int = 0, **settings: Any) -> list[Session]:
    """The first session of `num_sessions` lanes under random pages; `settings` go to gymnasium.make_vec."""
    envs = gymnasium.make_vec(env_id, num_envs=num_sessions, **settings)
    envs.reset(seed=seed)
    envs.action_space.seed(seed)
    names = ("slate", "clicked", *envs.simulator.response.parameters.EVENTS, "rating", "left")
    pages: list[list[Any]] = [[] for _ in range(num_sessions)]
    going = np.ones(num_sessions, dtype=bool)
    while going.any():
        _, _, terminated, truncated, info = envs.step(envs.action_space.sample())
        for lane in np.flatnonzero(going):
            pages[lane].append([info[name][lane] for name in names])
        going &= ~(terminated | truncated)
    envs.close()
    return [Session(*map(np.array, zip(*log, strict=True))) for log in pages]


def report(env_id: str, setting: Scenario, seed: int = 0, num_sessions: int = NUM_SESSIONS) -> str:
    """A table: statistic, simulated value, real value."""
    log = random_sessions(env_id, num_sessions, seed)
    rows = [("statistic", "here", "real logs"), *statistics(log, setting, seed)]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return "\n".join(f"{name:{widths[0]}}  {here:{widths[1]}}  {real}" for name, here, real in rows)


def statistics(log: list[Session], setting: Scenario, seed: int = 0) -> list[tuple[str, str, str]]:
    """Rows of the table for the sessions of a log."""
    catalog = setting.simulator.catalog
    slates, clicked, saved, committed, rating = (
        np.concatenate([getattr(session, name) for session in log])
        for name in ("slates", "clicked", "saved", "committed", "rating")
    )
    counts = np.bincount(slates[clicked], minlength=catalog.num_items)
    popularity = catalog.attributes["num_ratings"]
    visits = metrics.describe_lengths(np.concatenate([metrics.visit_lengths(session.left) for session in log]))
    rates = metrics.funnel_rates(slates, clicked, saved, committed)
    text, text_shown, popular = probes(log, setting, seed)
    events = setting.simulator.response.parameters.EVENTS
    shop = events == ("carted", "purchased")
    return [
        ("sessions, pages, clicks", f"{len(log)}, {len(slates):,}, {int(clicked.sum()):,}", ""),
        ("Gini of clicks per item", _gini(counts), REAL["popularity"]),
        ("Gini of the catalogue's ratings", _gini(popularity), REAL["popularity"]),
        ("pages per visit", f"p50 {visits.p50:g}, p90 {visits.p90:g}, {visits.share_of_one:.2f} of one page",
         REAL["visits"]),
        ("clicks per item shown", f"{rates.click_per_shown:.3f}", ""),
        ("the same by slot", _numbers(metrics.click_rate_by_position(slates, clicked)), REAL["position"]),
        (f"{events[0]} per click", f"{rates.cart_per_view:.3f}", REAL["cart"] if shop else ""),
        (f"{events[1]} per click", f"{rates.purchase_per_view:.4f}", REAL["purchase"] if shop else ""),
        ("stars 1 to 5", _numbers(metrics.star_shares(rating)), REAL["stars"]),
        ("text probe (AUC per user)", f"{text:.3f}", REAL["text"]),
        ("the same, against items shown and skipped", f"{text_shown:.3f}", REAL["text, shown"]),
        ("popularity probe (AUC per user)", f"{popular:.3f}", REAL["popularity probe"]),
    ]  # fmt: skip


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


def _gini(counts: NDArray[Any]) -> str:
    return f"{metrics.gini(counts):.2f}, top fifth takes {metrics.top_share(counts):.2f}" if counts.any() else "no data"


def _numbers(values: NDArray[np.float64]) -> str:
    return " ".join(f"{value:.3f}".replace("0.", ".", 1) for value in values)
