"""The contract of every environment, as checks that anyone can run: `check_environment("RecGym-Ecommerce-v0")`.

A check is a function of an environment's id and keyword arguments. It returns nothing, or raises an AssertionError that
says what was expected, what came and how to mend it. The doubles at the end (an encoder without a model, a small
catalogue, random items) make tests of components and scenarios fast.
"""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from hashlib import shake_128
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray

from recgym.actions import VIEWS
from recgym.catalog import Catalog
from recgym.encoders.protocol import text_keys, unit_rows
from recgym.items import Items
from recgym.observation import KINDS

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
    with warnings.catch_warnings(), _made(env_id, **kwargs) as env:
        warnings.simplefilter("ignore")  # it warns of unbounded boxes, which a learned embedding is
        check_env(env.unwrapped, skip_render_check=True)


def check_observations(env_id: str, **kwargs: Any) -> None:
    """Every observation is in the space, of its dtype, and finite."""
    with _made(env_id, **kwargs) as env:
        for observation, *_ in _trajectory(env, SEED):
            for name, box, values in _parts(env.observation_space, observation):
                assert isinstance(values, np.ndarray) and values.shape == box.shape and values.dtype == box.dtype, (
                    f"{env_id}: expected {name} as {box.dtype} {box.shape}, got {_described(values)}; cast in observe()"
                )
                assert np.isfinite(values).all(), (
                    f"{env_id}: {name} has {int((~np.isfinite(values)).sum())} values that are NaN or infinite, the "
                    f"first at {np.argwhere(~np.isfinite(values))[0].tolist()}; look for divisions by zero and logs"
                )
                assert box.contains(values), f"{env_id}: {name} lies outside of its space {box}; widen the bounds"


def check_fresh_arrays(env_id: str, **kwargs: Any) -> None:
    """What `reset` and `step` return belongs to the caller: keeping it is safe, and so is writing into it."""
    single = _made(env_id, **kwargs)
    vector = gymnasium.make_vec(env_id, num_envs=3, **kwargs)
    for shell, env in (("single", single), ("vector", vector)):
        with closing(env):
            untouched = _trajectory(env, SEED)
            kept: list[Any] = []
            assert _same(_trajectory(env, SEED, returned=kept.append), untouched), (
                f"{env_id} ({shell}): the same seed gave two trajectories; see check_determinism"
            )
            assert _same(kept, untouched), (
                f"{env_id} ({shell}): what an earlier step returned changed afterwards; return copies, not buffers"
            )
            spoilt = _trajectory(env, SEED, returned=_overwrite)
            assert _same(spoilt, untouched), (
                f"{env_id} ({shell}): writing into a returned observation or info changed the session; return copies, "
                f"not views of the state. First difference: {_first_difference(untouched, spoilt)}"
            )


def check_determinism(env_id: str, **kwargs: Any) -> None:
    """Two environments under one seed and the same actions give the same bits."""
    with _made(env_id, **kwargs) as one, _made(env_id, **kwargs) as two:
        first, second = _trajectory(one, SEED), _trajectory(two, SEED)
        assert _same(first, second), (
            f"{env_id}: two environments with seed {SEED} differ: {_first_difference(first, second)}; draw every random "
            "number from the rng argument and iterate over no set"
        )


def check_seed_after_use(env_id: str, **kwargs: Any) -> None:
    """A seed gives the same session whatever the environment did before."""
    with _made(env_id, **kwargs) as env:
        fresh = _trajectory(env, SEED)
        _trajectory(env, SEED + 1, steps=7)
        again = _trajectory(env, SEED)
        assert _same(fresh, again), (
            f"{env_id}: seed {SEED} gives another session after use: {_first_difference(fresh, again)}; keep nothing "
            "between sessions but what reset(seed=...) sets anew"
        )


def check_seeds_differ(env_id: str, **kwargs: Any) -> None:
    """Different seeds give different sessions, under the same actions."""
    with _made(env_id, **kwargs) as env:
        one, two = (_trajectory(env, seed, action_seed=SEED) for seed in (SEED, SEED + 1))
        assert not _same(one, two), f"{env_id}: seeds {SEED} and {SEED + 1} give one session; use the seed in reset()"


def check_random_start(env_id: str, **kwargs: Any) -> None:
    """Sessions of different seeds begin differently, before anything was done."""
    with _made(env_id, **kwargs) as env:
        starts = [env.reset(seed=seed)[0] for seed in range(8)]
        for i, j in zip(*np.triu_indices(len(starts), 1), strict=True):
            assert not _same(starts[i], starts[j]), (
                f"{env_id}: expected a random start, but seeds {i} and {j} begin with the same observation; draw the "
                "user in reset()"
            )


