"""The own agents that score items: against formulas by hand, and in a small world whose best policy is known."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from baselines.classics import policies
from baselines.deep.networks import at, outputs
from baselines.deep.reinforce import PROPENSITY, TopKReinforce, top_k_factor
from baselines.deep.seen import Seen, example, seen
from baselines.deep.softmax_q import SoftmaxQ, softmax, values
from baselines.deep.wolpertinger import Wolpertinger
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from baselines.task import Task

torch.set_num_threads(1)
ENV_ID = "RecGym-InterestEvolution-v0"
# Half of the topics give users nothing but pleasure, and end their sessions soon: greed misses a third of the optimum.
WORLD = {"num_topics": 4, "trashy_share": 0.5, "worst_quality": -6.0, "budget": 60.0, "num_candidates": 6,
         "slate_size": 1, "session_length": 200}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "view"),
    [(SoftmaxQ(length=64, batch_size=256, epochs=2), "item"), (TopKReinforce(length=64, batch_size=256), "slate"),
     (Wolpertinger(length=64, batch_size=256, epochs=2), "item")],
    ids=lambda value: getattr(value, "name", value),
)  # fmt: skip
def test_every_learner_finds_the_known_optimum(method, view):
    """With one video to a page the reference prices every minute, and its slates are exact."""
    task = Task(ENV_ID, view, 130_000, env_settings=WORLD)
    reached = evaluate(method.train(task), task.lanes(400), EVALUATION_SEED).mean
    env = task.slates(400)
    myopic, reference = (evaluate(policy, env, EVALUATION_SEED).mean for policy in policies(env.simulator)[1:])
    assert reached > 0.92 * reference and myopic < 0.75 * reference


def a_view(num_envs: int = 4) -> Seen:
    env = make_lanes(ENV_ID, num_envs)
    env.reset(seed=0)
    return seen(env)


def tensors(**arrays: np.ndarray) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(values) for name, values in arrays.items()}


def test_an_example_has_the_shapes_and_leaves_the_environment_alone():
    env = make_lanes("RecGym-Ecommerce-v0", 3)
    env.reset(seed=0)
    before = {name: part.copy() for name, part in env.state.items()}
    one = example(env)
    assert [part.shape[1:] for part in one] == [part.shape[1:] for part in seen(env)]
    for name, part in before.items():
        np.testing.assert_array_equal(env.state[name], part)


# Softmax of values


def test_the_softmax_is_in_standard_deviations_of_the_values():
    worth, allowed = np.array([[1.0, 3.0, -np.inf], [10.0, 30.0, -np.inf]]), np.array([[True, True, False]] * 2)
    expected = 1 / (1 + np.exp(2 / (1 * 0.5)))  # values 2 apart, of standard deviation 1
    np.testing.assert_allclose(softmax(worth, allowed, 0.5), [[expected, 1 - expected, 0.0]] * 2)
    np.testing.assert_allclose(softmax(np.zeros((1, 4)), np.ones((1, 4), dtype=bool), 0.1), 0.25)


def test_what_is_drawn_has_the_chances_of_the_softmax():
    method, view = SoftmaxQ(last_temperature=1.0), a_view(1)
    many = Seen(*(np.repeat(part, 20_000, axis=0) for part in view))
    network = method.network(make_lanes(ENV_ID, 1), view, 0)
    lead, kept = method.explore(None, many, network, 1.0, np.random.default_rng(0))
    worth = values(network, view)
    chances = softmax(worth, view.allowed, 1.0)[0]
    np.testing.assert_allclose(np.bincount(lead, minlength=10) / len(lead), chances, atol=0.015)
    assert kept["value"][0] == pytest.approx(chances @ worth[0])


# REINFORCE


@given(st.floats(0.01, 0.99), st.integers(1, 6))
def test_the_factor_is_the_slope_of_the_chance_to_be_in_the_slate(chance, slate_size):
    def in_slate(p):
        return 1 - (1 - p) ** slate_size

    slope = (in_slate(chance + 1e-6) - in_slate(chance - 1e-6)) / 2e-6
    found = float(top_k_factor(torch.tensor([chance], dtype=torch.float64), slate_size))
    assert found == pytest.approx(slope, rel=1e-4, abs=1e-6)


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**31), correction=st.booleans())
def test_the_gradient_is_the_corrected_policy_gradient_by_hand(seed, correction):
    """Of the logits: factor x surprise x (one-hot - pi) for every slot, without entropy; the weight is capped."""
    rng, view = np.random.default_rng(seed), a_view()
    method = TopKReinforce(correction=correction, entropy=0.0, weight_cap=1.5)
    logits, value = rng.normal(size=(4, 10)), rng.normal(size=(4, 1))
    slate = np.array([rng.permutation(10)[:3] for _ in range(4)])
    propensity, target = rng.uniform(0.02, 0.3, size=(4, 3)), rng.normal(size=4)
    said = torch.from_numpy(logits[..., None]).requires_grad_()
    batch = tensors(user=view.user, items=view.items, allowed=view.allowed, slate=slate, target=target)
    method.loss(
        lambda user, items: (said, torch.from_numpy(value)), batch | tensors(**{PROPENSITY: propensity})
    ).backward()
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    surprise = target - value[:, 0]
    surprise /= surprise.std()
    expected = np.zeros_like(logits)
    for row in range(4):
        for slot, item in enumerate(slate[row]):
            factor = min(chances[row, item] / propensity[row, slot], 1.5)
            factor *= 3 * (1 - chances[row, item]) ** 2 if correction else 1.0
            expected[row] += factor * surprise[row] * ((np.arange(10) == item) - chances[row]) / 12
    np.testing.assert_allclose(-said.grad[..., 0].numpy(), expected, atol=1e-7)


def test_draws_do_not_repeat_themselves_and_tell_their_chances():
    method, view = TopKReinforce(), a_view()
    env = make_lanes(ENV_ID, 4)
    network = method.network(env, view, 0)
    slates, kept = method.explore(env, view, network, 0.0, np.random.default_rng(0))
    assert all(len(set(slate)) == 3 for slate in slates.tolist())
    logits = outputs(network, view)[0][..., 0]
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(kept[PROPENSITY], np.take_along_axis(chances, slates, axis=1))


def test_items_are_found_at_their_positions():
    items, slates = torch.arange(12).reshape(2, 3, 2), torch.tensor([[2, 0], [1, -1]])
    assert at(items, slates).tolist() == [[[4, 5], [0, 1]], [[8, 9], [6, 7]]]
    assert at(items[..., 0], slates).tolist() == [[4, 0], [8, 6]]


# Wolpertinger


def test_the_critic_chooses_among_what_is_near_the_actors_point():
    view, env = a_view(), make_lanes(ENV_ID, 4)
    network = Wolpertinger().network(env, view, 0)
    worth, points = values(network.critic, view), view.items[:, 3] + 0.01
    everything = Wolpertinger(num_nearest=10).choose(view, network, points)
    np.testing.assert_array_equal(everything[0], worth.argmax(axis=1))
    np.testing.assert_array_equal(everything[1], worth.max(axis=1))
    nearest = Wolpertinger(num_nearest=1).choose(view, network, points)[0]
    np.testing.assert_array_equal(view.items[np.arange(4), nearest], view.items[:, 3])
    allowed = np.arange(10) == np.array([[7], [1], [0], [9]])
    only = Wolpertinger(num_nearest=10).choose(view._replace(allowed=allowed), network, points)[0]
    assert only.tolist() == [7, 1, 0, 9]


def test_the_actor_follows_the_critic_and_does_not_move_it():
    method, view, env = Wolpertinger(), a_view(), make_lanes(ENV_ID, 4)
    network = method.network(env, view, 0)
    batch = tensors(
        user=view.user, items=view.items, lead=np.zeros(4, dtype=np.int64), target=np.ones(4, dtype=np.float32)
    )
    method.loss(network, batch).backward()
    moved = [numbers.grad.clone() for numbers in network.critic.parameters()]
    network.zero_grad()
    advantage, value = network.critic(batch["user"], batch["items"][:, :1])
    ((advantage[:, 0, 0] + value[:, 0] - 1.0) ** 2).mean().backward()
    for one, numbers in zip(moved, network.critic.parameters(), strict=True):
        torch.testing.assert_close(one, numbers.grad)

    @torch.no_grad()
    def hoped() -> float:
        return float(network.critic(batch["user"], network.actor(batch["user"])[:, None])[0].mean())

    before = hoped()
    descent = torch.optim.Adam(network.actor.parameters(), 1e-3)
    for _ in range(20):
        descent.zero_grad()
        method.loss(network, batch).backward()
        descent.step()
    assert hoped() > before
