"""Privileged policies: they know the user's hidden state and the response model, and bound what can be learned.

The far-sighted one is a *reference*, not an optimum: it adds to the expected reward of an item what the item does to
trust and to the user's need, at prices found by search (`python -m baselines tune`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines import tuned
from baselines.files import read_json, write_json
from baselines.heuristics import SAVED, actions_from_scores
from baselines.task import Task
from recgym.actions import ItemAction, ProtoAction
from recgym.dynamics import Need, Trust
from recgym.env import RecVectorEnv
from recgym.simulator import Simulator
from recgym.state import State


def expected_effects(
    simulator: Simulator, state: State, shown: NDArray[np.int64] | None = None
) -> dict[str, NDArray[np.float64]]:
    """What showing an item does if it is examined, name -> (num_envs, num_shown) expectations.

    Of the step's candidates, or of the items `shown` ((num_envs, num_shown) catalogue rows, -1 for none, which does nothing).

    reward: of this page; trust: its change; readiness: its gain; inspired: chance to start a need; met: chance to end
    one by a purchase; click: chance of a click.
    """
    shown = state["candidates"] if shown is None else shown
    funnel, items, weights = simulator.response.funnel(state, shown), simulator.items, simulator.reward.weights
    trust, need = simulator.part(Trust), simulator.part(Need)
    cart = funnel.click * funnel.cart * (funnel.stay + (1 - funnel.stay) / 3)
    purchase = cart * funnel.purchase
    surprise = np.clip(0.5 + funnel.satisfaction, -2, 2)
    opened, saved, committed = simulator.reward.DEEDS
    reward = (
        (weights[opened] + weights["satisfaction"]) * funnel.click
        + weights[saved] * cart
        + purchase * weights[committed] * items.trait(simulator.reward.VALUE)[shown]
        + purchase * weights["satisfaction"] * simulator.reward.RATING_WEIGHT * surprise
    )
    if weights.get("minutes", 0.0) != 0:
        pleased, lost = np.moveaxis(simulator.response.mean_seconds[shown], -1, 0)
        reward += weights["minutes"] / 60 * funnel.click * (funnel.stay * pleased + (1 - funnel.stay) * lost)
    change = funnel.click * (trust.stay_gain * funnel.stay - trust.disappointment_loss * (1 - funnel.stay))
    change += purchase * trust.purchase_change(surprise)
    has_need = (state["need"] >= 0)[:, None]
    stays = funnel.click * funnel.stay
    return {
        "reward": reward,
        "trust": change,
        "readiness": stays * funnel.needed * need.gain(items.trait("rating")[shown]),
        "inspired": stays * need.inspiration * ~has_need,
        "met": purchase * funnel.needed,
        "click": funnel.click,
    }


@dataclass(frozen=True)
class PrivilegedRecommender:
    """Shows the items of the highest expected reward plus priced long-term effects; without prices it is myopic.

    Prices: `trust` and `trust_low` (times 1 - trust), `readiness` and `readiness_high` (times readiness), `inspired`,
    `met`, `click`, each in units of reward per unit of the effect.
    """

    prices: Mapping[str, float]
    name: str
    privileged: bool = True

    def scores(self, env: RecVectorEnv) -> NDArray[np.float64]:
        """(num_envs, num_candidates) value of examining each candidate."""
        state, price = env.state, self.prices.get
        effects = expected_effects(env.simulator, state)
        trust_price = price("trust", 0.0) + price("trust_low", 0.0) * (1 - state["trust"][:, None])
        ready_price = price("readiness", 0.0) + price("readiness_high", 0.0) * state["readiness"][:, None]
        values = effects["reward"] + trust_price * effects["trust"] + ready_price * effects["readiness"]
        for name in ("inspired", "met", "click"):
            values += price(name, 0.0) * effects[name]
        return values

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The best slate the action view can say, by these scores."""
        scores, view = self.scores(env), env.sessions.view
        features = env.state["candidate_features"]
        if isinstance(view, ItemAction) and view.fill == "similar":
            return best_lead(view, features, scores, env.simulator.response.examination)
        if isinstance(view, ProtoAction):
            return best_query(features, scores)
        return actions_from_scores(env, scores)

    def save(self, folder: Path) -> None:
        """Write the prices."""
        write_json(folder / SAVED, {"name": self.name, "prices": dict(self.prices)})


PRICES = ("trust", "trust_low", "readiness", "readiness_high", "inspired", "met", "click")
MYOPIC = PrivilegedRecommender({}, "myopic (privileged)")
REFERENCE = "far-sighted reference (privileged)"


def reference(env_id: str, view: str) -> PrivilegedRecommender:
    """The far-sighted reference of an environment under an action view, at the prices found by search.

    Raises:
        baselines.tuned.NotTuned: Nobody has searched yet.
    """
    return PrivilegedRecommender(tuned.load(env_id, view, "prices", PRICES), REFERENCE)


@dataclass(frozen=True)
class Privileged:
    """The method of both privileged policies."""

    far_sighted: bool

    def train(self, task: Task) -> PrivilegedRecommender:
        """There is nothing to learn: the prices come from a search."""
        return reference(task.env_id, task.view) if self.far_sighted else MYOPIC

    def load(self, folder: Path, env: RecVectorEnv) -> PrivilegedRecommender:
        """The same prices."""
        saved = read_json(folder / SAVED)
        return PrivilegedRecommender(saved["prices"], saved["name"])


def best_lead(
    view: ItemAction, features: NDArray[np.float32], scores: NDArray[np.float64], examination: NDArray[np.float64]
) -> NDArray[np.int64]:
    """(num_envs,) the lead whose filled slate is worth most."""
    num_envs, num_candidates = scores.shape
    values = np.empty(scores.shape)
    for lead in range(num_candidates):
        slate = view.slates_by_lead(features, np.full(num_envs, lead))
        values[:, lead] = np.take_along_axis(scores, slate, axis=1) @ examination
    return values.argmax(axis=1)


def best_query(features: NDArray[np.float32], scores: NDArray[np.float64], ridge: float = 0.05) -> NDArray[np.float32]:
    """(num_envs, num_features) the query vector that ranks most like the scores: ridge regression within each page.

    High scores weigh more, because only the top of the ranking is shown.
    """
    centred = (features - features.mean(axis=1, keepdims=True)).astype(np.float64)
    target = scores - scores.mean(axis=1, keepdims=True)
    spread = np.maximum(target.std(axis=1, keepdims=True), 1e-9)
    weight = np.exp(target / spread)
    gram = np.einsum("nmf,nm,nmg->nfg", centred, weight, centred) + ridge * np.eye(features.shape[2])
    moment = np.einsum("nmf,nm,nm->nf", centred, weight, target)
    query = np.linalg.solve(gram, moment[..., None])[..., 0]
    return (query / np.maximum(np.abs(query).max(axis=1, keepdims=True), 1e-9)).astype(np.float32)
