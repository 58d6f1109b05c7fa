"""Classic: a published user model as a simulator, with the same interface as that of a domain.

What users, items and responses are, each model says for itself; the loop around them, the spaces and what `info`
holds are here. Items are drawn anew at every step, so that there is no catalogue: a slate holds positions among the
candidates.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from recgym.arguments import one_of, whole_number
from recgym.observation import DICT, FLAT, LATENT, ONE_LANE, Observed
from recgym.randomness import BatchRNG
from recgym.simulator import Transition
from recgym.state import ONE, Array, State

PUBLISHED = "published"


class Responded(NamedTuple):
    """What users did with their slates."""

    clicked: NDArray[np.bool_]  # (num_envs, slate_size)
    reward: NDArray[np.float64]  # (num_envs,)
    over: NDArray[np.bool_]  # (num_envs,) the session is
    probability: NDArray[np.float64]  # (num_envs, slate_size) of a click
    log: dict[str, Array]  # what else the service is told, (num_envs, slate_size)


class Features(NamedTuple):
    """What is known of a candidate, as `recgym.features.CandidateFeatures` says it of a domain's."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Classic(ABC):
    """A published model under some constants: settings and simulator in one.

    State of every model: step, candidates (num_envs, num_candidates) int64, their positions; candidate_features
    (num_envs, num_candidates, len(feature_names)) float32; of each name in ITEM an array (num_envs, num_candidates);
    and float32 arrays of its own that OBSERVED names.
    """

    variant: str = PUBLISHED
    """The set of constants that holds where none is given: "published", or another that the model has."""
    slate_size: int = 3
    """Items shown at a time."""
    num_candidates: int = 10
    """Items to choose from, drawn anew at every step."""
    session_length: int = 60
    """Slates after which a session is truncated."""

    KINDS: ClassVar[tuple[str, ...]] = (FLAT, DICT, LATENT)  # of observations
    VARIANTS: ClassVar[Mapping[str, Mapping[str, Any]]] = {PUBLISHED: {}}
    OBSERVED: ClassVar[Mapping[str, tuple[str, str]]]  # part -> variable of the state, and what it is
    ITEM: ClassVar[tuple[str, ...]]  # what items are, variables of the state; in `info` those of the shown ones
    VISIBLE: ClassVar[tuple[str, ...]]  # of ITEM, what is known before an item is shown
    HIDDEN: ClassVar[tuple[str, ...]]  # the users' variables that no observation has, (num_envs, ...)
    CURVES: ClassVar[tuple[str, ...]]  # of HIDDEN, numbers worth a curve in a picture
    PROFILE_SEEN: ClassVar[bool] = False  # whether observations have what `profile` shows
    REWARD: ClassVar[tuple[str, str]]  # its name, and what it is
    ENDS: ClassVar[str] = ""  # what ends a session before its length does

    def __post_init__(self) -> None:
        one_of("variant", self.variant, self.VARIANTS)
        for name, value in self.VARIANTS[self.variant].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)
        for name in ("slate_size", "num_candidates", "session_length"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        if self.slate_size > self.num_candidates:
            raise ValueError(
                f"slate_size: a slate of {self.slate_size} cannot be filled from {self.num_candidates} candidates; "
                "lower slate_size or raise num_candidates"
            )

    # What a model says for itself

    @property
    @abstractmethod
    def feature_names(self) -> tuple[str, ...]:
        """What is known of a candidate."""

    @abstractmethod
    def add_users(self, state: State, rng: BatchRNG) -> None:
        """Put new users into a state that holds nothing but step 0."""

    @abstractmethod
    def add_candidates(self, state: State, rng: BatchRNG) -> None:
        """Put new arrays of ITEM and candidate_features into a state."""

    @abstractmethod
    def respond(self, before: State, after: State, slates: NDArray[np.int64], rng: BatchRNG) -> Responded:
        """What users do with slates of positions, -1 for an empty slot; what it changes goes into `after`."""

    @abstractmethod
    def item_words(self, item: Mapping[str, Any]) -> str:
        """An item in a few words, from as much of ITEM as is given."""

    @abstractmethod
    def profile(self, state: State) -> list[tuple[str, float]]:
        """The user of lane 0 as bars: names, and numbers from -1 to 1."""

    # The same for all

    events: ClassVar[tuple[str, ...]] = ("clicked",)

    @property
    def features(self) -> Features:
        """What is known of a candidate."""
        return Features(self.feature_names)

    @property
    def embedding_dim(self) -> int:
        """Numbers that are known of an item."""
        return len(self.feature_names)

    @property
    def simulator(self) -> Classic:
        """Itself."""
        return self

    def build(self) -> Classic:
        """Itself: there is nothing to load."""
        return self

    def search(self, action: str) -> None:  # noqa: B027 true of every classic
        """There is no catalogue to search."""

    def observation(self, kind: str, num_extra: int) -> ClassicObservation:
        """What the agent sees, one of KINDS, with `num_extra` numbers that the action view adds."""
        return ClassicObservation(self, kind, num_extra)

    def reset(self, rng: BatchRNG) -> State:
        """New sessions for all lanes of `rng`."""
        num_envs = len(rng.keys)
        state = State(step=np.zeros(num_envs, dtype=np.int64))
        state["candidates"] = np.tile(np.arange(self.num_candidates), (num_envs, 1))
        self.add_users(state, rng)
        self.add_candidates(state, rng)
        return state

    def step(self, state: State, slates: NDArray[np.int64], rng: BatchRNG) -> Transition:
        """Show `slates` ((num_envs, slate_size) positions among the candidates, -1 for an empty slot)."""
        after = State(state)
        after["step"] = state["step"] + ONE
        done = self.respond(state, after, slates, rng)
        info = {
            "slate": slates.copy(),
            "clicked": done.clicked,
            **done.log,
            **{name: shown(state[name], slates) for name in self.ITEM},
            "reward_terms": {self.REWARD[0]: done.reward.copy()},
            "truth": {"probability": done.probability, **{name: after[name].copy() for name in self.HIDDEN}},
        }
        self.add_candidates(after, rng)
        return Transition(after, done.reward, done.over, info)


def shown(values: Array, slates: NDArray[np.int64]) -> Array:
    """(num_envs, slate_size) of `values` (num_envs, num_candidates), 0 for an empty slot."""
    found = np.take_along_axis(values, np.maximum(slates, 0), axis=1)
    found[slates < 0] = 0
    return found


class ClassicObservation:
    """The parts of `Classic.OBSERVED`, by name ("dict") or side by side in their order ("flat"); all float32.

    "latent" puts `Classic.HIDDEN` behind them, to measure what not seeing it costs; no real service has it. While a
    slate is being filled, `slate` is added: what is in it and which slot is next.
    """

    def __init__(self, classic: Classic, kind: str, num_extra: int) -> None:
        self.kind, self.num_extra = kind, num_extra
        self.variables = {part: variable for part, (variable, _) in classic.OBSERVED.items()}
        if kind == LATENT:
            self.variables |= {name: name for name in classic.HIDDEN}
        beginning = classic.reset(BatchRNG(ONE_LANE))
        shapes = {part: beginning[variable].shape[1:] for part, variable in self.variables.items()}
        if num_extra:
            shapes["slate"] = (num_extra,)
        length = sum(int(np.prod(shape)) for shape in shapes.values())
        boxes = {part: spaces.Box(-np.inf, np.inf, shape, np.float32) for part, shape in shapes.items()}
        flat = spaces.Box(-np.inf, np.inf, (length,), np.float32)
        self.space: spaces.Space[Observed] = spaces.Dict(boxes) if kind == DICT else flat

    def observe(self, state: State, extra: NDArray[np.float32]) -> Observed:
        """Fresh arrays (num_envs, ...); `extra` (num_envs, num_extra) is what the action view adds."""
        if self.kind == DICT:
            parts = {part: state[variable].copy() for part, variable in self.variables.items()}
            return parts | {"slate": extra} if self.num_extra else parts
        num_envs = state.num_envs
        parts = [state[variable].reshape(num_envs, -1) for variable in self.variables.values()]
        return np.concatenate([*parts, extra], axis=1, dtype=np.float32, casting="unsafe")
