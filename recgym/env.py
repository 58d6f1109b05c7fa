"""RecEnv and RecVectorEnv: two thin shells around one batched simulator."""

from __future__ import annotations

import difflib
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from recgym.actions import make_view
from recgym.observation import Observed, make_observation
from recgym.randomness import BatchRNG
from recgym.scenarios import SCENARIOS
from recgym.simulator import Simulator
from recgym.state import State

Info = dict[str, Any]


class Sessions:
    """A batch of sessions under one action view and one observation: what both shells share.

    Args:
        scenario: Name of the scenario, a key of `recgym.scenarios.SCENARIOS`.
        action: "slate", "item", "sequential" or "proto"; see `recgym.actions`.
        fill: With action="item": "similar" fills the slate with the nearest candidates, "none" leaves it at the lead.
        observation: "flat", "dict" or "sequence"; see `recgym.observation`.
        fusion: "concat" puts the embedded history, profile and context side by side, "linear" maps them to fused_dim.
        fused_dim: Length of the linear fusion.
        live: Embed the history as text through the encoder at every step, instead of pooling item embeddings.
        session_length: Slates after which a session is truncated.
        settings: The scenario's own keyword arguments.
    """

    def __init__(
        self,
        scenario: str,
        *,
        action: str = "slate",
        fill: str = "similar",
        observation: str = "flat",
        fusion: str = "concat",
        fused_dim: int = 32,
        live: bool = False,
        session_length: int = 60,
        **settings: Any,
    ) -> None:
        if not isinstance(session_length, int | np.integer) or session_length < 1:
            raise ValueError(f"session_length: expected a whole number of slates, at least 1, got {session_length!r}")
        config_class, build = SCENARIOS[scenario]
        names = [name for name, field in config_class.__dataclass_fields__.items() if field.init]
        _check_names(settings, names)
        config = config_class(**settings)
        self.setting = build(config)
        self.simulator: Simulator = self.setting.simulator
        self.session_length = session_length
        self.view = make_view(
            action, self.simulator.num_candidates, len(self.simulator.features.names), self.simulator.slate_size, fill
        )
        fused = self.setting.fusion(fusion, fused_dim, live)
        self.observation = make_observation(
            observation, self.simulator, self.setting.counters, fused, self.view.num_features, config.history_length
        )
        self.item_ids = np.array(self.simulator.catalog.item_ids)

    def reset(self, rng: BatchRNG) -> State:
        """New sessions."""
        state = self.simulator.reset(rng)
        self.view.reset(state)
        return state

    def step(self, state: State, actions: NDArray[Any], rng: BatchRNG) -> tuple[State, Any, Any, Any, Info]:
        """State, reward, terminated, truncated (arrays of num_envs) and info after valid `actions`."""
        decision = self.view.decode(state, actions)
        if decision.complete.all():
            slates = self._slates(decision.state, decision.positions)
            after, reward, terminated, info = self.simulator.step(decision.state, slates, rng)
            info["item_ids"] = self.item_ids[slates]
            info["replaced"] = decision.replaced
            return after, reward, terminated, ~terminated & (after["step"] >= self.session_length), info
        num_envs = state.num_envs
        after, reward, info = decision.state, np.zeros(num_envs), {"replaced": decision.replaced}
        terminated, truncated = np.zeros(num_envs, dtype=bool), np.zeros(num_envs, dtype=bool)
        lanes = np.flatnonzero(decision.complete)
        if len(lanes):  # lanes differ in how full their slates are after a reset in between
            part = decision.state.take(lanes)
            slates = self._slates(part, decision.positions[lanes])
            part, reward[lanes], terminated[lanes], shown = self.simulator.step(part, slates, rng.take(lanes))
            shown["item_ids"] = self.item_ids[slates]
            after = after.put(lanes, part)
            truncated[lanes] = ~terminated[lanes] & (part["step"] >= self.session_length)
            info |= spread(shown, lanes, num_envs)
        return after, reward, terminated, truncated, info

    def observe(self, state: State) -> Observed:
        """Fresh arrays, never views of the state."""
        return self.observation.observe(state, self.view.observe(state))

    def _slates(self, state: State, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        slates = np.take_along_axis(state["candidates"], positions, axis=1)
        return slates if positions.min() >= 0 else np.where(positions >= 0, slates, -1)


class RecEnv(gymnasium.Env[Any, Any]):
    """One session: lane 0 of a batch of one. Takes the arguments of `Sessions` and `render_mode`."""

    metadata = {"render_modes": ["ansi", "rgb_array"], "render_fps": 2}

    def __init__(self, scenario: str, render_mode: str | None = None, **settings: Any) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            modes = ", ".join(map(repr, self.metadata["render_modes"]))
            raise ValueError(f"render_mode: expected None or one of {modes}, got {render_mode!r}")
        self.sessions = Sessions(scenario, **settings)
        self.render_mode = render_mode
        self.action_space = self.sessions.view.space
        self.observation_space = self.sessions.observation.space
        self.state: State | None = None
        self._rng: BatchRNG | None = None
        self._trace: list[Info] = []

    @property
    def simulator(self) -> Simulator:
        """The simulator of one lane."""
        return self.sessions.simulator

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Observed, Info]:
        """Begin a session. Without a seed, the next session of the lane's stream."""
        super().reset(seed=seed)
        if options:
            raise ValueError(f"reset: this environment takes no options, got {sorted(options)}")
        if seed is not None or self._rng is None:
            self._rng = BatchRNG(lane_keys([self.np_random]))
        else:
            self._rng = self._rng.next_episode(np.zeros(1, dtype=np.int64))
        self.state = self.sessions.reset(self._rng)
        self._trace = []
        return lane(self.sessions.observe(self.state)), {}

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, Info]:
        """Show a slate (or fill the next slot of it) and see what the user does."""
        if self.state is None:
            raise gymnasium.error.ResetNeeded("step: call reset() before the first step()")
        actions = check_actions(np.asarray(action)[None], self.action_space, 1)
        state, reward, terminated, truncated, info = self.sessions.step(self.state, actions, self._rng)
        self.state = state
        info = lane(info)
        if self.render_mode is not None and "slate" in info:
            self._trace.append(info | {"reward": float(reward[0])})
        return (
            lane(self.sessions.observe(state)),
            float(reward[0]),
            bool(terminated[0]),
            bool(truncated[0]),
            info,
        )

    def action_masks(self) -> NDArray[np.bool_]:
        """(flattened action size,) bool: which actions are allowed now, as sb3-contrib expects it."""
        if self.state is None:
            raise gymnasium.error.ResetNeeded("action_masks: call reset() first")
        return self.sessions.view.masks(self.state)[0]

    def render(self) -> Any:
        """The session so far: text for "ansi", an (height, width, 3) uint8 picture for "rgb_array"."""
        if self.render_mode is None:
            gymnasium.logger.warn('render: no render_mode; make the environment with render_mode="ansi" or "rgb_array"')
            return None
        if self.state is None:
            raise gymnasium.error.ResetNeeded("render: call reset() first")
        from recgym import rendering

        draw = rendering.ansi if self.render_mode == "ansi" else rendering.rgb_array
        return draw(self.sessions.setting, self.state, self._trace)


