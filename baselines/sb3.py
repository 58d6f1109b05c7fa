"""Stable-Baselines3: a VecEnv over the native vector environment, models on it, and trained ones as recommenders."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.save_util import load_from_zip_file
from stable_baselines3.common.vec_env.base_vec_env import VecEnv, VecEnvIndices

from baselines.algorithms import DEFAULTS, VIEWS
from baselines.recommender import Recommender
from baselines.task import Task, Unsuitable
from recgym.arguments import did_you_mean
from recgym.env import RecVectorEnv, lane
from recgym.sessions import VECTOR_ONLY


def algorithm_class(name: str) -> type[BaseAlgorithm]:
    """The class of an algorithm in stable_baselines3 or sb3_contrib."""
    import sb3_contrib
    import stable_baselines3

    if name not in VIEWS:
        raise ValueError(f"unknown algorithm {name!r}; there are {', '.join(VIEWS)}.{did_you_mean(name, VIEWS)}")
    found: type[BaseAlgorithm] = getattr(stable_baselines3, name, None) or getattr(sb3_contrib, name)
    return found


def make_for(algorithm: str, env_id: str, num_envs: int = 1, seed: int = 0, **settings: Any) -> RecVecEnv:
    """The environment as `algorithm` takes it: the best action view unless `action=` names another, as a VecEnv.

    Raises:
        ValueError: The algorithm is unknown or cannot take the named action view.
    """
    algorithm_class(algorithm)
    action = settings.pop("action", VIEWS[algorithm][0])
    if action not in VIEWS[algorithm]:
        raise ValueError(
            f"{algorithm} cannot take action={action!r}; it takes {', '.join(map(repr, VIEWS[algorithm]))}"
        )
    env = gymnasium.make_vec(env_id, num_envs=num_envs, autoreset_mode="SameStep", action=action, **settings)
    return RecVecEnv(env, seed)


def make_model(
    algorithm: str, env_id: str, *, seed: int = 0, settings: Mapping[str, Any] = DEFAULTS, **env_settings: Any
) -> BaseAlgorithm:
    """An untrained model of `algorithm` on the environment as `make_for` makes it.

    Args:
        algorithm: A key of `baselines.algorithms.VIEWS`.
        env_id: Registered id.
        seed: Of the networks, of the exploration, and of the first sessions (seed, seed + 1, ...).
        settings: "num_envs" and the algorithm's own keyword arguments, as in `baselines.algorithms.TUNED`; a number as
            "action_noise" is the standard deviation of Gaussian noise on every element of an action.
        env_settings: `action` and the environment's other keyword arguments.
    """
    arguments = copy.deepcopy(dict(settings))  # some algorithms write into their policy_kwargs
    env = make_for(algorithm, env_id, arguments.pop("num_envs", 1), seed, **env_settings)
    if "action_noise" in arguments:
        from stable_baselines3.common.noise import NormalActionNoise

        size = env.action_space.shape
        arguments["action_noise"] = NormalActionNoise(np.zeros(size), np.full(size, arguments["action_noise"]))
    return algorithm_class(algorithm)(policy_for(algorithm, env.observation_space), env, seed=seed, **arguments)


def policy_for(algorithm: str, space: gymnasium.Space[Any]) -> str:
    """Stable-Baselines3's name of the policy for an observation space: "MlpPolicy" for the flat one."""
    inputs = "MultiInput" if isinstance(space, gymnasium.spaces.Dict) else "Mlp"
    return f"{inputs}{'Lstm' if algorithm == 'RecurrentPPO' else ''}Policy"


