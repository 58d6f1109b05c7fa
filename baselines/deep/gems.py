"""GeMS: an agent that acts in the latent space of an auto-encoder of slates (Deffayet et al., WSDM 2023).

From the paper's description: random slates are logged, a variational auto-encoder learns from the log what slates and
clicks there are, and an agent learns which vector to give; the decoder, which learns no more, makes a slate of it.
The agent is Stable-Baselines3's SAC.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import SAC
from stable_baselines3.common.policies import BasePolicy
from stable_baselines3.common.vec_env import VecEnvWrapper
from torch import nn

from baselines.classics import actions_from_slates
from baselines.deep.networks import Descent, batches, weights_of, with_weights
from baselines.deep.rollouts import VALUE, Kept, rollouts
from baselines.deep.seen import Seen, example, seen
from baselines.deep.slate_vae import SlateLoss, SlateVAE, decoded
from baselines.files import read_arrays, write_arrays
from baselines.heuristics import ARRAYS
from baselines.sb3 import RecVecEnv, TaskProgress, policy_for
from baselines.task import Task, Unsuitable
from recgym.env import RecVectorEnv

REACH = 3.0  # standard deviations of the prior that the agent's box covers, to each side


class LatentEnv(VecEnvWrapper):
    """An environment whose actions are vectors of the latent space, each element divided by REACH."""

    def __init__(self, lanes: RecVecEnv, network: SlateVAE, box: gymnasium.spaces.Box) -> None:
        super().__init__(lanes, action_space=box)
        self.lanes, self.network = lanes, network

    def reset(self) -> Any:
        """As the environment's own."""
        return self.lanes.reset()

    def step_async(self, actions: NDArray[Any]) -> None:
        """Show the slates that the vectors stand for."""
        self.lanes.step_async(decoded(self.network, seen(self.lanes.env), REACH * actions))

    def step_wait(self) -> Any:
        """As the environment's own."""
        return self.lanes.step_wait()


class LatentRecommender:
    """Shows the slates that the agent's vectors stand for."""

    name, privileged = "gems", False

    def __init__(self, network: SlateVAE, policy: BasePolicy) -> None:
        self.network, self.policy = network, policy

    @property
    def numbers(self) -> nn.ModuleDict:
        """All that was learned."""
        return nn.ModuleDict({"slates": self.network, "policy": self.policy})

    def act(self, env: RecVectorEnv, observations: Any) -> NDArray[np.int64]:
        """Slates; the agent draws nothing."""
        vectors = self.policy.predict(observations, deterministic=True)[0]
        return actions_from_slates(env, decoded(self.network, seen(env), REACH * vectors))

    def save(self, folder: Path) -> None:
        """Write what was learned, as plain numbers."""
        write_arrays(folder / ARRAYS, weights_of(self.numbers))


@dataclass(frozen=True)
class GeMS:
    """The method.

    Args:
        latent_dim: Length of the vectors.
        click_weight: Of the clicks' part of the auto-encoder's loss.
        kl_weight: Of the divergence from the prior.
        log_share: Share of the task's steps that the log takes; the agent gets the others.
        epochs: How often the auto-encoder sees the log.
        hidden: Units of each hidden layer, of the auto-encoder and of the agent.
        discount: Of the next page.
        num_envs: Lanes.
        learning_starts: Steps of the agent before it learns.
        buffer_size: Steps it remembers.
    """

    latent_dim: int = 16
    click_weight: float = 0.2
    kl_weight: float = 0.5
    log_share: float = 0.2
    epochs: int = 10
    hidden: int = 128
    discount: float = 0.95
    num_envs: int = 8
    learning_starts: int = 2000
    buffer_size: int = 100_000

    def train(self, task: Task) -> LatentRecommender:
        """Log, encode, then learn."""
        logged = round(self.log_share * task.steps)
        network = self.auto_encoder(task, logged)
        lanes = RecVecEnv(task.slates(self.num_envs, autoreset_mode="SameStep"), task.first_session)
        model, steps = self._model(LatentEnv(lanes, network, self.box), task.first_session), task.steps - logged
        recommender = LatentRecommender(network, model.policy)
        lanes.session = lambda value, length: task.session(logged + model.num_timesteps + lanes.num_envs, value, length)
        rest = replace(task, progress=lambda done, _: task.progress(logged + done, recommender))
        model.learn(steps, callback=TaskProgress(rest, recommender))
        return recommender

    def auto_encoder(self, task: Task, steps: int) -> SlateVAE:
        """Trained on so many pages with random slates."""
        env, rng = task.slates(self.num_envs), np.random.default_rng(task.seed)
        size = env.simulator.slate_size

        def act(view: Seen, done: float) -> tuple[NDArray[np.int64], Kept]:
            drawn = np.where(view.allowed, rng.uniform(size=view.allowed.shape), -1.0)
            return np.argsort(-drawn, axis=1)[:, :size], {VALUE: np.zeros(len(drawn))}

        [log] = rollouts(env, act, replace(task, steps=steps, progress=lambda done, _: None), steps)
        with torch.random.fork_rng():
            torch.manual_seed(task.seed)
            network = self._network(env)
            descent, loss = Descent(network, 1e-3), SlateLoss(self.click_weight, self.kl_weight)
            for epoch in range(self.epochs):
                descent.learn(lambda batch: loss(network, batch), batches(log.rows(), 128, 1, rng), epoch / self.epochs)
        task.progress(steps, None)
        return network.eval()

    def load(self, folder: Path, env: RecVectorEnv) -> LatentRecommender:
        """What was saved.

        Raises:
            Unsuitable: What is seen in `env` is of another size.
        """
        space = env.single_observation_space
        policy = SAC.policy_aliases[policy_for("SAC", space)](space, self.box, lambda _: 0.0, **self._layers)
        recommender = LatentRecommender(self._network(env), policy)
        try:
            with_weights(recommender.numbers, read_arrays(folder / ARRAYS))
        except RuntimeError as problem:
            raise Unsuitable(f"{folder}: trained with other features or another slate size: {problem}") from problem
        return recommender

    def _network(self, env: RecVectorEnv) -> SlateVAE:
        return SlateVAE(example(env).items.shape[2], env.simulator.slate_size, self.latent_dim, self.hidden)

    @property
    def _layers(self) -> dict[str, Any]:
        return {"net_arch": [self.hidden, self.hidden]}

    @property
    def box(self) -> gymnasium.spaces.Box:
        """Where the agent's vectors lie, divided by REACH."""
        return gymnasium.spaces.Box(-1.0, 1.0, (self.latent_dim,), np.float32)

    def _model(self, env: LatentEnv, seed: int) -> SAC:
        return SAC(policy_for("SAC", env.observation_space), env, gamma=self.discount, train_freq=1, gradient_steps=2,
                   learning_starts=self.learning_starts, batch_size=128, buffer_size=self.buffer_size, seed=seed,
                   policy_kwargs=self._layers, device="cpu")  # fmt: skip
