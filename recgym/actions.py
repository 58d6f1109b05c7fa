"""Action views: four ways to say which slate to show. Each is a batch component with a `.space`."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import NamedTuple, Protocol

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from recgym.arguments import one_of
from recgym.compiled import Flags, Ints, Singles, allocating_kernel, dot, kernel, top
from recgym.index import CatalogSearch
from recgym.state import Array, State

VIEWS = ("slate", "item", "sequential", "proto")


class Decision(NamedTuple):
    """What the actions of a batch amount to."""

    state: State
    slates: NDArray[np.int64]  # (num_envs, slate_size) catalogue rows, -1 for an empty slot
    complete: NDArray[np.bool_]  # (num_envs,) the slate can be shown
    replaced: NDArray[np.int64]  # (num_envs,) slots in which a repeated item was replaced


class ActionView(Protocol):
    """Turns actions into slates."""

    space: spaces.Space[Array]  # of one environment
    steps_per_slate: int
    num_features: int  # length of what `observe` returns

    def reset(self, state: State) -> None:
        """Add the view's own variables to a new session."""

    def decode(self, state: State, actions: Array) -> Decision:
        """Slates from actions, `actions` being a batch of valid elements of `space`."""

    def masks(self, state: State) -> NDArray[np.bool_]:
        """(num_envs, flattened action size): which actions are allowed, as sb3-contrib expects it."""

    def observe(self, state: State) -> NDArray[np.float32]:
        """(num_envs, num_features) what the agent has to know of a slate in the making."""


class _WholeSlate:
    """Shared by the views that give a whole slate per step."""

    steps_per_slate = 1
    num_features = 0

    def reset(self, state: State) -> None:
        """Nothing to remember."""

    def observe(self, state: State) -> NDArray[np.float32]:
        return _nothing(len(state["step"]))


class SlateAction(_WholeSlate):
    """MultiDiscrete: a candidate's position for every slot.

    A slate never shows an item twice: a repeated position moves on to the next free candidate down the list (and
    from the last to the first), so that naming one candidate in every slot shows it and those ranked below it. Where an
    environment has limits, it moves on to the next one within them.
    """

    def __init__(self, num_candidates: int, slate_size: int) -> None:
        self.space = spaces.MultiDiscrete(np.full(slate_size, num_candidates))
        self.num_candidates = num_candidates

    def decode(self, state: State, actions: Array) -> Decision:
        num_envs = len(actions)
        slates, replaced = np.empty(actions.shape, np.int64), np.zeros(num_envs, np.int64)
        _without_repeats(np.ascontiguousarray(actions, dtype=np.int64), self.num_candidates, state["candidates"],
                         state.get("allowed", NO_LIMITS), slates, replaced)  # fmt: skip
        return Decision(state, slates, _all_complete(num_envs), replaced)

    def masks(self, state: State) -> NDArray[np.bool_]:
        return np.tile(allowed_positions(state), len(self.space.nvec))


class ItemAction(_WholeSlate):
    """Discrete: the lead item; with fill="similar" the candidates nearest to it follow, nearest first.

    Nearness is the Euclidean distance between candidate features, so that a well-rated lead is followed by well-rated
    items, a new one by new ones. fill="none" leaves the other slots empty. Where an environment has limits, candidates
    within them come first.
    """

    FILLS = ("similar", "none")

    def __init__(self, num_candidates: int, slate_size: int, fill: str = "similar") -> None:
        self.space = spaces.Discrete(num_candidates)
        self.slate_size = slate_size
        self.fill = fill

    def decode(self, state: State, actions: Array) -> Decision:
        lead, num_envs = actions.astype(np.int64), len(actions)
        if self.fill == "none":
            positions = np.full((num_envs, self.slate_size), -1, dtype=np.int64)
            positions[:, 0] = lead
        else:
            positions = self.slates_by_lead(state, lead)
        return Decision(state, rows_at(state, positions), _all_complete(num_envs), np.zeros(num_envs, dtype=np.int64))

    def slates_by_lead(self, state: State, lead: NDArray[np.int64]) -> NDArray[np.int64]:
        """(num_envs, slate_size) positions: the lead ((num_envs,)) and the candidates nearest to it."""
        positions = np.empty((len(lead), self.slate_size), dtype=np.int64)
        _nearest(state["candidate_features"], lead, state.get("allowed", NO_LIMITS), positions)
        return positions

    def masks(self, state: State) -> NDArray[np.bool_]:
        return allowed_positions(state)


