"""How good the slates of a recommender are: against the simulator's truth, beyond accuracy, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from baselines.oracles import expected_reward
from baselines.recommender import Evaluation
from baselines.results import MEASURES
from recgym import metrics
from recgym.env import RecVectorEnv
from recgym.simulator import Simulator
from recgym.state import State

Groups = dict[str, dict[str, float]]  # attribute -> level -> mean return of these users


class Relevance(NamedTuple):
    """The truth about items in a state, which no recommender sees, each (num_envs, num_shown)."""

    click: NDArray[np.float64]  # chance of a click once the item is examined: for precision and recall
    gain: NDArray[np.float64]  # expected reward once it is examined, from 0: for NDCG


def relevance(simulator: Simulator, state: State, shown: NDArray[np.int64]) -> Relevance:
    """Of `shown` ((num_envs, num_shown) catalogue rows); 0 for an empty slot (-1), and for what the limits forbid."""
    funnel = simulator.response.funnel(state, shown)
    counts = shown >= 0
    if simulator.limits is not None:
        counts &= ~simulator.limits.forbids(state, shown)
    reward = expected_reward(simulator, state, shown, funnel)
    return Relevance(np.where(counts, funnel.click, 0.0), np.where(counts, np.maximum(reward, 0.0), 0.0))


class SlateQuality:
    """Keeps what was shown while `evaluate` runs one recommender: pass it as `watch`, then ask for `measures`.

    The classics of the literature draw new items for every page and know no groups: of them only what an `Evaluation`
    holds can be told.
    """

    def __init__(self, env: RecVectorEnv) -> None:
        self.env = env
        self._levels: dict[str, Sequence[str]] = {}  # attribute of the users -> names of its levels
        if self._has_catalog:
            setting = env.sessions.setting
            self._levels["segment"] = setting.simulator.users.SEGMENTS
            self._levels |= {name: setting.texts[name] for name in setting.domain.statements}
        self._users: dict[str, NDArray[np.int64]] = {}  # attribute -> level of every session's user
        self._pages: dict[str, list[NDArray[Any]]] = {name: [] for name in (
            "lane", "slate", "clicked", "precision", "recall", "f1", "ndcg")}  # fmt: skip

    @property
    def _has_catalog(self) -> bool:
        return hasattr(self.env.sessions.setting, "domain")

    def __call__(self, before: State, shown: NDArray[np.bool_], info: dict[str, Any]) -> None:
        """Take note of one step."""
        if not self._has_catalog:
            return
        if not self._users:  # copied: the environment writes the next sessions' users in their place
            self._users = {attribute: before[attribute].copy() for attribute in self._levels}
        simulator, slates = self.env.simulator, info["slate"]
        clicks, gain = relevance(simulator, before, slates)
        possible_clicks, possible_gain = relevance(simulator, before, before["candidates"])
        precision, recall = metrics.precision(clicks), metrics.recall(clicks, possible_clicks)
        page = {"lane": np.arange(len(shown)), "slate": slates, "clicked": info["clicked"], "precision": precision,
                "recall": recall, "f1": metrics.f1(precision, recall),
                "ndcg": metrics.ndcg(gain, possible_gain)}  # fmt: skip
        for name, values in page.items():
            self._pages[name].append(values[shown])

    def measures(self, sessions: Evaluation) -> dict[str, float]:
        """All of `baselines.results.MEASURES`, of the sessions that were watched;
        NaN where there was nothing to measure."""
        found = dict.fromkeys(MEASURES, float("nan"))
        found |= {
            "return": sessions.mean,
            "length": float(sessions.lengths.mean()),
            "ctr": _ratio(sessions.clicks, sessions.impressions),
            "cvr": _ratio(sessions.committed, sessions.clicks),
        }
        return found | self._of_slates(len(sessions.returns)) if self._has_catalog else found

    def _of_slates(self, num_sessions: int) -> dict[str, float]:
        """The measures of what was shown."""
        simulator = self.env.simulator
        lane, slates, clicked, *accuracy = (np.concatenate(values) for values in self._pages.values())
        counts = np.bincount(slates[slates >= 0], minlength=simulator.items.num_items)
        popularity = simulator.catalog.attributes["num_ratings"] + 1.0
        topics = simulator.items.categories[slates]
        return {
            **dict(zip(("precision", "recall", "f1", "ndcg"), map(_mean, accuracy), strict=True)),
            "diversity": _mean(metrics.intra_list_diversity(slates, simulator.items.embeddings)),
            "novelty": metrics.novelty(slates, popularity),
            "coverage": metrics.coverage(counts),
            "gini": metrics.gini(counts),
            "exposure_drift": _drift(topics, lane, slates >= 0, num_sessions),
            "consumption_drift": _drift(topics, lane, clicked, num_sessions),
        }

    def groups(self, sessions: Evaluation) -> Groups:
        """Mean return of the users of every segment, and of those who say the same about themselves."""
        found: Groups = {}
        for attribute, names in self._levels.items():
            members = [self._users[attribute] == level for level in range(len(names))]
            found[attribute] = {name: float(sessions.returns[of_level].mean())
                                for name, of_level in zip(names, members, strict=True) if of_level.any()}  # fmt: skip
        return found


def _drift(topics: NDArray[np.int64], lane: NDArray[np.int64], taken: NDArray[np.bool_], num_sessions: int) -> float:
    """Mean over the sessions of the entropy drift of the topics that were `taken`, page by page."""
    sequences = (topics[lane == one][taken[lane == one]] for one in range(num_sessions))
    return _mean(np.array([metrics.entropy_drift(sequence) for sequence in sequences]))


def _mean(values: NDArray[np.floating]) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> float:
    return float(part.sum() / whole.sum()) if whole.sum() else float("nan")
