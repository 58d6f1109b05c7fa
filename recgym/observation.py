"""Observations: history X, stated preferences Y and context Z as embeddings, beside features of the candidates.

The observed parts, all float32:

| part | shape | what |
|---|---|---|
| counters | (num_counters,) | what was counted of the session, each about unit scale |
| candidates | (num_candidates, num_features) | of every candidate: how near its text is to what the user liked, to all they were shown and to what they search for; its traits; what the service knows of it beside this user |
| history (X) | (3 * embedding_dim,) | three sums of item embeddings, a page counting 0.85 of the next: of what was liked, skipped, and shown at all ("exposed"); with `live=True` (embedding_dim,), the history embedded as text |
| profile (Y) | (embedding_dim,) | mean embedding of what the user says about themselves |
| context (Z) | (embedding_dim,) | embedding of the circumstances plus that of the search query |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from recgym.compiled import Floats, Ints, Singles, kernel, scaled
from recgym.dynamics import History
from recgym.randomness import BatchRNG
from recgym.simulator import Simulator
from recgym.state import State

KINDS = ("flat", "dict", "sequence", "latent")
FUSIONS = ("concat", "linear")
FLAT, DICT, SEQUENCE, LATENT = KINDS
FUSED_DIM = 32  # length of the linear fusion by default

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
class Fusion:
    """Fuses X, Y and Z: side by side ("concat"), or by a fixed random orthogonal map W of [X; Y; Z] ("linear").

    W is drawn once from a fixed seed (QR of a Gaussian matrix) and scaled to keep expected lengths.
    """

    query_vectors: NDArray[np.float32]  # (num_queries + 1, embedding_dim), the last row zero
    context_vectors: NDArray[np.float32]  # (num_contexts, embedding_dim)
    kind: str = "concat"
    fused_dim: int = FUSED_DIM
    live_history: Callable[[State], NDArray[np.float32]] | None = None

    def __post_init__(self) -> None:
        fused_dim, total = self.fused_dim, self.concat_dim
        if self.kind == "linear":
            if fused_dim > total:
                raise ValueError(f"fused_dim: expected 1 to {total} with these embeddings, got {fused_dim}")
            gaussian = np.random.default_rng(0).normal(size=(total, fused_dim))
            orthogonal = np.linalg.qr(gaussian)[0] * np.sqrt(total / fused_dim)
            object.__setattr__(self, "_map", orthogonal.astype(np.float32))

    @cached_property
    def concat_dim(self) -> int:
        """Length of [X; Y; Z]."""
        pools = 1 if self.live_history else 3
        return (pools + 2) * self.query_vectors.shape[1]

    @cached_property
    def dim(self) -> int:
        """Length of the fused vector."""
        return self.concat_dim if self.kind == "concat" else self.fused_dim

    def parts(self, state: State) -> dict[str, NDArray[np.float32]]:
        """X, Y and Z: history, profile, context, each (num_envs, ...)."""
        if self.live_history:
            history = self.live_history(state)
        else:
            history = np.concatenate((state["liked"], state["skipped"], state["exposed"]), axis=1)
        context = self.context_vectors[state["context"]] + self.query_vectors[state["query"]]
        return {"history": history, "profile": state["profile"].copy(), "context": context}

    def fuse(self, state: State) -> NDArray[np.float32]:
        """(num_envs, dim)."""
        fused = np.empty((len(state["context"]), self.dim), dtype=np.float32)
        self.write(state, fused, 0, np.float32(1.0))
        return fused

    def write(self, state: State, observed: NDArray[np.float32], first: int, scale: np.float32) -> None:
        """Put the fused vector times `scale` into the columns of `observed` from `first` on."""
        if self.kind == "concat" and not self.live_history:
            _join(state["liked"], state["skipped"], state["exposed"], state["profile"], state["context"], state["query"],
                  self.context_vectors, self.query_vectors, scale, first, observed)  # fmt: skip
            return
        fused = np.concatenate(tuple(self.parts(state).values()), axis=1)
        if self.kind == "linear":
            fused = np.matmul(fused[:, None], self._map)[:, 0]  # one product per lane: the same bits in any batch
        observed[:, first : first + self.dim] = fused * scale


@kernel
def _join(
    liked: Singles, skipped: Singles, exposed: Singles, profile: Singles, context: Ints, query: Ints,
    context_vectors: Singles, query_vectors: Singles, scale: np.float32, first: int, observed: Singles,
) -> None:  # fmt: skip
    dim = liked.shape[1]
    for lane in range(len(liked)):
        parts = observed[lane, first : first + 5 * dim]
        scaled(parts[:dim], liked[lane], scale)
        scaled(parts[dim : 2 * dim], skipped[lane], scale)
        scaled(parts[2 * dim : 3 * dim], exposed[lane], scale)
        scaled(parts[3 * dim : 4 * dim], profile[lane], scale)
        circumstances, search, context_part = context_vectors[context[lane]], query_vectors[query[lane]], parts[4 * dim :]
        for i in range(dim):
            context_part[i] = (circumstances[i] + search[i]) * scale


@dataclass(frozen=True, eq=False)
class Counters:
    """What can be counted about a session, about unit scale.

    `query_intent` reads the search query with the language model: its position on the axis from the queries of a
    domain's first wish (a shop's: to compare) to those of its second (to buy), -1 at the mean query of the first and 1
    at that of the second, cut at -2 and 2.
    """

    query_intent: NDArray[np.float64]  # (num_queries + 1,), 0 for no query
    event: str  # the first of the domain's two, which the last counter counts

    MEANINGS: ClassVar[Mapping[str, str]] = {
        "has_query": "1 if there is a search query",
        "query_intent": "what the query wants, as the language model places it: -1 the first of two wishes, 1 the second",
        "page": "pages of this visit so far, a third of them, cut at 10 pages",
        "visit": "visits so far, log(1 + x) / 2",
        "days_away": "days since the last visit, log(1 + x); 0 within a visit",
        "need_pages": "clicks on what the present query or need is about, half of them, cut at 6",
        "recent_clicks": "0.3 for each click, 0.7 of it left after every page",
        "recent_contentment": "0.15 for each click that pleased, -0.5 for one that disappointed; 0.9 left after every page",
        "recent_rating": "stars above 3 that were given; 0.9 left after every page",
        "recent_{event}": "0.5 for each item {event}; 0.8 left after every page",
    }
    NAMES: ClassVar[tuple[str, ...]] = tuple(MEANINGS)

    @cached_property
    def meanings(self) -> dict[str, str]:
        """Name -> meaning of those that there are, in their order: where nobody searches, none of a query."""
        there = self.NAMES if len(self.query_intent) > 1 else self.NAMES[2:]
        return {name.format(event=self.event): self.MEANINGS[name].format(event=self.event) for name in there}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of `meanings`."""
        return tuple(self.meanings)

    def of(self, state: State) -> NDArray[np.float32]:
        """(num_envs, len(names)) float32."""
        counted = np.empty((state.num_envs, len(self.names)), dtype=np.float32)
        self.write(state, counted)
        return counted

    def write(self, state: State, observed: NDArray[np.float32]) -> None:
        """Put them into the first columns of `observed`."""
        _count(state["query"], state["page"], state["visit"], state["days_away"], state["need_pages"], state["recent"],
               self.query_intent, observed)  # fmt: skip


