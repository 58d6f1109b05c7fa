"""The checks. Each is a function of an environment's id and keyword arguments.

It returns nothing, or raises an AssertionError that says what was expected, what came and how to mend it.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from contextlib import closing
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray

from recgym.actions import VIEWS
from recgym.testing.comparison import described, first_difference, same, vector_difference
from recgym.testing.trajectories import made, overwrite, parts_of, trajectory

SEED = 11
SESSION_LENGTH = 6  # slates; short, so that a check sees many sessions end


def check_environment(env_id: str, **kwargs: Any) -> None:
    """Run every check of `CHECKS` on an environment made with these keyword arguments."""
    for check in CHECKS:
        check(env_id, **kwargs)


def check_spec(env_id: str, **kwargs: Any) -> None:
    """The registered spec is made of strings and JSON, and comes back from JSON unchanged."""
    spec = gymnasium.spec(env_id)
    for name in ("entry_point", "vector_entry_point"):
        entry = getattr(spec, name)
        assert isinstance(entry, str), f'{env_id}: expected {name} as a string "module:Class", got {entry!r}'
    try:
        again = json.loads(json.dumps(spec.kwargs))
    except TypeError as error:
        raise AssertionError(f"{env_id}: registered kwargs must be JSON, got {spec.kwargs!r} ({error})") from error
    assert again == spec.kwargs, f"{env_id}: registered kwargs change in JSON, {spec.kwargs!r} became {again!r}"
    back = EnvSpec.from_json(spec.to_json())
    assert back == spec, f"{env_id}: the spec from its own JSON differs: {back} instead of {spec}"


def check_gymnasium(env_id: str, **kwargs: Any) -> None:
    """Gymnasium's own `check_env` passes."""
    with warnings.catch_warnings(), made(env_id, **kwargs) as env:
        warnings.simplefilter("ignore")  # it warns of unbounded boxes, which a learned embedding is
        check_env(env.unwrapped, skip_render_check=True)


def check_observations(env_id: str, **kwargs: Any) -> None:
    """Every observation is in the space, of its dtype, and finite."""
    with made(env_id, **kwargs) as env:
        for observation, *_ in trajectory(env, SEED):
            for name, box, values in parts_of(env.observation_space, observation):
                assert isinstance(values, np.ndarray) and values.shape == box.shape and values.dtype == box.dtype, (
                    f"{env_id}: expected {name} as {box.dtype} {box.shape}, got {described(values)}; cast in observe()"
                )
                assert np.isfinite(values).all(), (
                    f"{env_id}: {name} has {int((~np.isfinite(values)).sum())} values that are NaN or infinite, the "
                    f"first at {np.argwhere(~np.isfinite(values))[0].tolist()}; look for divisions by zero and logs"
                )
                assert box.contains(values), f"{env_id}: {name} lies outside of its space {box}; widen the bounds"


def check_fresh_arrays(env_id: str, **kwargs: Any) -> None:
    """What `reset` and `step` return belongs to the caller: keeping it is safe, and so is writing into it."""
    single = made(env_id, **kwargs)
    vector = gymnasium.make_vec(env_id, num_envs=3, **kwargs)
    for shell, env in (("single", single), ("vector", vector)):
        with closing(env):
            untouched = trajectory(env, SEED)
            kept: list[Any] = []
            assert same(trajectory(env, SEED, returned=kept.append), untouched), (
                f"{env_id} ({shell}): the same seed gave two trajectories; see check_determinism"
            )
            assert same(kept, untouched), (
                f"{env_id} ({shell}): what an earlier step returned changed afterwards; return copies, not buffers"
            )
            spoilt = trajectory(env, SEED, returned=overwrite)
            assert same(spoilt, untouched), (
                f"{env_id} ({shell}): writing into a returned observation or info changed the session; return copies, "
                f"not views of the state. First difference: {first_difference(untouched, spoilt)}"
            )


