"""Sessions: a simulator under one action view and one observation, in batches. What both shells share."""

from __future__ import annotations

import dataclasses
import inspect
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.actions import check_view, make_view
from recgym.arguments import did_you_mean, one_of
from recgym.compiled import Flags, Ints, kernel
from recgym.observation import Observed
from recgym.randomness import BatchRNG
from recgym.registration import CLASSICS, DOMAINS
from recgym.state import State

if TYPE_CHECKING:
    from recgym.classics.classic import Classic
    from recgym.scenarios.scenario import Scenario
    from recgym.simulator import Simulator

Info = dict[str, Any]

# name -> package with a module of that name; the class of settings in there has it too
KNOWN = {**dict.fromkeys(DOMAINS.values(), "scenarios"), **dict.fromkeys(CLASSICS.values(), "classics")}
VECTOR_ONLY = ("autoreset_mode", "max_episode_steps", "num_envs")  # arguments of `RecVectorEnv` alone


class Stepped(NamedTuple):
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
        scenario: Name of a domain or classic, a key of `KNOWN`; or "module:Class" of settings of your own.
        action: "slate", "item", "sequential" or "proto"; see `recgym.actions`.
        fill: With action="item": "similar" fills the slate with the nearest candidates, "none" leaves it at the lead.
        observation: "flat", "dict" or, with the hidden truth, "latent"; of a domain also "sequence". The page of an
            environment says what they hold.
        settings: The scenario's own keyword arguments.
    """

    def __init__(
        self,
        scenario: str,
        *,
        action: str = "slate",
        fill: str = "similar",
        observation: str = "flat",
        **settings: Any,
    ) -> None:
        config_class = settings_class(scenario)
        self.arguments = tuple(field.name for field in dataclasses.fields(config_class) if field.init)
        _check_names(settings, self.arguments)
        check_view(action, fill)
        one_of("observation", observation, config_class.KINDS)
        config = config_class(**settings)
        self.session_length = config.session_length
        self.setting: Scenario | Classic = config.build()
        self.simulator: Simulator | Classic = self.setting.simulator
        sizes = (self.simulator.num_candidates, len(self.simulator.features.names), self.simulator.slate_size)
        self.view = make_view(action, *sizes, fill, self.setting.search(action))
        self.observation = self.setting.observation(observation, self.view.num_features)

    def reset(self, rng: BatchRNG) -> State:
        """New sessions."""
        state = self.simulator.reset(rng)
        self.view.reset(state)
        return state

    def step(self, state: State, actions: NDArray[Any], rng: BatchRNG) -> Stepped:
        """What valid `actions` lead to."""
        decision = self.view.decode(state, actions)
        complete, replaced = decision.complete, decision.replaced
        if self.view.steps_per_slate == 1 or complete.all():
            after, reward, terminated, truncated, shown = self._show(decision.state, decision.slates, rng)
            return Stepped(after, reward, terminated, truncated, replaced, complete, shown)
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
        return Stepped(after, reward, terminated, truncated, replaced, complete, shown)

    def _show(
        self, state: State, slates: NDArray[np.int64], rng: BatchRNG
    ) -> tuple[State, NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], Info]:
        """Show complete slates."""
        after, reward, terminated, info = self.simulator.step(state, slates, rng)
        truncated = np.empty(len(terminated), bool)
        _truncated(after["step"], self.session_length, terminated, truncated)
        return after, reward, terminated, truncated, info

    def observe(self, state: State) -> Observed:
        """Fresh arrays, never views of the state."""
        return self.observation.observe(state, self.view.observe(state))


@kernel
def _truncated(step: Ints, session_length: int, terminated: Flags, truncated: Flags) -> None:
    for lane in range(len(step)):
        truncated[lane] = step[lane] >= session_length and not terminated[lane]


def settings_class(scenario: str) -> type:
    """The class of settings that a scenario's name stands for.

    Raises:
        ValueError: An unknown name, or there is no such class.
    """
    if scenario in KNOWN:
        scenario = f"recgym.{KNOWN[scenario]}.{scenario}:{scenario.title().replace('_', '')}"
    module, _, name = str(scenario).partition(":")
    if not name:
        raise ValueError(
            f"scenario: expected one of {', '.join(map(repr, KNOWN))} or \"module:Class\", got {scenario!r}"
        )
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError) as problem:
        raise ValueError(
            f"scenario: {scenario!r} names no class that can be imported ({problem}); write the module as in an import "
            "statement, then a colon and the class"
        ) from problem
    if not (dataclasses.is_dataclass(found) and hasattr(found, "build")):
        raise ValueError(
            f"scenario: expected a dataclass that extends recgym.scenarios.scenario.Settings, got {found!r}"
        )
    return found


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


def _check_names(given: dict[str, Any], known: tuple[str, ...]) -> None:
    parameters = inspect.signature(Sessions).parameters.values()
    common = ("render_mode", *(p.name for p in parameters if p.kind is p.KEYWORD_ONLY))
    for name in given:
        if name not in known:
            options = sorted((*common, *known))
            hint = "" if name in VECTOR_ONLY else did_you_mean(name, [*options, *VECTOR_ONLY])
            raise TypeError(
                f"unknown argument {name!r}.{hint} The arguments are {', '.join(options)}, and with "
                f"gymnasium.make_vec also {', '.join(VECTOR_ONLY)}."
            )