class SequentialAction:
    """Discrete, one slot at a time: slate_size steps fill a slate, the reward comes with the last.

    `action_masks` forbids what is already in the slate; an agent that ignores it gets the next free candidate. A step
    that does not complete the slate has reward 0 and leaves the user as they were.

    Candidates outside an environment's limits are forbidden too, but an agent that names one shows it.
    """

    def __init__(self, num_candidates: int, slate_size: int) -> None:
        self.space = spaces.Discrete(num_candidates)
        self.steps_per_slate = slate_size
        self.num_features = num_candidates + slate_size

    def reset(self, state: State) -> None:
        """Writes picked (num_envs, slate_size): positions, -1 where still to pick."""
        state["picked"] = np.full((state.num_envs, self.steps_per_slate), -1, dtype=np.int64)

    def decode(self, state: State, actions: Array) -> Decision:
        wanted = actions.astype(np.int64)
        given = next_free(self._free(state), wanted)
        picked = state["picked"].copy()
        slot = (picked >= 0).sum(axis=1)
        picked[np.arange(len(wanted)), slot] = given
        complete = slot + 1 == self.steps_per_slate
        state = State(state)
        state["picked"] = np.where(complete[:, None], -1, picked)
        return Decision(state, rows_at(state, picked), complete, (given != wanted).astype(np.int64))

    def masks(self, state: State) -> NDArray[np.bool_]:
        free = self._free(state)
        if "allowed" not in state:
            return free
        left = free & state["allowed"]
        return np.where(left.any(axis=1)[:, None], left, free)  # an agent outside the limits may have used them up

    def _free(self, state: State) -> NDArray[np.bool_]:
        """(num_envs, num_candidates) what is not yet in the slate."""
        picked = state["picked"]
        free = np.ones((len(picked), int(self.space.n) + 1), dtype=bool)
        np.put_along_axis(free, picked, False, axis=1)  # -1, not yet picked, marks the column that is cut off
        return free[:, :-1]

    def observe(self, state: State) -> NDArray[np.float32]:
        filled = (state["picked"] >= 0).sum(axis=1)
        slot = filled[:, None] == np.arange(self.steps_per_slate)
        return np.concatenate((~self._free(state), slot), axis=1).astype(np.float32)


class ProtoAction(_WholeSlate):
    """Box: a query vector in the space of candidate features; the candidates with the largest dot product are shown.

    The query's elements weigh similarity to what was liked, exposed and searched for (each a direction in the
    language model's space) and the visible traits of an item. Ties go to the earlier candidate. With a `CatalogSearch`
    the same product ranks all items of the catalogue.
    """

    def __init__(self, num_features: int, slate_size: int, search: CatalogSearch | None = None) -> None:
        self.space = spaces.Box(-1.0, 1.0, (num_features,), np.float32)
        self.slate_size = slate_size
        self.search = search

    def decode(self, state: State, actions: Array) -> Decision:
        num_envs, queries = len(actions), np.ascontiguousarray(actions, dtype=np.float32)
        if self.search:
            slates = self.search.best(state, queries, self.slate_size)
        else:
            positions = np.empty((num_envs, self.slate_size), dtype=np.int64)
            _ranked(state["candidate_features"], queries, positions)
            slates = rows_at(state, positions)
        return Decision(state, slates, _all_complete(num_envs), np.zeros(num_envs, dtype=np.int64))

    def masks(self, state: State) -> NDArray[np.bool_]:
        raise TypeError(
            'action_masks: a Box action has nothing to mask; make the environment with action="slate", "item" or '
            '"sequential"'
        )


NO_LIMITS = np.zeros((0, 0), dtype=bool)
# One array for every step. (num_envs,) True, to be read only; (num_envs, 0).
_all_complete = lru_cache(partial(np.broadcast_to, True))
_nothing = lru_cache(lambda num_envs: np.empty((num_envs, 0), np.float32))