def check_determinism(env_id: str, **kwargs: Any) -> None:
    """Two environments under one seed and the same actions give the same bits."""
    with made(env_id, **kwargs) as one, made(env_id, **kwargs) as two:
        first, second = trajectory(one, SEED), trajectory(two, SEED)
        assert same(first, second), (
            f"{env_id}: two environments with seed {SEED} differ: {first_difference(first, second)}; draw every random "
            "number from the rng argument and iterate over no set"
        )


def check_seed_after_use(env_id: str, **kwargs: Any) -> None:
    """A seed gives the same session whatever the environment did before."""
    with made(env_id, **kwargs) as env:
        fresh = trajectory(env, SEED)
        trajectory(env, SEED + 1, steps=7)
        again = trajectory(env, SEED)
        assert same(fresh, again), (
            f"{env_id}: seed {SEED} gives another session after use: {first_difference(fresh, again)}; keep nothing "
            "between sessions but what reset(seed=...) sets anew"
        )


def check_seeds_differ(env_id: str, **kwargs: Any) -> None:
    """Different seeds give different sessions, under the same actions."""
    with made(env_id, **kwargs) as env:
        one, two = (trajectory(env, seed, action_seed=SEED) for seed in (SEED, SEED + 1))
        assert not same(one, two), f"{env_id}: seeds {SEED} and {SEED + 1} give one session; use the seed in reset()"


def check_random_start(env_id: str, **kwargs: Any) -> None:
    """Sessions of different seeds begin differently, before anything was done."""
    with made(env_id, **kwargs) as env:
        starts = [env.reset(seed=seed)[0] for seed in range(8)]
        for i, j in zip(*np.triu_indices(len(starts), 1), strict=True):
            assert not same(starts[i], starts[j]), (
                f"{env_id}: expected a random start, but seeds {i} and {j} begin with the same observation; draw the "
                "user in reset()"
            )


def check_reset_continues(env_id: str, **kwargs: Any) -> None:
    """`reset()` without a seed begins another session, and the same one after the same seed."""
    with made(env_id, **kwargs) as env:
        first, second = env.reset(seed=SEED)[0], env.reset()[0]
        assert not same(first, second), f"{env_id}: reset() repeats the session before it; move the stream on"
        env.reset(seed=SEED)
        again = env.reset()[0]
        assert same(second, again), f"{env_id}: reset() after reset(seed={SEED}) is not reproducible; draw no entropy"


def check_keywords(env_id: str, **kwargs: Any) -> None:
    """Keyword arguments reach the environment, and its spec remembers them."""
    kwargs = {name: value for name, value in kwargs.items() if name != "fill"}
    types = {"slate": spaces.MultiDiscrete, "item": spaces.Discrete, "sequential": spaces.Discrete, "proto": spaces.Box}
    for action in VIEWS:
        with made(env_id, **{**kwargs, "action": action}) as env:
            assert isinstance(env.action_space, types[action]), (
                f"{env_id}: expected a {types[action].__name__} space with action={action!r}, got {env.action_space}; "
                "pass the argument on to Sessions"
            )
            assert env.spec is not None, f"{env_id}: spec without its kwargs"
            assert env.spec.kwargs.get("action") == action, f"{env_id}: spec without its kwargs"
    with made(env_id, **kwargs) as env:
        sessions = env.unwrapped.sessions
    for kind in sessions.setting.KINDS:
        unused = ("fusion", "fused_dim", "live") if kind == "latent" else ()
        used = {name: value for name, value in kwargs.items() if name not in unused}
        with made(env_id, **{**used, "observation": kind}) as env:
            expected = spaces.Box if kind in ("flat", "latent") else spaces.Dict
            assert isinstance(env.observation_space, expected), (
                f"{env_id}: expected a {expected.__name__} space with observation={kind!r}, got {env.observation_space}"
            )
    if "fused_dim" not in sessions.arguments:
        return
    lengths = []
    for fused_dim in (5, 7):
        fused = {**kwargs, "observation": "flat", "fusion": "linear", "fused_dim": fused_dim}
        with made(env_id, **fused) as env:
            lengths.append(env.observation_space.shape[0])
    assert lengths[1] - lengths[0] == 2, f"{env_id}: fused_dim 5 and 7 gave observations of lengths {lengths}"