class RecVecEnv(VecEnv):
    """A RecGym vector environment as Stable-Baselines3 wants it.

    SAME_STEP autoreset is what SB3's contract describes: the observation after a session's end is the next session's
    first, and the last one stands in the info as "terminal_observation". Returns and lengths of finished sessions are
    reported as `Monitor` does, so SB3 logs them.

    Args:
        env: Made with autoreset_mode="SameStep".
        seed: Seed of the first reset; lane i gets seed + i.
    """

    def __init__(self, env: gymnasium.vector.VectorEnv, seed: int = 0) -> None:
        if not isinstance(env, RecVectorEnv):
            raise TypeError(f"expected a RecGym vector environment from gymnasium.make_vec, got {type(env).__name__}")
        if env.autoreset_mode != gymnasium.vector.AutoresetMode.SAME_STEP:
            raise ValueError('make the environment with autoreset_mode="SameStep": other modes put fake transitions '
                             "into replay buffers")  # fmt: skip
        self.env = env
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self.render_mode = None
        self.session: Callable[[float, int], None] = lambda session_return, length: None  # told at a session's end
        self._first_seed: int | None = seed
        self._returns = np.zeros(env.num_envs)
        self._lengths = np.zeros(env.num_envs, dtype=np.int64)

    def reset(self) -> Any:
        """First observations of new sessions."""
        seeds = self._seeds if any(seed is not None for seed in self._seeds) else self._first_seed
        self._first_seed = None
        self._reset_seeds()
        self._returns[:], self._lengths[:] = 0, 0
        return self.env.reset(seed=seeds)[0]

    def step_async(self, actions: NDArray[Any]) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> Any:
        """Observations, rewards (float32), dones, infos."""
        observations, rewards, terminated, truncated, info = self.env.step(self._actions)
        self._returns += rewards
        self._lengths += 1
        dones = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(dones):
            infos[i] = {
                "terminal_observation": info["final_obs"][i],
                "TimeLimit.truncated": bool(truncated[i] and not terminated[i]),
                "episode": {"r": round(float(self._returns[i]), 6), "l": int(self._lengths[i]), "t": 0.0},
            }
            self.session(float(self._returns[i]), int(self._lengths[i]))
        self._returns[dones], self._lengths[dones] = 0, 0
        return observations, rewards.astype(np.float32), dones, infos

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def get_attr(self, attr_name: str, indices: VecEnvIndices = None) -> list[Any]:
        """The attribute of the vector environment, once per lane."""
        return [getattr(self.env, attr_name)] * len(self._lanes(indices))

    def set_attr(self, attr_name: str, value: Any, indices: VecEnvIndices = None) -> None:
        """The lanes share one environment: its attributes cannot be set for some of them."""
        raise NotImplementedError("set_attr: pass settings to make_for instead")

    def env_method(
        self, method_name: str, *method_args: Any, indices: VecEnvIndices = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the vector environment and give each lane its part; for `action_masks`."""
        result = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return [lane(result, i) for i in self._lanes(indices)]

    def env_is_wrapped(self, wrapper_class: type[gymnasium.Wrapper], indices: VecEnvIndices = None) -> list[bool]:
        """True for Monitor, whose work this class does; no other wrapper is there."""
        from stable_baselines3.common.monitor import Monitor

        return [wrapper_class is Monitor] * len(self._lanes(indices))

    def has_attr(self, attr_name: str) -> bool:
        """Whether the vector environment has the attribute."""
        return hasattr(self.env, attr_name)

    def _lanes(self, indices: VecEnvIndices) -> Sequence[int]:
        return self._get_indices(indices)


class TrainedRecommender:
    """A trained SB3 model as a `Recommender`."""

    privileged = False

    def __init__(self, model: BaseAlgorithm, name: str, deterministic: bool = True) -> None:
        self.model, self.name, self.deterministic = model, name, deterministic
        self._memory: Any = None

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[Any]:
        """The model's actions; masks and recurrent states are passed on where the model has them."""
        options: dict[str, Any] = {"deterministic": self.deterministic}
        if type(self.model).__name__ == "MaskablePPO":
            options["action_masks"] = env.action_masks()
        if type(self.model).__name__ == "RecurrentPPO":
            starts = _session_starts(env)
            if starts.all():  # new sessions, perhaps of another number of lanes
                self._memory = None
            actions, self._memory = self.model.predict(observations, self._memory, starts, **options)
            return actions
        return self.model.predict(observations, **options)[0]

    def save(self, folder: Path) -> None:
        """Write the model in Stable-Baselines3's own format."""
        self.model.save(folder / MODEL)


MODEL = "model.zip"


class Trained:
    """The method of every algorithm of Stable-Baselines3 and sb3-contrib.

    Args:
        algorithm: A key of `baselines.algorithms.VIEWS`.
        settings: "num_envs" and the algorithm's own keyword arguments; see `make_model`.
    """

    def __init__(self, algorithm: str, **settings: Any) -> None:
        self.algorithm, self.settings = algorithm, settings

    def train(self, task: Task) -> TrainedRecommender:
        """Learn for the task's steps, or the next multiple of what the algorithm gathers before it learns.

        Raises:
            Unsuitable: The steps are over before the first update.
        """
        model = make_model(self.algorithm, task.env_id, seed=task.first_session, settings=self.settings,
                           **{"action": task.view, **task.env_settings})  # fmt: skip
        first = getattr(model, "learning_starts", 0)
        if task.steps <= first:
            raise Unsuitable(f"steps: {self.algorithm} begins to learn after {first:,} (learning_starts), and only "
                             f"{task.steps:,} are asked for; take more steps or a lower learning_starts")  # fmt: skip
        lanes = model.get_env()
        assert isinstance(lanes, RecVecEnv)
        # The step that ends a session is counted only afterwards.
        lanes.session = lambda value, length: task.session(model.num_timesteps + lanes.num_envs, value, length)
        recommender = TrainedRecommender(model, self.algorithm)
        model.learn(task.steps, callback=TaskProgress(task, recommender))
        return recommender

    def load(self, folder: Path, env: RecVectorEnv) -> TrainedRecommender:
        """The saved model.

        Only its numbers are read: Stable-Baselines3's file also holds pickled objects, which run code.
        """
        if env.spec is None:
            raise ValueError("load: expected an environment from gymnasium.make_vec, whose id is known")
        settings = dict(self.settings)
        if issubclass(algorithm_class(self.algorithm), OffPolicyAlgorithm):
            settings["buffer_size"] = 1  # to act takes no memory of what happened
        of_make_vec = ("scenario", "vectorization_mode", *VECTOR_ONLY)
        env_settings = {name: value for name, value in env.spec.kwargs.items() if name not in of_make_vec}
        model = make_model(self.algorithm, env.spec.id, settings=settings, **env_settings)
        _, numbers, _ = load_from_zip_file(folder / MODEL, device="cpu", load_data=False)
        model.set_parameters(numbers, device="cpu")
        return TrainedRecommender(model, self.algorithm)


class TaskProgress(BaseCallback):
    """Tells a task how far it is."""

    def __init__(self, task: Task, recommender: Recommender) -> None:
        super().__init__()
        self.task, self.recommender = task, recommender

    def _on_step(self) -> bool:
        self.task.progress(self.num_timesteps, self.recommender)
        return True


def _session_starts(env: RecVectorEnv) -> NDArray[np.bool_]:
    """(num_envs,) lanes that have not acted yet, not even for the first slot of a slate filled slot by slot."""
    starts = env.state["step"] == 0
    return starts & (env.state["picked"] < 0).all(axis=1) if "picked" in env.state else starts
