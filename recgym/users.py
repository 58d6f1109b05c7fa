"""UserPopulation: who the users are, drawn anew for every session."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Floats, Ints, Singles, drawn, kernel
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
        num_envs, dim = len(u), self.category_statements.shape[1]
        state["favourites"] = favourites = np.empty((num_envs, self.NUM_FAVOURITES), dtype=np.int64)
        for name in ("age_group", "budget", "segment"):
            state[name] = np.empty(num_envs, dtype=np.int64)
        for name in ("interest", "profile"):
            state[name] = np.empty((num_envs, dim), dtype=np.float32)
        _sample(u, self._cumulative, self.category_statements, self.age_statements, self.budget_statements,
                len(self.SEGMENTS), favourites, state["age_group"], state["budget"], state["segment"],
                state["interest"], state["profile"])  # fmt: skip
        state["taste"] = normal(u[:, 8:])
        # Thrifty users and bargain hunters look at the price most.
        bargains = state["segment"] == 2
        state["price_sensitivity"] = 1.2 - 0.2 * state["budget"] + 0.2 * bargains + 0.1 * (u[:, 6] - 0.5)
        state["patience"] = u[:, 7] - 0.5
        return state

    def __post_init__(self) -> None:
        cumulative = np.cumsum(self.category_weights, dtype=np.float64)
        object.__setattr__(self, "_cumulative", cumulative / cumulative[-1])


@kernel
def _sample(
    u: Floats, cumulative: Floats, loves: Singles, ages: Singles, budgets: Singles, num_segments: int,
    favourites: Ints, age_group: Ints, budget: Ints, segment: Ints, interest: Singles, profile: Singles,
) -> None:  # fmt: skip
    num_categories, dim = len(cumulative), loves.shape[1]
    second_weight, third_weight, quarter = np.float32(0.8), np.float32(0.6), np.float32(0.25)
    for lane in range(len(u)):
        for i in range(3):  # distinct: the next free one where two are the same
            category, clear = drawn(cumulative, u[lane, i]), False
            while not clear:
                clear = True
                for j in range(i):
                    if favourites[lane, j] == category:
                        category, clear = (category + 1) % num_categories, False
            favourites[lane, i] = category
        first, second, third = favourites[lane, 0], favourites[lane, 1], favourites[lane, 2]
        age, money = int(u[lane, 3] * len(ages)), int(u[lane, 4] * len(budgets))
        age_group[lane], budget[lane], segment[lane] = age, money, int(u[lane, 5] * num_segments)
        length = np.float32(0.0)
        for i in range(dim):
            wish = loves[first, i] + second_weight * loves[second, i] + third_weight * loves[third, i]
            interest[lane, i] = wish
            length += wish * wish
            profile[lane, i] = quarter * (loves[first, i] + loves[second, i] + ages[age, i] + budgets[money, i])
        scale = np.float32(1.0) / max(np.sqrt(length), np.float32(1e-12))
        for i in range(dim):
            interest[lane, i] *= scale
