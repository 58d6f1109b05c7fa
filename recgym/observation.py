"""Observations: history X, stated preferences Y and context Z as embeddings, beside features of the candidates.

The observed parts, all float32:

| part | shape | what |
|---|---|---|
| counters | (num_counters,) | what was counted of the session, each about unit scale |
| candidates | (num_candidates, num_features) | of every candidate: how near its text is to what the user liked, to all they were shown and to what they search for; its traits; what the service knows of it beside this user |
| history (X) | (3 * embedding_dim,) | three sums of item embeddings, a page counting 0.85 of the next: of what was liked, skipped, and shown at all ("exposed"); with `live=True` (embedding_dim,), the history embedded as text |
| profile (Y) | (embedding_dim,) | mean embedding of what the user says about themselves |
| context (Z) | (embedding_dim,) | embedding of the circumstances plus that of the search query |
"""  # noqa: E501 a row of a table is one line

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from recgym.compiled import Singles, kernel, scaled
from recgym.counters import Counters
from recgym.dynamics import History
from recgym.fusion import Fusion
from recgym.randomness import BatchRNG
from recgym.simulator import Simulator
from recgym.state import State

KINDS = ("flat", "dict", "sequence", "latent")
FLAT, DICT, SEQUENCE, LATENT = KINDS

# In the flat vector the few counters keep unit scale and the many other numbers are scaled down, so that they do not
# drown the counters in a freshly initialised network. Chosen by learning curves of PPO with default arguments.
CANDIDATE_SCALE = np.float32(0.2)
EMBEDDING_SCALE = np.float32(0.1)

ONE_LANE = np.zeros(1, dtype=np.uint64)  # the key of a session that only tells shapes

Observed = NDArray[np.float32] | dict[str, NDArray[np.float32]]


class Observation(Protocol):
    """A batch observation with its space for one environment."""

    space: spaces.Space[Observed]

    def observe(self, state: State, extra: NDArray[np.float32]) -> Observed:
        """Fresh arrays (num_envs, ...); `extra` (num_envs, num_extra) is what the action view adds."""


@dataclass(frozen=True, eq=False)
class FlatObservation:
    """One vector: counters, candidates (scaled by 0.2), the fused embedding (scaled by 0.1),
    the action view's extra."""

    counters: Counters
    fusion: Fusion
    num_candidate_values: int
    num_extra: int

    @property
    def space(self) -> spaces.Box:
        """Box (num_values,) float32."""
        length = len(self.counters.names) + self.num_candidate_values + self.fusion.dim + self.num_extra
        return spaces.Box(-np.inf, np.inf, (length,), np.float32)

    def observe(self, state: State, extra: NDArray[np.float32]) -> NDArray[np.float32]:
        num_counters = len(self.counters.names)
        embedded = num_counters + self.num_candidate_values
        observed = np.empty((state.num_envs, embedded + self.fusion.dim + self.num_extra), dtype=np.float32)
        self.counters.write(state, observed)
        _lay_out(state["candidate_features"].reshape(state.num_envs, -1), CANDIDATE_SCALE, num_counters, observed)
        self.fusion.write(state, observed, embedded, EMBEDDING_SCALE)
        if self.num_extra:
            observed[:, embedded + self.fusion.dim :] = extra
        return observed


@kernel
def _lay_out(features: Singles, scale: np.float32, first: int, observed: Singles) -> None:
    num_values = features.shape[1]
    for lane in range(len(features)):
        scaled(observed[lane, first : first + num_values], features[lane], scale)