class RecVectorEnv(gymnasium.vector.VectorEnv[Any, Any, Any]):
    """Many sessions at once. Equals `num_envs` single environments seeded s, s + 1, ... bit for bit.

    Owns the lanes' streams and autoreset; all else is `Sessions`.

    Args:
        num_envs: Number of lanes.
        scenario: As for `Sessions`, like the other settings.
        max_episode_steps: A limit on steps beside session_length, as `gymnasium.make_vec` passes it on.
        autoreset_mode: What happens to a lane whose session is over; `AutoresetMode`.
    """

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP, "render_modes": []}

    def __init__(
        self,
        scenario: str,
        num_envs: int = 1,
        *,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **settings: Any,
    ) -> None:
        if render_mode is not None:
            raise ValueError("render_mode: the vector environment does not render; use gymnasium.make for a picture")
        if not isinstance(num_envs, int | np.integer) or num_envs < 1:
            raise ValueError(f"num_envs: expected a whole number of at least 1, got {num_envs!r}")
        self.sessions = Sessions(scenario, **settings)
        self.num_envs = int(num_envs)
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {**type(self).metadata, "autoreset_mode": self.autoreset_mode}
        self.max_episode_steps = max_episode_steps
        self.render_mode = None
        self.single_action_space = self.sessions.view.space
        self.single_observation_space = self.sessions.observation.space
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.state: State | None = None
        self._rng: BatchRNG | None = None
        self._elapsed = np.zeros(self.num_envs, dtype=np.int64)
        self._over = np.zeros(self.num_envs, dtype=bool)

    @property
    def simulator(self) -> Simulator:
        """The simulator of all lanes."""
        return self.sessions.simulator

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observed, Info]:
        """Begin sessions in all lanes, or in those of options={"reset_mask": (num_envs,) bool}.

        An int seed s gives lane i the seed s + i; a list gives each lane its own (None: keep the lane's stream).
        """
        mask = self._reset_mask(options)
        lanes = np.flatnonzero(mask)
        seeds = self._seeds(seed)
        fresh = [i for i in lanes if seeds[i] is not None or self._rng is None]
        keys = np.zeros(self.num_envs, dtype=np.uint64) if self._rng is None else self._rng.keys.copy()
        going_on = np.setdiff1d(lanes, fresh)
        if len(going_on):
            keys = BatchRNG(keys).next_episode(going_on).keys
        if fresh:
            keys[fresh] = lane_keys([gymnasium.utils.seeding.np_random(seeds[i])[0] for i in fresh])
        self._rng = BatchRNG(keys)
        self._begin(lanes)
        return self.sessions.observe(self.state), {}

    def step(self, actions: Any) -> tuple[Observed, NDArray[np.float64], NDArray[Any], NDArray[Any], Info]:
        """One step in every lane."""
        if self.state is None:
            raise gymnasium.error.ResetNeeded("step: call reset() before the first step()")
        actions = check_actions(np.asarray(actions), self.single_action_space, self.num_envs)
        if self.autoreset_mode == AutoresetMode.DISABLED and self._over.any():
            raise ValueError(
                f"step: the sessions of lanes {np.flatnonzero(self._over)[:5].tolist()} are over; with autoreset "
                'disabled call reset(options={"reset_mask": mask}) first'
            )
        if self._over.any():  # NEXT_STEP: these lanes spend this step on their reset
            return self._step_around_resets(actions)
        state, reward, terminated, truncated, info = self.sessions.step(self.state, actions, self._rng)
        self._elapsed += 1
        truncated = self._with_limit(terminated, truncated)
        info = with_masks(info, np.ones(self.num_envs, dtype=bool))
        self.state = state
        over = terminated | truncated
        if not over.any():
            return self.sessions.observe(state), reward, terminated, truncated, info
        if self.autoreset_mode != AutoresetMode.SAME_STEP:
            self._over = over
            return self.sessions.observe(state), reward, terminated, truncated, info
        lanes = np.flatnonzero(over)
        final_obs = self.sessions.observe(state.take(lanes))
        info = self._final(info, final_obs, lanes, over)
        self._rng = self._rng.next_episode(lanes)
        self._begin(lanes)
        return self.sessions.observe(self.state), reward, terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """(num_envs, flattened action size) bool: which actions are allowed now."""
        if self.state is None:
            raise gymnasium.error.ResetNeeded("action_masks: call reset() first")
        return self.sessions.view.masks(self.state)

    def _begin(self, lanes: NDArray[np.int64]) -> None:
        """Start new sessions in these lanes."""
        self._elapsed[lanes] = 0
        self._over[lanes] = False
        if len(lanes) == self.num_envs:
            self.state = self.sessions.reset(self._rng)
            return
        fresh = self.sessions.reset(self._rng.take(lanes))
        self.state = self.state.put(lanes, fresh)

    def _with_limit(self, terminated: NDArray[np.bool_], truncated: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if self.max_episode_steps is None:
            return truncated
        return truncated | (~terminated & (self._elapsed >= self.max_episode_steps))

    def _step_around_resets(self, actions: Any) -> tuple[Observed, Any, Any, Any, Info]:
        over = self._over.copy()
        resetting, going = np.flatnonzero(over), np.flatnonzero(~over)
        reward = np.zeros(self.num_envs)
        terminated, truncated = np.zeros(self.num_envs, dtype=bool), np.zeros(self.num_envs, dtype=bool)
        info: Info = {}
        if len(going):
            part, reward[going], terminated[going], truncated[going], shown = self.sessions.step(
                self.state.take(going), actions[going], self._rng.take(going)
            )
            self.state = self.state.put(going, part)
            self._elapsed[going] += 1
            truncated[going] = self._with_limit(terminated, truncated)[going]
            info = with_masks(spread(shown, going, self.num_envs), ~over)
        self._rng = self._rng.next_episode(resetting)
        self._begin(resetting)
        self._over = terminated | truncated
        return self.sessions.observe(self.state), reward, terminated, truncated, info

    def _final(self, info: Info, final_obs: Observed, lanes: NDArray[np.int64], over: NDArray[np.bool_]) -> Info:
        """Gymnasium's SAME_STEP convention: the last observations and infos of the sessions that ended."""
        objects = np.full(self.num_envs, None, dtype=object)
        for row, i in enumerate(lanes):
            objects[i] = lane(final_obs, row)
        last = {name: value for name, value in info.items() if not name.startswith("_")}
        final_info = with_masks(spread(take(last, lanes), lanes, self.num_envs), over)
        return {**info, "final_obs": objects, "_final_obs": over, "final_info": final_info, "_final_info": over}

    def _reset_mask(self, options: dict[str, Any] | None) -> NDArray[np.bool_]:
        everything = np.ones(self.num_envs, dtype=bool)
        if not options:
            return everything
        if set(options) != {"reset_mask"}:
            raise ValueError(f'reset: the only option is "reset_mask", got {sorted(options)}')
        mask = np.asarray(options["reset_mask"])
        if mask.dtype != bool or mask.shape != (self.num_envs,):
            raise ValueError(
                f"reset_mask: expected a bool array of shape ({self.num_envs},), got {mask.dtype} {mask.shape}"
            )
        if not mask.any():
            raise ValueError("reset_mask: expected at least one lane to reset, got none")
        if self.state is None and not mask.all():
            raise gymnasium.error.ResetNeeded("reset_mask: the first reset() must cover all lanes")
        return mask

    def _seeds(self, seed: int | list[int | None] | None) -> list[int | None]:
        if seed is None:
            return [None] * self.num_envs
        if isinstance(seed, int | np.integer):
            return [int(seed) + i for i in range(self.num_envs)]
        if len(seed) != self.num_envs:
            raise ValueError(f"seed: expected {self.num_envs} seeds, one per lane, got {len(seed)}")
        return list(seed)


def lane_keys(generators: list[np.random.Generator]) -> NDArray[np.uint64]:
    """(len(generators),) uint64: each lane's key from its own Gymnasium generator."""
    return np.array([g.integers(2**64, dtype=np.uint64) for g in generators], dtype=np.uint64)


def lane(value: Any, index: int = 0) -> Any:
    """One lane of nested arrays."""
    if isinstance(value, dict):
        return {name: lane(part, index) for name, part in value.items()}
    return value[index]


def take(info: Info, lanes: NDArray[np.int64]) -> Info:
    """Some lanes of nested arrays."""
    return {
        name: take(part, lanes) if isinstance(part, dict) else part[lanes]
        for name, part in info.items()
        if not name.startswith("_")
    }


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


def with_masks(info: Info, mask: NDArray[np.bool_]) -> Info:
    """Gymnasium's vector info: beside every key its `_key` mask of the lanes that have it."""
    masked: Info = {}
    for name, part in info.items():
        masked[name] = with_masks(part, mask) if isinstance(part, dict) else part
        masked[f"_{name}"] = mask
    return masked


def check_actions(actions: NDArray[Any], space: gymnasium.Space[Any], num_envs: int) -> NDArray[Any]:
    """The batch of actions, if each is an element of `space`."""
    expected = (num_envs, *space.shape)
    if actions.shape != expected:
        raise ValueError(
            f"action: expected shape {expected[1:]} for each of {num_envs} environments, got {actions.shape[1:]} "
            f"(array of shape {actions.shape})"
        )
    if isinstance(space, gymnasium.spaces.Box):
        low, high = float(space.low.flat[0]), float(space.high.flat[0])
        if not np.issubdtype(actions.dtype, np.number) or not ((actions >= low) & (actions <= high)).all():
            raise ValueError(
                f"action: expected finite numbers in [{low:g}, {high:g}], got {actions.min()} to {actions.max()} "
                f"({actions.dtype}); clip or rescale the actions before step()"
            )
        return actions
    top = int(space.n if isinstance(space, gymnasium.spaces.Discrete) else space.nvec[0])
    if not np.issubdtype(actions.dtype, np.integer):
        raise ValueError(f"action: expected whole numbers from 0 to {top - 1}, got dtype {actions.dtype}")
    if actions.min() < 0 or actions.max() >= top:
        raise ValueError(
            f"action: expected candidate positions from 0 to {top - 1}, got {actions.min()} to {actions.max()}"
        )
    return actions


def _check_names(given: dict[str, Any], known: list[str]) -> None:
    common = ("action", "fill", "observation", "fusion", "fused_dim", "live", "session_length", "render_mode")
    for name in given:
        if name not in known:
            options = sorted((*common, *known))
            near = difflib.get_close_matches(name, options, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise TypeError(f"unknown argument {name!r}.{hint} The arguments are {', '.join(options)}.")
