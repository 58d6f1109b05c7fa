"""Sessions: a simulator under one action view and one observation, in batches. What both shells share."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.actions import make_view
from recgym.arguments import whole_number
from recgym.catalog.texts import picker
from recgym.index import make_search
from recgym.observation import FUSED_DIM, Observed, make_observation
from recgym.randomness import BatchRNG
from recgym.scenarios import SCENARIOS
from recgym.scenarios.scenario import build
from recgym.simulator import Simulator
from recgym.state import State

Info = dict[str, Any]

VECTOR_ONLY = ("autoreset_mode", "max_episode_steps", "num_envs")  # arguments of `RecVectorEnv` alone


class Outcome(NamedTuple):
    """What a batch of actions led to, arrays of (num_envs, ...)."""

    state: State
    reward: NDArray[np.float64]
    terminated: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    replaced: NDArray[np.int64]  # slots in which a repeated item was replaced
    complete: NDArray[np.bool_]  # lanes whose slate was shown
    shown: Info  # what came of it, meaningful where complete


class Sessions:
    """A batch of sessions under one action view and one observation: what both shells share.

    Args:
        scenario: Name of the scenario, a key of `recgym.scenarios.SCENARIOS`.
        action: "slate", "item", "sequential" or "proto"; see `recgym.actions`.
        search: With action="proto": what the query ranks, the step's "candidates" or the whole catalogue, by "exact"
            search or approximately and faster by "faiss".
        fill: With action="item": "similar" fills the slate with the nearest candidates, "none" leaves it at the lead.
        observation: "flat", "dict", "sequence" or, with the hidden truth, "latent"; see `recgym.observation`.
        fusion: "concat" puts the embedded history, profile and context side by side, "linear" maps them to fused_dim.
        fused_dim: Length of the linear fusion.
        live: Embed the history as text through the encoder at every step, instead of pooling item embeddings. The last
            bits of a language model's vectors depend on the batch: these observations are equal to about 1e-6 only.
        session_length: Slates after which a session is truncated.
        settings: The scenario's own keyword arguments.
    """

    def __init__(
        self,
        scenario: str,
        *,
        action: str = "slate",
        fill: str = "similar",
        search: str = "candidates",
        observation: str = "flat",
        fusion: str = "concat",
        fused_dim: int = FUSED_DIM,
        live: bool = False,
        session_length: int = 60,
        **settings: Any,
    ) -> None:
        self.session_length = whole_number("session_length", session_length)
        if not isinstance(live, bool):
            raise ValueError(f"live: expected True or False, got {live!r}")
        if scenario not in SCENARIOS:
            raise ValueError(f"scenario: expected one of {', '.join(map(repr, SCENARIOS))}, got {scenario!r}")
        if search != "candidates" and action != "proto":
            raise ValueError(f'search: only action="proto" searches, got search={search!r} with action={action!r}')
        config_class = SCENARIOS[scenario]
        names = [field.name for field in dataclasses.fields(config_class) if field.init]
        _check_names(settings, names)
        config = config_class(**settings)
        self.setting = build(config)
        self.simulator: Simulator = self.setting.simulator
        features, slate_size = self.simulator.features, self.simulator.slate_size
        searched = make_search(search, features)
        self.view = make_view(action, self.simulator.num_candidates, len(features.names), slate_size, fill, searched)
        fused = self.setting.fusion(fusion, fused_dim, live)
        self.observation = make_observation(
            observation, self.simulator, self.setting.counters, fused, self.view.num_features, config.history_length
        )
        # Objects, because Gymnasium's checker compares arrays of text by np.allclose.
        self._ids_of = picker(self.simulator.catalog.item_ids)

    def reset(self, rng: BatchRNG) -> State:
        """New sessions."""
        state = self.simulator.reset(rng)
        self.view.reset(state)
        return state

    def step(self, state: State, actions: NDArray[Any], rng: BatchRNG) -> Outcome:
        """What valid `actions` lead to."""
        decision = self.view.decode(state, actions)
        complete, replaced = decision.complete, decision.replaced
        if self.view.steps_per_slate == 1 or complete.all():
            after, reward, terminated, truncated, shown = self._show(decision.state, decision.slates, rng)
            return Outcome(after, reward, terminated, truncated, replaced, complete, shown)
        num_envs = state.num_envs
        after, reward, shown = decision.state, np.zeros(num_envs), {}
        terminated, truncated = np.zeros(num_envs, dtype=bool), np.zeros(num_envs, dtype=bool)
        lanes = np.flatnonzero(complete)
        if len(lanes):  # lanes differ in how full their slates are after a reset in between
            part, reward[lanes], terminated[lanes], truncated[lanes], some = self._show(
                decision.state.take(lanes), decision.slates[lanes], rng.take(lanes)
            )
            after = after.put(lanes, part)
            shown = spread(some, lanes, num_envs)
        return Outcome(after, reward, terminated, truncated, replaced, complete, shown)

    def _show(
        self, state: State, slates: NDArray[np.int64], rng: BatchRNG
    ) -> tuple[State, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]:
        """Show complete slates."""
        after, reward, terminated, info = self.simulator.step(state, slates, rng)
        info["item_ids"] = self._ids_of(slates)
        return after, reward, terminated, ~terminated & (after["step"] >= self.session_length), info

    def observe(self, state: State) -> Observed:
        """Fresh arrays, never views of the state."""
        return self.observation.observe(state, self.view.observe(state))


def spread(info: Info, lanes: NDArray[np.int64], num_envs: int) -> Info:
    """Nested arrays of some lanes as arrays of all lanes, zeros elsewhere."""
    wide: Info = {}
    for name, part in info.items():
        if isinstance(part, dict):
            wide[name] = spread(part, lanes, num_envs)
        else:
            wide[name] = np.zeros((num_envs, *part.shape[1:]), dtype=part.dtype)
            wide[name][lanes] = part
    return wide


def _check_names(given: dict[str, Any], known: list[str]) -> None:
    parameters = inspect.signature(Sessions).parameters.values()
    common = ("render_mode", *(p.name for p in parameters if p.kind is p.KEYWORD_ONLY))
    for name in given:
        if name not in known:
            options = sorted((*common, *known))
            near = difflib.get_close_matches(name, [*options, *VECTOR_ONLY], n=1)
            hint = f" Did you mean {near[0]!r}?" if near and name not in VECTOR_ONLY else ""
            raise TypeError(
                f"unknown argument {name!r}.{hint} The arguments are {', '.join(options)}, and with "
                f"gymnasium.make_vec also {', '.join(VECTOR_ONLY)}."
            )