@dataclass(frozen=True, eq=False)
class DictObservation:
    """The parts by name: counters, candidates, history, profile, context, and slate while one is being filled.

    With fusion="linear", `fused` stands in place of history, profile and context.
    """

    counters: Counters
    fusion: Fusion
    candidates_shape: tuple[int, int]
    num_extra: int

    @property
    def space(self) -> spaces.Dict:
        """Dict of float32 boxes."""
        dim = self.fusion.query_vectors.shape[1]
        shapes: dict[str, tuple[int, ...]] = {
            "counters": (len(self.counters.names),),
            "candidates": self.candidates_shape,
        }
        if self.fusion.kind == "linear":
            shapes["fused"] = (self.fusion.dim,)
        else:
            shapes |= {"history": (self.fusion.concat_dim - 2 * dim,), "profile": (dim,), "context": (dim,)}
        if self.num_extra:
            shapes["slate"] = (self.num_extra,)
        return spaces.Dict({name: spaces.Box(-np.inf, np.inf, shape, np.float32) for name, shape in shapes.items()})

    def observe(self, state: State, extra: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        embedded = {"fused": self.fusion.fuse(state)} if self.fusion.kind == "linear" else self.fusion.parts(state)
        observed = {
            "counters": self.counters.of(state),
            "candidates": state["candidate_features"].copy(),
            **embedded,
        }
        if self.num_extra:
            observed["slate"] = extra
        return observed


@dataclass(frozen=True, eq=False)
class SequenceObservation:
    """The history as a sequence, for recurrent and attention networks, beside the flat vector.

    `sequence` (history_length * slate_size, embedding_dim + 5) holds one row per shown item, the oldest first: its
    embedding and a one-hot of what the user did (`History.EVENTS`). `mask` (history_length * slate_size,) is 1 where
    there is an item. `features` is the flat observation.
    """

    flat: FlatObservation
    embeddings: NDArray[np.float32]  # (num_items, embedding_dim)
    num_events: int  # history_length * slate_size

    @property
    def space(self) -> spaces.Dict:
        """Dict of float32 boxes."""
        width = self.embeddings.shape[1] + len(History.EVENTS)
        return spaces.Dict(
            {
                "features": self.flat.space,
                "mask": spaces.Box(0.0, 1.0, (self.num_events,), np.float32),
                "sequence": spaces.Box(-np.inf, np.inf, (self.num_events, width), np.float32),
            }
        )

    def observe(self, state: State, extra: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        shown = state["history_items"].reshape(state.num_envs, -1)[:, -self.num_events :]
        events = state["history_events"].reshape(state.num_envs, -1)[:, -self.num_events :]
        mask = (shown >= 0).astype(np.float32)
        did = (events[..., None] == np.arange(len(History.EVENTS))).astype(np.float32)
        sequence = np.concatenate((self.embeddings[shown], did), axis=2) * mask[..., None]
        return {"features": self.flat.observe(state, extra), "mask": mask, "sequence": sequence}


@dataclass(frozen=True, eq=False)
class LatentObservation:
    """The truth in place of the embeddings, to measure what not seeing it costs; no real service has it.

    One vector: counters, candidates (scaled by 0.2), the users' hidden variables (of whole numbers such as a need only
    whether there is one), the chances of every candidate's funnel, the action view's extra.
    """

    counters: Counters
    simulator: Simulator
    num_hidden: int
    num_extra: int

    CHANCES = ("click", "stay", "cart", "purchase", "needed")

    @property
    def space(self) -> spaces.Box:
        """Box (num_values,) float32."""
        per_candidate = len(self.simulator.features.names) + len(self.CHANCES)
        told = len(self.counters.names) + self.simulator.num_candidates * per_candidate
        return spaces.Box(-np.inf, np.inf, (told + self.num_hidden + self.num_extra,), np.float32)

    def observe(self, state: State, extra: NDArray[np.float32]) -> NDArray[np.float32]:
        num_envs = state.num_envs
        funnel = self.simulator.response.funnel(state, state["candidates"])
        chances = np.stack([getattr(funnel, name) for name in self.CHANCES], axis=2).reshape(num_envs, -1)
        candidates = state["candidate_features"].reshape(num_envs, -1) * CANDIDATE_SCALE
        parts = (self.counters.of(state), candidates, *hidden_values(self.simulator, state), chances, extra)
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")


def hidden_values(simulator: Simulator, state: State) -> list[NDArray[Any]]:
    """The users' hidden variables, each (num_envs, any length):
    numbers as they are, of whole ones whether they are set."""
    values = [state[name].reshape(state.num_envs, -1) for name in simulator.hidden]
    return [(part >= 0).astype(np.float32) if part.dtype.kind in "iu" else part for part in values]


def make_observation(
    kind: str, simulator: Simulator, counters: Counters, fusion: Fusion, num_extra: int, history_length: int
) -> Observation:
    """The observation by its name, one of KINDS."""
    candidates_shape = (simulator.num_candidates, len(simulator.features.names))
    if kind == DICT:
        return DictObservation(counters, fusion, candidates_shape, num_extra)
    if kind == LATENT:
        if fusion.kind != "concat" or fusion.live_history:
            raise ValueError('observation: "latent" embeds nothing, so it takes neither fusion="linear" nor live=True')
        num_hidden = sum(part.shape[1] for part in hidden_values(simulator, simulator.reset(BatchRNG(ONE_LANE))))
        return LatentObservation(counters, simulator, num_hidden, num_extra)
    flat = FlatObservation(counters, fusion, int(np.prod(candidates_shape)), num_extra)
    if kind == FLAT:
        return flat
    return SequenceObservation(flat, simulator.features.embeddings, history_length * simulator.slate_size)
