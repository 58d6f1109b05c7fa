"""Privileged policies: they know the user's hidden state and the response model, and bound what can be learned.

The far-sighted one is a *reference*, not an optimum: it adds to the expected reward of an item what the item does to
the user, such as to trust and to their need, at prices found by search (`python -m baselines tune`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from baselines import tuned
from baselines.files import write_json
from baselines.heuristics import SAVED, actions_from_scores
from recgym.actions import ItemAction, ProtoAction, allowed_positions, rows_at
from recgym.dynamics import Foreseeable
from recgym.env import RecVectorEnv
from recgym.response import Funnel, FunnelResponse
from recgym.simulator import Simulator
from recgym.state import State


def expected_effects(simulator: Simulator, state: State) -> dict[str, NDArray[np.float64]]:
    """What showing each candidate does if it is examined, name -> (num_envs, num_candidates) expectations.

    reward: of this page; click: chance of a click;
    and the `effects` of every part of the dynamics that can foresee them.
    """
    shown = state["candidates"]
    funnel = simulator.response.funnel(state, shown)
    effects = {"reward": expected_reward(simulator, state, shown, funnel), "click": funnel.click}
    for part in simulator.dynamics:
        if isinstance(part, Foreseeable):
            effects |= part.effects(state, shown, funnel)
    return effects


def expected_reward(
    simulator: Simulator, state: State, shown: NDArray[np.int64], funnel: Funnel
) -> NDArray[np.float64]:
    """(num_envs, num_shown) what this page gains by an item that is examined."""
    weights, purchases = simulator.reward.weights, funnel.purchases
    opened, saved, committed = simulator.reward.DEEDS
    reward = (
        (weights[opened] + weights["satisfaction"]) * funnel.click
        + weights[saved] * funnel.carts
        + purchases * weights[committed] * simulator.items.trait(simulator.reward.VALUE)[shown]
        + purchases * weights["satisfaction"] * simulator.reward.RATING_WEIGHT * funnel.surprise
    )
    if weights.get("minutes", 0.0) != 0:
        pleased, lost = np.moveaxis(simulator.response.mean_seconds[shown], -1, 0)
        reward += weights["minutes"] / 60 * funnel.click * (funnel.stay * pleased + (1 - funnel.stay) * lost)
    for name, values in simulator.reward.expected_terms(state, shown, funnel).items():
        reward += weights[name] * values
    return reward


@dataclass(frozen=True)
class PrivilegedRecommender:
    """Shows the items of the highest expected reward plus priced long-term effects; without prices it is myopic.

    `prices` are those of `expected_effects` by name, each in units of reward per unit of the effect.
    """

    prices: Mapping[str, float]
    name: str
    privileged: bool = True

    def scores(self, env: RecVectorEnv) -> NDArray[np.float64]:
        """(num_envs, num_candidates) value of examining each candidate."""
        effects = expected_effects(env.simulator, env.state)
        values = effects.pop("reward")
        if unknown := set(self.prices) - set(effects):
            raise ValueError(f"prices: expected some of {', '.join(effects)}, got {', '.join(sorted(unknown))}")
        for name, price in self.prices.items():
            values = values + price * effects[name]
        return values

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The best slate the action view can say, by these scores."""
        scores, view = self.scores(env), env.sessions.view
        features = env.state["candidate_features"]
        if isinstance(view, ItemAction) and view.fill == "similar":
            return best_lead(view, env.state, scores, env.simulator.response)
        if isinstance(view, ProtoAction):
            return best_query(features, scores)
        return actions_from_scores(env, scores)

    def save(self, folder: Path) -> None:
        """Write the prices."""
        write_json(folder / SAVED, {"name": self.name, "prices": dict(self.prices)})


MYOPIC = PrivilegedRecommender({}, "myopic (privileged)")
REFERENCE = "far-sighted reference (privileged)"


def reference(env_id: str, view: str) -> PrivilegedRecommender:
    """The far-sighted reference of an environment under an action view, at the prices found by search.

    Raises:
        baselines.tuned.NotTuned: Nobody has searched yet.
    """
    return PrivilegedRecommender(tuned.load(env_id, view, "prices"), REFERENCE)


def best_lead(
    view: ItemAction, state: State, scores: NDArray[np.float64], response: FunnelResponse
) -> NDArray[np.int64]:
    """(num_envs,) the allowed lead whose filled slate is worth most:
    the scores of its items, as far as each is looked at."""
    num_envs, num_candidates = scores.shape
    values = np.empty(scores.shape)
    for lead in range(num_candidates):
        slate = view.slates_by_lead(state, np.full(num_envs, lead))
        examined = examination(response, state, rows_at(state, slate))
        values[:, lead] = (np.take_along_axis(scores, slate, axis=1) * examined).sum(axis=1)
    return np.where(allowed_positions(state), values, -np.inf).argmax(axis=1)


def examination(response: FunnelResponse, state: State, slates: NDArray[np.int64]) -> NDArray[np.float64]:
    """(num_envs, slate_size) chance that each slot of full slates is looked at,
    or (slate_size,) where only ranks count."""
    if response.choice is None:
        return response.examination
    utility = response.choice.utility(response.funnel(state, slates).click)
    return response.choice.examined(utility, np.ones(slates.shape, dtype=bool))


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