def check_reset_continues(env_id: str, **kwargs: Any) -> None:
    """`reset()` without a seed begins another session, and the same one after the same seed."""
    with _made(env_id, **kwargs) as env:
        first, second = env.reset(seed=SEED)[0], env.reset()[0]
        assert not _same(first, second), f"{env_id}: reset() repeats the session before it; move the stream on"
        env.reset(seed=SEED)
        again = env.reset()[0]
        assert _same(second, again), f"{env_id}: reset() after reset(seed={SEED}) is not reproducible; draw no entropy"


def check_keywords(env_id: str, **kwargs: Any) -> None:
    """Keyword arguments reach the environment, and its spec remembers them."""
    kwargs = {name: value for name, value in kwargs.items() if name != "fill"}
    types = {"slate": spaces.MultiDiscrete, "item": spaces.Discrete, "sequential": spaces.Discrete, "proto": spaces.Box}
    for action in VIEWS:
        with _made(env_id, **{**kwargs, "action": action}) as env:
            assert isinstance(env.action_space, types[action]), (
                f"{env_id}: expected a {types[action].__name__} space with action={action!r}, got {env.action_space}; "
                "pass the argument on to Sessions"
            )
            assert env.spec is not None and env.spec.kwargs.get("action") == action, f"{env_id}: spec without its kwargs"
    for kind in KINDS:
        with _made(env_id, **{**kwargs, "observation": kind}) as env:
            expected = spaces.Box if kind == "flat" else spaces.Dict
            assert isinstance(env.observation_space, expected), (
                f"{env_id}: expected a {expected.__name__} space with observation={kind!r}, got {env.observation_space}"
            )
    lengths = []
    for fused_dim in (5, 7):
        fused = {**kwargs, "observation": "flat", "fusion": "linear", "fused_dim": fused_dim}
        with _made(env_id, **fused) as env:
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
        for observation, *_ in _trajectory(env, SEED, steps=150):
            for name, box, values in _parts(space, observation):
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
    with _made(env_id, **kwargs) as env:
        for result in _trajectory(env, SEED):
            if len(result) == 2:  # of a reset
                continue
            reward = result[1]
            assert isinstance(reward, float) and np.isfinite(reward), (
                f"{env_id}: expected a finite float as reward, got {reward!r} ({type(reward).__name__})"
            )


def check_endings(env_id: str, **kwargs: Any) -> None:
    """A session is truncated exactly after session_length slates, and never both terminated and truncated."""
    settings = {**kwargs, "session_length": SESSION_LENGTH}
    with _made(env_id, **settings) as env:
        limit = SESSION_LENGTH * env.unwrapped.sessions.view.steps_per_slate
        env.action_space.seed(SEED)
        truncations = 0
        for seed in range(20):
            env.reset(seed=seed)
            for step in range(1, limit + 1):
                _, _, terminated, truncated, _ = env.step(env.action_space.sample())
                assert not (terminated and truncated), (
                    f"{env_id}: terminated and truncated at once (seed {seed}, step {step}); a lost customer is "
                    "terminated, the end of the observation period truncated"
                )
                assert truncated == (step == limit and not terminated), (
                    f"{env_id}: expected truncated={step == limit and not terminated} at step {step} of {limit}, got "
                    f"{truncated}"
                )
                truncations += truncated
                if terminated or truncated:
                    break
        assert truncations, f"{env_id}: no session of {SESSION_LENGTH} slates reached its end in 20; users leave too fast"