def check_unknown_keyword(env_id: str, **kwargs: Any) -> None:
    """A misspelt keyword argument is an error that names the right one, in both shells."""
    for make in (gymnasium.make, gymnasium.make_vec):
        try:
            make(env_id, **kwargs, sesion_lenght=3).close()
        except TypeError as error:
            assert "session_length" in str(error), (
                f"{env_id}: expected the error to suggest 'session_length' for 'sesion_lenght', got: {error}"
            )
        else:
            raise AssertionError(f"{env_id}: {make.__name__} swallowed the unknown argument sesion_lenght=3; reject it")


def check_observation_varies(env_id: str, **kwargs: Any) -> None:
    """No element of the observation is constant over random sessions.

    The rows of an array with several axes (candidates, events) are alike, so their columns are what has to vary.
    """
    with closing(gymnasium.make_vec(env_id, num_envs=64, **kwargs)) as env:
        space = env.single_observation_space
        lowest: dict[str, NDArray[Any]] = {}
        highest: dict[str, NDArray[Any]] = {}
        for observation, *_ in trajectory(env, SEED, steps=150):
            for name, box, values in parts_of(space, observation):
                if name == "mask":  # marks the padding, and slots that an action view never fills stay padding
                    continue
                rows = values.reshape(-1, box.shape[-1])
                low, high = rows.min(axis=0), rows.max(axis=0)
                lowest[name] = np.minimum(lowest.get(name, low), low)
                highest[name] = np.maximum(highest.get(name, high), high)
        for name in lowest:
            same = np.flatnonzero(lowest[name] == highest[name])
            assert not len(same), (
                f"{env_id}: {len(same)} of the {len(lowest[name])} columns of {name} never change: "
                f"{same[:10].tolist()}, constant at {lowest[name][same[:10]].tolist()}; leave out what tells nothing "
                "(a catalogue in which a column is the same for all items has this effect too)"
            )


def check_rewards(env_id: str, **kwargs: Any) -> None:
    """Rewards are finite floats."""
    with made(env_id, **kwargs) as env:
        for result in trajectory(env, SEED):
            if len(result) == 2:  # of a reset
                continue
            reward = result[1]
            assert isinstance(reward, float) and np.isfinite(reward), (
                f"{env_id}: expected a finite float as reward, got {reward!r} ({type(reward).__name__})"
            )


def check_endings(env_id: str, **kwargs: Any) -> None:
    """A session is truncated exactly after session_length slates, and never both terminated and truncated."""
    settings = {**kwargs, "session_length": SESSION_LENGTH}
    with made(env_id, **settings) as env:
        limit = SESSION_LENGTH * env.unwrapped.sessions.view.steps_per_slate
        env.action_space.seed(SEED)
        truncations = 0
        for seed in range(20):
            env.reset(seed=seed)
            for step in range(1, limit + 1):
                _, _, terminated, truncated, _ = env.step(env.action_space.sample())
                assert not (terminated and truncated), (
                    f"{env_id}: terminated and truncated at once (seed {seed}, step {step}); a lost user is "
                    "terminated, the end of the observation period truncated"
                )
                assert truncated == (step == limit and not terminated), (
                    f"{env_id}: expected truncated={step == limit and not terminated} at step {step} of {limit}, got "
                    f"{truncated}"
                )
                truncations += truncated
                if terminated or truncated:
                    break
        assert truncations, (
            f"{env_id}: no session of {SESSION_LENGTH} slates reached its end in 20; users leave too fast"
        )