@kernel
def _count(
    query: Ints, page: Ints, visit: Ints, days_away: Floats, need_pages: Floats, recent: Floats, query_intent: Floats,
    counted: Singles,
) -> None:  # fmt: skip
    first = 2 if len(query_intent) > 1 else 0
    for lane in range(len(query)):
        if first:
            counted[lane, 0] = query[lane] >= 0
            counted[lane, 1] = query_intent[query[lane]]
        counted[lane, first] = min(page[lane], 10) / 3
        counted[lane, first + 1] = np.log1p(visit[lane]) / 2
        counted[lane, first + 2] = np.log1p(days_away[lane])
        counted[lane, first + 3] = min(need_pages[lane], 6.0) / 2
        for i in range(recent.shape[1]):
            counted[lane, first + 4 + i] = recent[lane, i]


@dataclass(frozen=True, eq=False)
class FlatObservation:
    """One vector: counters, candidates (scaled by 0.2), the fused embedding (scaled by 0.1), the action view's extra."""

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
        _lay_out(state["candidate_features"], CANDIDATE_SCALE, num_counters, observed)
        self.fusion.write(state, observed, embedded, EMBEDDING_SCALE)
        if self.num_extra:
            observed[:, embedded + self.fusion.dim :] = extra
        return observed


@kernel
def _lay_out(features: Singles, scale: np.float32, first: int, observed: Singles) -> None:
    num_values = features.shape[1] * features.shape[2]
    values = features.reshape(len(features), num_values)
    for lane in range(len(features)):
        scaled(observed[lane, first : first + num_values], values[lane], scale)


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
        length = len(self.counters.names) + self.simulator.num_candidates * per_candidate + self.num_hidden + self.num_extra
        return spaces.Box(-np.inf, np.inf, (length,), np.float32)

    def observe(self, state: State, extra: NDArray[np.float32]) -> NDArray[np.float32]:
        num_envs = state.num_envs
        funnel = self.simulator.response.funnel(state, state["candidates"])
        chances = np.stack([getattr(funnel, name) for name in self.CHANCES], axis=2).reshape(num_envs, -1)
        candidates = state["candidate_features"].reshape(num_envs, -1) * CANDIDATE_SCALE
        parts = (self.counters.of(state), candidates, *hidden_values(self.simulator, state), chances, extra)
        return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")


def hidden_values(simulator: Simulator, state: State) -> list[NDArray[Any]]:
    """The users' hidden variables, each (num_envs, any length): numbers as they are, of whole ones whether they are set."""
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


def history_texts(
    state: State, titles: Mapping[int, str] | tuple[str, ...], events: tuple[str, str], last: int = 10
) -> list[str]:
    """The history in words, one text per lane: the last items that were clicked, the latest first.

    A language model cuts long texts (MiniLM at 256 word pieces, about 20 titles), so only `last` items are named.

    Args:
        state: Reads history_items, history_events.
        titles: Of the items, by catalogue row.
        events: What the domain says of who did the first and the second of its events: "put in the cart", "bought".
        last: How many items are named.
    """
    words = dict(enumerate(("was disappointed by", "liked", *events), start=1))  # the codes of `History.EVENTS`
    texts = []
    for shown, events in zip(state["history_items"], state["history_events"], strict=True):
        acts = [(int(item), int(event)) for item, event in zip(shown.ravel(), events.ravel(), strict=True) if event]
        said = [f"{words[event]} {titles[item]}" for item, event in acts[::-1][:last]]
        texts.append("The user " + "; ".join(said) + "." if said else "A new user.")
    return texts