def check_action_masks(env_id: str, **kwargs: Any) -> None:
    """`action_masks()` fits the action space as sb3-contrib reads it, and an allowed action is carried out as it is."""
    with _made(env_id, **kwargs) as env:
        env.reset(seed=SEED)
        action_masks = env.get_wrapper_attr("action_masks")
        space = env.action_space
        if isinstance(space, spaces.Box):
            try:
                action_masks()
            except TypeError:
                return
            raise AssertionError(f"{env_id}: expected a TypeError from action_masks() of a Box action; it masks nothing")
        sizes = [int(space.n)] if isinstance(space, spaces.Discrete) else space.nvec.tolist()
        rng = np.random.default_rng(SEED)
        for _ in range(30):
            mask = action_masks()
            assert mask.shape == (sum(sizes),) and mask.dtype == bool, (
                f"{env_id}: expected action_masks() as bool ({sum(sizes)},), got {_described(mask)}"
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
    """The vector environment equals single ones bit for bit, sessions starting on reset(options={"reset_mask": ...})."""
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
    singles = SyncVectorEnv([lambda: _made(env_id, **settings)] * num_envs, autoreset_mode=mode)
    with closing(batched), closing(singles):
        limit = settings["session_length"] * singles.envs[0].unwrapped.sessions.view.steps_per_slate
        batched.action_space.seed(SEED)
        sessions_over = 0
        pair = [env.reset(seed=SEED) for env in (singles, batched)]
        for step in range(4 * limit):
            difference = _vector_difference(*pair)
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
                difference = _vector_difference(*pair)
                assert not difference, f"{env_id}, {mode.value}, step {step}, before reset_mask={mask}: {difference}"
                pair = [env.reset(options={"reset_mask": mask}) for env in (singles, batched)]
        assert sessions_over >= num_envs, f"{env_id}: sessions of {limit} steps did not end within {4 * limit}"


def _vector_difference(expected: tuple[Any, ...], got: tuple[Any, ...]) -> str:
    """What differs between two returns of `reset` or `step`; empty if nothing does."""
    names = ("observation", "info") if len(expected) == 2 else ("observation", "reward", "terminated", "truncated", "info")
    for name, one, two in zip(names[:-1], expected, got, strict=False):
        if not _same(one, two):
            return _first_difference(one, two, name)
    return _info_difference(expected[-1], got[-1], "info")


def _info_difference(expected: dict[str, Any], got: dict[str, Any], path: str) -> str:
    """The same for Gymnasium's vector infos: lanes that lack a key may hold anything in it."""
    for name in sorted({name for name in (*expected, *got) if not name.startswith("_")}):
        nobody = np.zeros(1, dtype=bool)
        masks = [np.asarray(info.get(f"_{name}", nobody)) for info in (expected, got)]
        masks = [mask | np.zeros_like(masks[0] | masks[1]) for mask in masks]
        if not np.array_equal(*masks):
            return f"{path}[{'_' + name!r}] is {masks[1].tolist()}, expected {masks[0].tolist()}"
        if not masks[0].any():
            continue
        if isinstance(expected[name], dict):
            difference = _info_difference(expected[name], got[name], f"{path}[{name!r}]")
            if difference:
                return difference
            continue
        for i in np.flatnonzero(masks[0]):
            one, two = expected[name][i], got[name][i]
            same = _same(one, two) if isinstance(one, dict) else np.array_equal(one, two)
            if not same:
                return f"{path}[{name!r}][{i}] is {two!r}, expected {one!r}"
    return ""


def _made(env_id: str, **kwargs: Any) -> gymnasium.Env[Any, Any]:
    return gymnasium.make(env_id, disable_env_checker=True, **kwargs)


def _trajectory(
    env: Any,
    seed: int,
    steps: int = 40,
    action_seed: int | None = None,
    returned: Callable[[Any], object] | None = None,
) -> list[Any]:
    """Copies of what `reset` and `step` return under random actions; `returned` is handed the originals."""
    env.action_space.seed(seed if action_seed is None else action_seed)
    log = []

    def note(result: tuple[Any, ...]) -> None:
        log.append(copy.deepcopy(result))
        if returned:
            returned(result)

    note(env.reset(seed=seed))
    over = False
    for _ in range(steps):
        if over is True:
            note(env.reset())
            over = False
            continue
        result = env.step(env.action_space.sample())
        over = result[2] or result[3] if isinstance(result[2], bool) else None  # vector environments reset themselves
        note(result)
    return log


def _parts(space: spaces.Space[Any], observation: Any) -> Iterator[tuple[str, spaces.Box, Any]]:
    """(name, space, values) of every array of an observation."""
    if isinstance(space, spaces.Dict):
        assert isinstance(observation, dict) and set(observation) == set(space), (
            f"expected an observation with the keys {sorted(space)}, got {_described(observation)}"
        )
        for name, part in space.items():
            yield from ((f"{name}.{inner}" if inner != "observation" else name, box, values)
                        for inner, box, values in _parts(part, observation[name]))  # fmt: skip
    else:
        assert isinstance(space, spaces.Box), f"expected a Box or a Dict of them, got {space}; no library learns from it"
        yield "observation", space, observation


def _same(one: Any, two: Any) -> bool:
    """Equal to the last bit, in values, types and shapes."""
    if isinstance(one, dict):
        return isinstance(two, dict) and one.keys() == two.keys() and all(_same(one[name], two[name]) for name in one)
    if isinstance(one, list | tuple):
        return isinstance(two, list | tuple) and len(one) == len(two) and all(map(_same, one, two))
    one, two = np.asarray(one), np.asarray(two)
    if one.dtype == object and one.shape == two.shape == ():
        return bool(one == two)
    if one.dtype == object:
        return one.shape == two.shape and all(map(_same, one.ravel().tolist(), two.ravel().tolist()))
    return one.dtype == two.dtype and np.array_equal(one, two)


def _first_difference(one: Any, two: Any, path: str = "") -> str:
    """Where two nested structures differ first, and how."""
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        pairs: Any = ((f"{path}[{name!r}]", one[name], two[name]) for name in one)
    elif isinstance(one, list | tuple) and isinstance(two, list | tuple) and len(one) == len(two):
        pairs = ((f"{path}[{i}]", a, b) for i, (a, b) in enumerate(zip(one, two, strict=True)))
    else:
        a, b = np.asarray(one), np.asarray(two)
        if a.shape != b.shape or a.dtype != b.dtype or not a.shape or a.dtype == object:
            return f"{path}: {_described(one)} and {_described(two)}"
        place = tuple(int(i) for i in np.argwhere(a != b)[0])
        return f"{path}{list(place)}: {a[place]!r} and {b[place]!r}, {int((a != b).sum())} of {a.size} differ"
    return next(_first_difference(a, b, place) for place, a, b in pairs if not _same(a, b))


def _overwrite(values: Any) -> None:
    """Write into every array that can be reached."""
    if isinstance(values, dict):
        for part in values.values():
            _overwrite(part)
    elif isinstance(values, list | tuple):
        for part in values:
            _overwrite(part)
    elif isinstance(values, np.ndarray) and values.flags.writeable and values.dtype.kind in "biuf":
        values[...] = np.ones((), dtype=values.dtype)


def _described(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{value.dtype} {value.shape}"
    return f"{type(value).__name__} {value!r:.80}"


@dataclass(frozen=True)
class HashingEncoder:
    """An `Encoder` without a model: every word has its own direction, a text is the sum of its words.

    Texts that share words are alike, which is all that a test needs of a language.
    """

    embedding_dim: int = 384

    @property
    def fingerprint(self) -> str:
        """Names the encoder and its size."""
        return f"hashing-{self.embedding_dim}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), embedding_dim) float32 rows of length 1; order and case of the words do not matter."""
        text_keys(texts)  # the complaints about what is not a text are every encoder's
        sums = np.zeros((len(texts), self.embedding_dim))
        for row, text in enumerate(texts):
            for word in text.lower().split() or [""]:
                sums[row] += _direction(word, self.embedding_dim)
        return unit_rows(sums)


@lru_cache(maxsize=10_000)
def _direction(word: str, length: int) -> NDArray[np.float64]:
    return np.frombuffer(shake_128(word.encode()).digest(length), dtype=np.uint8) - 127.5


def small_catalog(num_items: int = 48, num_categories: int = 6) -> Catalog:
    """A catalogue of a few items, the same every time: two departments, all the attributes of a shop."""
    rng = np.random.default_rng(0)
    words = np.array(["red", "blue", "soft", "light", "strong", "small", "classic", "warm"])
    categories = np.arange(num_items) % num_categories
    departments = categories % 2
    category_names = tuple(f"Kind {i}" for i in range(num_categories))
    titles = tuple(
        " ".join((*rng.choice(words, 2, replace=False), category_names[category], str(row)))
        for row, category in enumerate(categories)
    )
    price = np.round(np.exp(rng.normal(3.0, 0.5, num_items)), 2)
    return Catalog(
        item_ids=tuple(f"item-{row}" for row in range(num_items)),
        titles=titles,
        texts=titles,
        departments=departments,
        categories=categories,
        department_names=("Home", "Garden"),
        category_names=category_names,
        attributes={
            "price": price,
            "list_price": price * rng.choice([1.0, 1.2, 1.8], num_items),
            "margin": rng.uniform(0.1, 0.5, num_items),
            "rating": rng.uniform(2.5, 5.0, num_items),
            "num_ratings": rng.integers(0, 500, num_items).astype(np.float64),
            "days_online": rng.integers(0, 400, num_items).astype(np.float64),
        },
    )


def random_items(num_items: int = 12, num_categories: int = 3, embedding_dim: int = 4, seed: int = 0) -> Items:
    """Items with random embeddings, taste and traits of about unit scale; `dataclasses.replace` sets what matters."""
    rng = np.random.default_rng(seed)
    visible_names = ("rating", "popularity", "newness", "discount", "relative_price", "profit")
    visible = rng.normal(size=(num_items, len(visible_names)))
    for name in ("newness", "discount", "profit"):
        visible[:, visible_names.index(name)] = rng.uniform(size=num_items)
    return Items(
        embeddings=unit_rows(rng.normal(size=(num_items, embedding_dim))),
        categories=np.arange(num_items) % num_categories,
        visible=visible,
        visible_names=visible_names,
        hidden=rng.normal(size=(num_items, 1)),
        hidden_names=("quality",),
        taste=rng.normal(size=(num_items, 3)),
    )
