"""RecEnv and RecVectorEnv: two thin shells around one batched simulator."""

from __future__ import annotations

import copy
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from recgym.arguments import whole_number
from recgym.compiled import Ints, kernel
from recgym.observation import Observed
from recgym.randomness import BatchRNG
from recgym.sessions import Info, Sessions, Stepped
from recgym.simulator import Simulator
from recgym.state import State


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
        self._over = False
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
        self._over = False
        self._trace = []
        return lane(self.sessions.observe(self.state)), {}

    def step(self, action: Any) -> tuple[Observed, float, bool, bool, Info]:
        """Show a slate (or fill the next slot of it) and see what the user does."""
        if self.state is None:
            raise gymnasium.error.ResetNeeded("step: call reset() before the first step()")
        if self._over:
            raise gymnasium.error.ResetNeeded("step: the session is over (terminated or truncated); call reset() first")
        actions = check_actions(as_array(action)[None], self.action_space, 1)
        done = self.sessions.step(self.state, actions, self._rng)
        self.state = done.state
        terminated, truncated = done.terminated.item(), done.truncated.item()
        self._over = terminated or truncated
        reward, info = done.reward.item(), {"replaced": done.replaced.item()}
        if done.complete[0]:
            info |= lane(done.shown)
            if self.render_mode is not None:
                self._trace.append(copy.deepcopy(info) | {"reward": reward})
        return lane(self.sessions.observe(done.state)), reward, terminated, truncated, info

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
        if max_episode_steps is not None:
            max_episode_steps = whole_number("max_episode_steps", max_episode_steps)
        self.sessions = Sessions(scenario, **settings)
        self.num_envs = whole_number("num_envs", num_envs)
        self.autoreset_mode = _autoreset_mode(autoreset_mode)
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
        anew = np.array([seed is not None or self._rng is None for seed in seeds])
        fresh, going_on = lanes[anew[lanes]], lanes[~anew[lanes]]
        keys = np.zeros(self.num_envs, dtype=np.uint64) if self._rng is None else self._rng.keys.copy()
        if len(going_on):
            keys = BatchRNG(keys).next_episode(going_on).keys
        if len(fresh):
            keys[fresh] = lane_keys([gymnasium.utils.seeding.np_random(seeds[i])[0] for i in fresh])
        self._rng = BatchRNG(keys)
        self._begin(lanes)
        self._over[lanes] = False
        return self.sessions.observe(self.state), {}

    def step(self, actions: Any) -> tuple[Observed, NDArray[np.float64], NDArray[Any], NDArray[Any], Info]:
        """One step in every lane."""
        if self.state is None:
            raise gymnasium.error.ResetNeeded("step: call reset() before the first step()")
        actions = check_actions(as_array(actions), self.single_action_space, self.num_envs)
        if self.autoreset_mode == AutoresetMode.DISABLED and self._over.any():
            raise ValueError(
                f"step: the sessions of lanes {np.flatnonzero(self._over)[:5].tolist()} are over; with autoreset "
                'disabled call reset(options={"reset_mask": mask}) first'
            )
        starting = self._over  # NEXT_STEP: these lanes spend this step on their reset
        done = self.sessions.step(self.state, actions, self._rng)
        self._elapsed += 1
        self.state = done.state
        truncated = done.truncated
        if self.max_episode_steps is not None:  # as Gymnasium's TimeLimit, also where the session has terminated
            truncated |= self._elapsed >= self.max_episode_steps
        over = (done.terminated | truncated) & ~starting
        same_step = self.autoreset_mode == AutoresetMode.SAME_STEP
        told = ~over if same_step else ~starting
        info = with_masks({"replaced": done.replaced}, told) | with_masks(done.shown, done.complete & told)
        if same_step and over.any():
            info |= self._final(done, over)
        if starting.any():
            done.reward[starting] = 0.0
            done.terminated[starting] = truncated[starting] = False
        self._over = np.zeros_like(over) if same_step else over
        resetting = np.flatnonzero(over if same_step else starting)
        if len(resetting):
            self._rng = self._rng.next_episode(resetting)
            self._begin(resetting)
        return self.sessions.observe(self.state), done.reward, done.terminated, truncated, info

    def action_masks(self) -> NDArray[np.bool_]:
        """(num_envs, flattened action size) bool: which actions are allowed now."""
        if self.state is None:
            raise gymnasium.error.ResetNeeded("action_masks: call reset() first")
        return self.sessions.view.masks(self.state)

    def _begin(self, lanes: NDArray[np.int64]) -> None:
        """Start new sessions in these lanes."""
        self._elapsed[lanes] = 0
        if len(lanes) == self.num_envs:
            self.state = self.sessions.reset(self._rng)
            return
        self.state.write(lanes, self.sessions.reset(self._rng.take(lanes)))

    def _final(self, done: Stepped, over: NDArray[np.bool_]) -> Info:
        """Gymnasium's SAME_STEP convention: the last observations and infos of the sessions that ended."""
        lanes = np.flatnonzero(over)
        final_obs = self.sessions.observe(done.state.take(lanes))
        objects = np.full(self.num_envs, None, dtype=object)
        for row, i in enumerate(lanes):
            objects[i] = lane(final_obs, row)
        final_info = with_masks({"replaced": done.replaced}, over) | with_masks(done.shown, done.complete & over)
        return {"final_obs": objects, "_final_obs": over.copy(), "final_info": final_info, "_final_info": over.copy()}

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
        if isinstance(seed, np.ndarray):
            seed = seed.tolist()
        if not isinstance(seed, list | tuple):
            raise TypeError(f"seed: expected a whole number, a list of them or None, got {seed!r}")
        if len(seed) != self.num_envs:
            raise ValueError(f"seed: expected {self.num_envs} seeds, one per lane, got {len(seed)}")
        return list(seed)