def allowed_positions(state: State) -> NDArray[np.bool_]:
    """(num_envs, num_candidates) which candidates are within the environment's limits; all where it has none."""
    return state["allowed"].copy() if "allowed" in state else np.ones(state["candidates"].shape, dtype=bool)


def rows_at(state: State, positions: NDArray[np.int64]) -> NDArray[np.int64]:
    """The catalogue rows at these positions among the candidates, both (num_envs, slate_size); -1 stays -1."""
    slates = np.empty(positions.shape, dtype=np.int64)
    _pick(state["candidates"], positions, slates)
    return slates


@kernel
def _pick(candidates: Ints, positions: Ints, slates: Ints) -> None:
    for lane in range(len(positions)):
        for slot in range(positions.shape[1]):
            position = positions[lane, slot]
            slates[lane, slot] = candidates[lane, position] if position >= 0 else -1


def next_free(free: NDArray[np.bool_], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """(num_envs,) the first free position at or after the wanted one, cyclically.

    Args:
        free: (num_envs, num_candidates), at least one True per row.
        wanted: (num_envs,) positions.
    """
    given = np.empty(len(wanted), dtype=np.int64)
    _next_free(free, wanted, given)
    return given


@kernel
def _next_free(free: Flags, wanted: Ints, given: Ints) -> None:
    for lane in range(len(wanted)):
        position = wanted[lane]
        while not free[lane, position]:
            position = (position + 1) % free.shape[1]
        given[lane] = position


@kernel
def _without_repeats(
    wanted: Ints, num_candidates: int, candidates: Ints, allowed: Flags, slates: Ints, replaced: Ints
) -> None:
    """Without limits `allowed` has no rows."""
    for lane in range(len(wanted)):
        for slot in range(wanted.shape[1]):
            given, earlier = wanted[lane, slot], 0
            while earlier < slot:
                outside = given != wanted[lane, slot] and len(allowed) > 0 and not allowed[lane, given]
                if outside or slates[lane, earlier] == candidates[lane, given]:
                    given, earlier = (given + 1) % num_candidates, 0
                else:
                    earlier += 1
            slates[lane, slot] = candidates[lane, given]
            replaced[lane] += given != wanted[lane, slot]


@allocating_kernel
def _nearest(features: Singles, lead: Ints, allowed: Flags, positions: Ints) -> None:
    """Without limits `allowed` has no rows."""
    closeness = np.empty(features.shape[1], dtype=np.float32)
    for lane in range(len(lead)):
        for position in range(len(closeness)):
            distance = np.float32(0.0)
            for i in range(features.shape[2]):
                gap = features[lane, position, i] - features[lane, lead[lane], i]
                distance += gap * gap
            closeness[position] = -distance
            if len(allowed) and not allowed[lane, position]:
                closeness[position] -= np.float32(1e4)
        closeness[lead[lane]] = 1.0
        top(closeness, positions[lane])


@allocating_kernel
def _ranked(features: Singles, query: Singles, positions: Ints) -> None:
    scores = np.empty(features.shape[1], dtype=np.float32)
    for lane in range(len(query)):
        for position in range(len(scores)):
            scores[position] = dot(features[lane, position], query[lane])
        top(scores, positions[lane])


def check_view(action: str, fill: str) -> None:
    """Check the names before anything is built.

    Raises:
        ValueError: An unknown action view or fill, or a fill for a view that fills nothing.
    """
    one_of("action", action, VIEWS)
    one_of("fill", fill, ItemAction.FILLS)
    if action != "item" and fill != "similar":
        raise ValueError(f'fill: only action="item" fills a slate, got fill={fill!r} with action={action!r}')


def make_view(
    action: str, num_candidates: int, num_features: int, slate_size: int, fill: str, search: CatalogSearch | None = None
) -> ActionView:
    """The view by its name, one of VIEWS; only "proto" searches the catalogue."""
    if action == "item":
        return ItemAction(num_candidates, slate_size, fill)
    if action == "proto":
        return ProtoAction(num_features, slate_size, search)
    return (SlateAction if action == "slate" else SequentialAction)(num_candidates, slate_size)