def check_action_masks(env_id: str, **kwargs: Any) -> None:
    """`action_masks()` fits the action space as sb3-contrib reads it, and an allowed action is carried out as it is."""
    with made(env_id, **kwargs) as env:
        env.reset(seed=SEED)
        action_masks = env.get_wrapper_attr("action_masks")
        space = env.action_space
        if isinstance(space, spaces.Box):
            try:
                action_masks()
            except TypeError:
                return
            raise AssertionError(
                f"{env_id}: expected a TypeError from action_masks() of a Box action; it masks nothing"
            )
        sizes = [int(space.n)] if isinstance(space, spaces.Discrete) else space.nvec.tolist()
        rng = np.random.default_rng(SEED)
        for _ in range(30):
            mask = action_masks()
            assert mask.shape == (sum(sizes),) and mask.dtype == bool, (
                f"{env_id}: expected action_masks() as bool ({sum(sizes)},), got {described(mask)}"
            )
            parts = np.split(mask, np.cumsum(sizes)[:-1])
            assert all(part.any() for part in parts), f"{env_id}: action_masks() allows no action; leave one open"
            if isinstance(space, spaces.Discrete):
                action: Any = rng.choice(np.flatnonzero(mask))
            else:  # a repeat is not an allowed slate, though each of its slots is
                action = rng.permutation(np.flatnonzero(parts[0]))[: len(sizes)]
            _, _, terminated, truncated, info = env.step(action)
            assert not info.get("replaced", 0), f"{env_id}: the allowed action {action} was replaced; mask it instead"
            if terminated or truncated:
                env.reset()


def check_vector_next_step(env_id: str, **kwargs: Any) -> None:
    """The vector environment equals single ones bit for bit, sessions starting in the step after the last."""
    _check_vector(env_id, AutoresetMode.NEXT_STEP, **kwargs)


def check_vector_same_step(env_id: str, **kwargs: Any) -> None:
    """The vector environment equals single ones bit for bit, sessions starting in the step of the last."""
    _check_vector(env_id, AutoresetMode.SAME_STEP, **kwargs)


def check_vector_disabled(env_id: str, **kwargs: Any) -> None:
    """The vector environment equals single ones bit for bit; sessions start on reset(options={"reset_mask": ...})."""
    _check_vector(env_id, AutoresetMode.DISABLED, **kwargs)


CHECKS: tuple[Callable[..., None], ...] = (
    check_spec,
    check_observations,
    check_rewards,
    check_determinism,
    check_seed_after_use,
    check_seeds_differ,
    check_random_start,
    check_reset_continues,
    check_fresh_arrays,
    check_keywords,
    check_unknown_keyword,
    check_observation_varies,
    check_endings,
    check_action_masks,
    check_vector_next_step,
    check_vector_same_step,
    check_vector_disabled,
    check_gymnasium,
)


def _check_vector(env_id: str, mode: AutoresetMode, **kwargs: Any) -> None:
    """Side by side with Gymnasium's own `SyncVectorEnv` of single environments."""
    num_envs = 4
    settings = {**kwargs, "session_length": kwargs.get("session_length", SESSION_LENGTH)}
    batched = gymnasium.make_vec(
        env_id, num_envs=num_envs, vectorization_mode="vector_entry_point", autoreset_mode=mode, **settings
    )
    singles = SyncVectorEnv([lambda: made(env_id, **settings)] * num_envs, autoreset_mode=mode)
    with closing(batched), closing(singles):
        limit = settings["session_length"] * singles.envs[0].unwrapped.sessions.view.steps_per_slate
        batched.action_space.seed(SEED)
        sessions_over = 0
        pair = [env.reset(seed=SEED) for env in (singles, batched)]
        for step in range(4 * limit):
            difference = vector_difference(*pair)
            assert not difference, (
                f"{env_id}, {mode.value}, step {step}: the vector environment is not its single ones: {difference}. "
                "Matrix products over the batch, a stream shared by lanes and masks of info are the usual causes"
            )
            actions = batched.action_space.sample()
            pair = [env.step(actions) for env in (singles, batched)]
            over = pair[0][2] | pair[0][3]
            sessions_over += over.sum()
            # Resetting one lane after the other brings them out of step, so that sessions end at different times.
            mask = (np.arange(num_envs) == step) & (step < num_envs - 1)
            if mode == AutoresetMode.DISABLED:
                mask |= over
            if mask.any():
                difference = vector_difference(*pair)
                assert not difference, f"{env_id}, {mode.value}, step {step}, before reset_mask={mask}: {difference}"
                pair = [env.reset(options={"reset_mask": mask}) for env in (singles, batched)]
        assert sessions_over >= num_envs, f"{env_id}: sessions of {limit} steps did not end within {4 * limit}"