def lane_keys(generators: list[np.random.Generator]) -> NDArray[np.uint64]:
    """(len(generators),) uint64: each lane's key from its own Gymnasium generator."""
    return np.array([g.integers(2**64, dtype=np.uint64) for g in generators], dtype=np.uint64)


def lane(value: Any, index: int = 0) -> Any:
    """One lane of nested arrays."""
    if type(value) is not dict:
        return value[index]
    one = {}
    for name, part in value.items():
        one[name] = part[index] if type(part) is not dict else lane(part, index)
    return one


def with_masks(info: Info, mask: NDArray[np.bool_]) -> Info:
    """Gymnasium's vector info: beside every key its `_key` mask of the lanes that have it."""
    masked: Info = {}
    for name, part in info.items():
        masked[name] = with_masks(part, mask) if isinstance(part, dict) else part
        masked[f"_{name}"] = mask.copy()
    return masked


def as_array(actions: Any) -> NDArray[Any]:
    """Actions as an array; slates of unequal length have no shape."""
    try:
        return np.asarray(actions)
    except ValueError as error:
        raise ValueError(
            f"action: expected one array of numbers, got slates of unequal length: {actions!r:.80}"
        ) from error


def check_actions(actions: NDArray[Any], space: gymnasium.Space[Any], num_envs: int) -> NDArray[Any]:
    """The batch of actions, if each is an element of `space`."""
    expected = (num_envs, *space.shape)
    if actions.shape != expected:
        raise ValueError(
            f"action: expected an array of shape {space.shape} for each of {num_envs} environments, together "
            f"{expected}; got {actions.shape[1:]} for each, together {actions.shape}"
        )
    if isinstance(space, gymnasium.spaces.Box):
        low, high = float(space.low.flat[0]), float(space.high.flat[0])
        number = np.issubdtype(actions.dtype, np.number)
        if not number or not ((actions >= low) & (actions <= high)).all():
            got = f"{actions.min()} to {actions.max()}" if number else f"{actions.flat[0]!r}"
            raise ValueError(
                f"action: expected finite numbers in [{low:g}, {high:g}], got {got} ({actions.dtype}); clip or rescale "
                "the actions before step()"
            )
        return actions
    top = int(space.n) if isinstance(space, gymnasium.spaces.Discrete) else space.nvec.item(0)
    if actions.dtype.kind not in "iu":
        raise ValueError(f"action: expected whole numbers from 0 to {top - 1}, got dtype {actions.dtype}")
    if not _all_inside(np.asarray(actions, np.int64).ravel(), top):
        raise ValueError(
            f"action: expected candidate positions from 0 to {top - 1}, got {actions.min()} to {actions.max()}"
        )
    return actions


@kernel
def _all_inside(values: Ints, top: int) -> bool:
    for value in values:
        if value < 0 or value >= top:
            return False
    return True


def _autoreset_mode(mode: AutoresetMode | str) -> AutoresetMode:
    try:
        return AutoresetMode(mode)
    except ValueError:
        modes = ", ".join(repr(known.value) for known in AutoresetMode)
        raise ValueError(f"autoreset_mode: expected one of {modes}, got {mode!r}") from None
