"""UserPopulation: who the users are, drawn anew for every session."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.randomness import BatchRNG, Purpose, normal
from recgym.state import State


@dataclass(frozen=True, eq=False)
class UserPopulation:
    """Draws users: what they like, what they say about themselves, and how they decide.

    A user has three favourite categories, popular ones more often. Their interest is the mean of those categories'
    interest statements as the language model embeds them (the text-derived part) and a taste vector that no text shows
    (the independent part). What they say about themselves names two of the three favourites.

    Writes: favourites (num_envs, 3) int64; interest (num_envs, embedding_dim) float32, unit norm; taste
    (num_envs, taste_dim); profile (num_envs, embedding_dim) float32, the mean embedding of the user's statements;
    age_group, budget, segment (num_envs,) int64; price_sensitivity, patience (num_envs,).
    """

    category_weights: NDArray[np.float64]  # (num_categories,) chance of a category to be a favourite
    category_statements: NDArray[np.float32]  # (num_categories, embedding_dim) embedded "I love ..."
    age_statements: NDArray[np.float32]  # (num_age_groups, embedding_dim)
    budget_statements: NDArray[np.float32]  # (3, embedding_dim), the thriftiest first
    taste_dim: int = 8

    SEGMENTS = ("explorer", "researcher", "bargain hunter")
    NUM_FAVOURITES = 3

    def sample(self, rng: BatchRNG) -> State:
        """Users for all lanes of `rng`, at step 0."""
        state = State(step=np.zeros(len(rng.keys), dtype=np.int64))
        u = rng.uniform(state["step"], Purpose.POPULATION, 8 + self.taste_dim)
        favourites = self._favourites(u[:, :3])
        age_group = _pick(u[:, 3], len(self.age_statements))
        budget = _pick(u[:, 4], len(self.budget_statements))
        segment = _pick(u[:, 5], len(self.SEGMENTS))
        loves = self.category_statements[favourites]  # (num_envs, 3, embedding_dim)
        interest = loves[:, 0] + np.float32(0.8) * loves[:, 1] + np.float32(0.6) * loves[:, 2]
        says = loves[:, 0] + loves[:, 1] + self.age_statements[age_group] + self.budget_statements[budget]
        state["favourites"] = favourites
        state["interest"] = _unit(interest)
        state["taste"] = normal(u[:, 8:])
        state["profile"] = says / np.float32(4)
        state["age_group"], state["budget"], state["segment"] = age_group, budget, segment
        # Thrifty users and bargain hunters look at the price most.
        state["price_sensitivity"] = 1.2 - 0.2 * budget + 0.2 * (segment == 2) + 0.1 * (u[:, 6] - 0.5)
        state["patience"] = u[:, 7] - 0.5
        return state

    def _favourites(self, u: NDArray[np.float64]) -> NDArray[np.int64]:
        """(num_envs, 3) categories, the chance of each as its weight; the next free one where two are the same."""
        cumulative = np.cumsum(self.category_weights)
        drawn = np.searchsorted(cumulative, u * cumulative[-1], side="right").clip(0, len(cumulative) - 1)
        first, second, third = drawn.T
        num_categories = len(cumulative)
        second = np.where(second == first, (second + 1) % num_categories, second)
        for _ in range(2):  # two others to keep clear of
            third = np.where((third == first) | (third == second), (third + 1) % num_categories, third)
        return np.stack((first, second, third), axis=1)


def _pick(u: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """(num_envs,) whole numbers below count, all equally likely, from uniforms."""
    return (u * count).astype(np.int64)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to length one."""
    norms = np.sqrt(np.einsum("nd,nd->n", vectors, vectors))
    return vectors / np.maximum(norms, np.float32(1e-12))[:, None]
