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
    (the independent part). What they say about themselves names two of the three favourites, and one of each of two
    more groups of statements, such as age and budget; it is only seen, so that its vectors may be another model's.

    Writes: favourites (num_envs, 3) int64; interest (num_envs, embedding_dim) float32, unit norm; taste
    (num_envs, taste_dim); profile (num_envs, embedding_dim) float32, the mean embedding of the user's statements;
    segment and `statement_names` (num_envs,) int64; price_sensitivity, patience (num_envs,).
    """

    category_weights: NDArray[np.float64]  # (num_categories,) chance of a category to be a favourite
    category_statements: NDArray[np.float32]  # (num_categories, embedding_dim) embedded "I love ..."
    seen_statements: NDArray[np.float32]  # the same as they are seen in the profile
    statements: tuple[NDArray[np.float32], NDArray[np.float32]]  # each (number of levels, embedding_dim)
    statement_names: tuple[str, str]
    sensitivity: NDArray[np.float64]  # (levels of the second statement,) how much these users mind a cost
    taste_dim: int = 8

    SEGMENTS = ("explorer", "researcher", "cost-conscious")
    NUM_FAVOURITES = 3

    def sample(self, rng: BatchRNG) -> State:
        """Users for all lanes of `rng`, at step 0."""
        state = State(step=np.zeros(len(rng.keys), dtype=np.int64))
        u = rng.uniform(state["step"], Purpose.POPULATION, 8 + self.taste_dim)
        num_envs, dim = len(u), self.category_statements.shape[1]
        state["favourites"] = favourites = np.empty((num_envs, self.NUM_FAVOURITES), dtype=np.int64)
        for name in (*self.statement_names, "segment"):
            state[name] = np.empty(num_envs, dtype=np.int64)
        for name in ("interest", "profile"):
            state[name] = np.empty((num_envs, dim), dtype=np.float32)
        first, second = self.statement_names
        _sample(u, self._cumulative, self.category_statements, self.seen_statements, *self.statements,
                len(self.SEGMENTS), favourites, state[first], state[second], state["segment"], state["interest"],
                state["profile"])  # fmt: skip
        state["taste"] = normal(u[:, 8:])
        # Who says so, and the cost-conscious, look at the cost most.
        bargains = state["segment"] == 2
        state["price_sensitivity"] = self.sensitivity[state[second]] + 0.2 * bargains + 0.1 * (u[:, 6] - 0.5)
        state["patience"] = u[:, 7] - 0.5
        return state

    def __post_init__(self) -> None:
        cumulative = np.cumsum(self.category_weights, dtype=np.float64)
        object.__setattr__(self, "_cumulative", cumulative / cumulative[-1])


@kernel
def _sample(
    u: Floats, cumulative: Floats, loves: Singles, seen_loves: Singles, ages: Singles, budgets: Singles,
    num_segments: int, favourites: Ints, age_group: Ints, budget: Ints, segment: Ints, interest: Singles,
    profile: Singles,
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
            loved = seen_loves[first, i] + seen_loves[second, i]
            profile[lane, i] = quarter * (loved + ages[age, i] + budgets[money, i])
        scale = np.float32(1.0) / max(np.sqrt(length), np.float32(1e-12))
        for i in range(dim):
            interest[lane, i] *= scale
