"""The loop: users, candidates, response, dynamics and reward, one batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from recgym.candidates import Retrieval
from recgym.catalog import Catalog
from recgym.catalog.texts import picker
from recgym.dynamics import Dynamics
from recgym.features import CandidateFeatures
from recgym.items import Items
from recgym.limits import Limits, allowed
from recgym.outcome import Outcome
from recgym.randomness import BatchRNG, Purpose
from recgym.response import FunnelResponse, Response
from recgym.reward import Reward
from recgym.state import ONE, State
from recgym.users import UserPopulation

Part = TypeVar("Part")


class Transition(NamedTuple):
    """What one step led to."""

    state: State
    reward: NDArray[np.float64]  # (num_envs,)
    terminated: NDArray[np.bool_]  # (num_envs,) the user is lost
    info: dict[str, Any]  # arrays (num_envs, ...), nested by name


@dataclass(frozen=True, eq=False)
class Simulator:
    """A scenario put together. Everything random comes from the `rng` argument; a state is never written into."""

    catalog: Catalog | None  # None: the items have no ids, so `info` has none
    items: Items
    users: UserPopulation
    retrieval: Retrieval
    features: CandidateFeatures
    response: FunnelResponse
    dynamics: Sequence[Dynamics]
    reward: Reward
    outcome: Outcome | None = None
    limits: Limits | None = None
    hidden: tuple[str, ...] = ("trust", "need", "readiness")  # state variables that are part of the truth

    def __post_init__(self) -> None:
        object.__setattr__(self, "_num_uniforms", tuple(part.num_uniforms for part in self.dynamics))
        # Objects, because Gymnasium's checker compares arrays of text by np.allclose.
        object.__setattr__(self, "_ids_of", picker(self.catalog.item_ids) if self.catalog is not None else None)

    @property
    def slate_size(self) -> int:
        """Slots of a slate."""
        return self.response.slate_size

    @property
    def num_candidates(self) -> int:
        """Candidates per step."""
        return self.retrieval.num_candidates

    @property
    def embedding_dim(self) -> int:
        """Length of what is gathered of every item."""
        return self.items.embedding_dim

    @property
    def num_items(self) -> int:
        """Items of the catalogue."""
        return self.items.num_items

    @property
    def events(self) -> tuple[str, ...]:
        """What users can do with an item, in rising order: the keys of `info`."""
        return ("clicked", *self.response.parameters.EVENTS)

    def part(self, kind: type[Part]) -> Part:
        """The dynamics of a class, such as `simulator.part(Trust)`."""
        for part in self.dynamics:
            if isinstance(part, kind):
                return part
        raise KeyError(f"no {kind.__name__}; there are {', '.join(type(part).__name__ for part in self.dynamics)}")

    def reset(self, rng: BatchRNG) -> State:
        """New sessions for all lanes of `rng`."""
        state = self.users.sample(rng)
        uniforms = rng.uniforms(state["step"] - 1, Purpose.DYNAMICS, self._num_uniforms)
        for part, u in zip(self.dynamics, uniforms, strict=True):
            part.reset(state, u)
        return self._with_candidates(state, rng)

    def step(self, state: State, slates: NDArray[np.int64], rng: BatchRNG) -> Transition:
        """Show `slates` ((num_envs, slate_size) catalogue rows, -1 for an empty slot) to the users of `state`."""
        # 1. The users respond.
        response = self.response.respond(state, slates, rng)

        # 2. What they saw and did moves them.
        after = State(state)
        after["step"] = state["step"] + ONE
        uniforms = rng.uniforms(state["step"], Purpose.DYNAMICS, self._num_uniforms)
        for part, u in zip(self.dynamics, uniforms):  # noqa: B905 `reset` has counted them
            part.step(state, after, slates, response, u)

        # 3. The service is rewarded.
        terms = self.reward.terms(state, after, slates, response)
        reward = self.reward.total(terms, len(slates))

        # 4. The next page has its candidates.
        after = self._with_candidates(after, rng)
        info = {
            "slate": slates.copy(),
            **self.response.log(response),
            "left": after["left"].copy(),
            "reward_terms": terms,
            "truth": self._truth(after, response),
        }
        if self._ids_of is not None:
            info["item_ids"] = self._ids_of(slates)
        if self.outcome is not None:
            info["outcome"] = self.outcome.of(state, after, slates, response)
        return Transition(after, reward, after["churned"].copy(), info)

    def _truth(self, after: State, response: Response) -> dict[str, NDArray[Any]]:
        """What no real shop knows: probabilities and propensities (num_envs, slate_size),
        and the users' hidden state."""
        truth = {"appeal": response.appeal, "examination": response.examination}
        truth.update(zip(response.funnel._fields, response.funnel))  # noqa: B905 of one named tuple
        for name in self.hidden:
            truth[name] = after[name].copy()
        return truth

    def _with_candidates(self, state: State, rng: BatchRNG) -> State:
        state["candidates"] = self.retrieval.draw(state, rng)
        state["candidate_features"] = self.features.of(state, state["candidates"])
        if self.limits is not None:
            state["allowed"] = allowed(self.limits, state, self.slate_size)
        return state
