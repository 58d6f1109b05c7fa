"""GeMS: the auto-encoder against formulas, and the agent in a world whose best policy is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from baselines.classics import policies
from baselines.deep.gems import REACH, GeMS, LatentEnv
from baselines.deep.seen import Seen, seen
from baselines.deep.slate_vae import SlateVAE, decoded, divergence
from baselines.recommender import EVALUATION_SEED, evaluate
from baselines.sb3 import RecVecEnv
from baselines.task import Task

torch.set_num_threads(1)
ENV_ID = "RecGym-LongTermSatisfaction-v0"


class Compass(SlateVAE):
    """A decoder that points where the vector says: each half is a slot's direction."""

    def decode(self, latent):
        return latent.reshape(len(latent), 2, 2), torch.zeros(len(latent), 2)


def test_every_slot_gets_what_lies_furthest_in_its_direction_and_is_free():
    items = np.array([[[1, 0], [0, 1], [3, 0], [0, -2]]], dtype=np.float32)
    network, everything = Compass(2, 2, 4, 8), np.ones((1, 4), dtype=bool)

    def slate(vector, allowed=everything):
        view = Seen(np.zeros((1, 1), dtype=np.float32), items, allowed)
        return decoded(network, view, np.array([vector], dtype=np.float32))[0].tolist()

    assert slate([1, 0, 0, 1]) == [2, 1]
    assert slate([1, 0, 1, 0]) == [2, 0]
    assert slate([0, -1, 0, -1]) == [3, 0]
    assert slate([1, 0, 1, 0], np.array([[True, True, False, True]])) == [0, 1]


def test_the_divergence_is_that_of_normal_distributions():
    mean, log_variance = torch.tensor([[0.3, -1.0]]), torch.tensor([[0.5, -0.7]])
    ours = torch.distributions.Normal(mean, (log_variance / 2).exp())
    expected = torch.distributions.kl_divergence(ours, torch.distributions.Normal(0.0, 1.0)).sum()
    assert float(divergence(mean, log_variance)) == pytest.approx(float(expected), rel=1e-5)


def test_the_auto_encoder_tells_slates_again():
    """Of one slot and twenty topics, almost always: there is nothing to leave out. Before it has learned, seldom."""
    constants = {"slate_size": 1, "num_candidates": 20, "num_topics": 4}
    task = Task("RecGym-InterestEvolution-v0", "slate", 8_000, env_settings=constants)
    env = task.slates(200)
    env.reset(seed=0)
    view, shown = seen(env), np.random.default_rng(0).integers(20, size=200)
    items = torch.from_numpy(view.items[np.arange(200), shown][:, None])
    found = {}
    for epochs in (0, 20):
        network = GeMS(kl_weight=0.05, epochs=epochs).auto_encoder(task, 8_000)
        with torch.no_grad():
            mean = network.encode(items, torch.zeros(200, 1))[0].numpy()
        again = view.items[np.arange(200), decoded(network, view, mean)[:, 0]]
        found[epochs] = float((again == items[:, 0].numpy()).all(axis=1).mean())
    assert found[20] > 0.95 and found[0] < 0.7


def test_the_agents_environment_shows_what_its_vectors_stand_for():
    task, method = Task(ENV_ID, "slate", 100), GeMS()
    network = method.auto_encoder(task, 40)
    lanes = RecVecEnv(task.slates(3, autoreset_mode="SameStep"), 0)
    plain = task.slates(3, autoreset_mode="SameStep")
    env = LatentEnv(lanes, network, method.box)
    env.reset()
    plain.reset(seed=0)
    rng = np.random.default_rng(0)
    for _ in range(5):
        vectors = rng.uniform(-1, 1, size=(3, 16)).astype(np.float32)
        expected = plain.step(decoded(network, seen(plain), REACH * vectors))
        observed, reward, *_ = env.step(vectors)
        np.testing.assert_array_equal(observed, expected[0])
        np.testing.assert_array_equal(reward, expected[1].astype(np.float32))


def test_the_agent_finds_the_known_optimum():
    """Clickbait spoils these users: greed earns less than half of the planned optimum, and less than random vectors."""
    task = Task(ENV_ID, "slate", 16_000, env_settings={"variant": "very_sensitive"})
    env = task.slates(200)
    learned = GeMS(learning_starts=500).train(task)
    reached, random = (evaluate(one, env, EVALUATION_SEED).mean for one in (learned, Vectors(learned.network)))
    myopic, reference = (evaluate(policy, env, EVALUATION_SEED).mean for policy in policies(env.simulator)[1:])
    assert reached > 0.9 * reference and myopic < random < 0.8 * reference


class Vectors:
    """Draws vectors, and shows what they stand for."""

    name, privileged = "vectors", False

    def __init__(self, network: SlateVAE) -> None:
        self.network, self.rng = network, np.random.default_rng(0)

    def act(self, env, observations):
        drawn = self.rng.uniform(-REACH, REACH, size=(env.num_envs, self.network.latent_dim))
        return decoded(self.network, seen(env), drawn.astype(np.float32))
