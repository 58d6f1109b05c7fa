"""Bandits: the posterior is ridge regression, the bounds and draws are its own, and a known bandit is learned."""

from __future__ import annotations

import numpy as np
import pytest

from baselines.bandits import BanditRecommender, EpsilonGreedy, LinUCB, Posterior, ThompsonSampling, contexts
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from baselines.registry import find
from baselines.task import Task
from recgym.actions import VIEWS
from recgym.testing import HashingEncoder, small_catalog

ENV_ID = "RecGym-Ecommerce-v0"
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(), "embedding_dim": 8}


def observed(num_rows: int, dim: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(num_rows, dim)), rng.normal(size=num_rows)


def test_the_posterior_is_ridge_regression():
    rows, payoffs = observed(50, 6)
    posterior = Posterior.prior(6, ridge=2.5)
    for start in range(0, 50, 7):  # however it is cut
        posterior.update(rows[start : start + 7], payoffs[start : start + 7])
    # The minimum of the penalised squares, by least squares on rows that stand for the penalty.
    padded = np.concatenate((rows, np.sqrt(2.5) * np.eye(6)))
    closed = np.linalg.lstsq(padded, np.concatenate((payoffs, np.zeros(6))))[0]
    np.testing.assert_allclose(posterior.mean, closed, rtol=1e-9)
    np.testing.assert_allclose(posterior.inverse @ padded.T @ padded, np.eye(6), atol=1e-9)


def test_one_observation_is_a_rank_one_update():
    """Sherman & Morrison's formula for the inverse."""
    rows, payoffs = observed(20, 4)
    posterior = Posterior.prior(4, 1.0)
    posterior.update(rows, payoffs)
    before, x = posterior.inverse.copy(), np.array([1.0, -2.0, 0.5, 3.0])
    posterior.update(x[None], np.array([1.0]))
    np.testing.assert_allclose(
        posterior.inverse, before - np.outer(before @ x, x @ before) / (1 + x @ before @ x), rtol=1e-9
    )


def test_the_upper_bound_is_the_mean_and_alpha_deviations():
    rows, payoffs = observed(30, 3)
    posterior = Posterior.prior(3, 1.0)
    posterior.update(rows, payoffs)
    asked = observed(8, 3, seed=1)[0].reshape(2, 4, 3)
    scores = LinUCB(alpha=1.7).scores(asked, posterior, np.random.default_rng(0))
    for lane, place in np.ndindex(2, 4):
        x = asked[lane, place]
        deviation = np.sqrt(x @ np.linalg.solve(posterior.gram, x))
        assert scores[lane, place] == pytest.approx(x @ posterior.mean + 1.7 * deviation)


def test_draws_have_the_mean_and_the_covariance_of_the_posterior():
    rows, payoffs = observed(10, 3)
    posterior = Posterior.prior(3, 1.0)
    posterior.update(rows, payoffs)
    asked = np.tile(np.eye(3), (60_000, 1, 1))  # the scores of unit vectors are the drawn weights
    drawn = ThompsonSampling(spread=0.5).scores(asked, posterior, np.random.default_rng(0))
    np.testing.assert_allclose(drawn.mean(axis=0), posterior.mean, atol=0.01)
    np.testing.assert_allclose(np.cov(drawn.T), 0.25 * posterior.inverse, atol=0.003)


def test_epsilon_is_the_share_of_random_pages():
    posterior = Posterior.prior(2, 1.0)
    posterior.update(np.eye(2), np.array([1.0, 0.0]))
    rows = np.tile([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.5]], (20_000, 1, 1))
    best = EpsilonGreedy(epsilon=0.4).scores(rows, posterior, np.random.default_rng(0)).argmax(axis=1)
    assert (best == 1).mean() == pytest.approx(0.6 + 0.4 / 4, abs=0.015)
    assert (EpsilonGreedy(epsilon=0.0).scores(rows, posterior, np.random.default_rng(0)).argmax(axis=1) == 1).all()


def regret(bandit, rounds: int = 1500, num_arms: int = 8, dim: int = 5) -> tuple[float, float]:
    """Mean regret per round of the first tenth and of the last, on a linear bandit with known weights."""
    rng, exploring = np.random.default_rng(3), np.random.default_rng(4)
    truth = rng.normal(size=dim) / np.sqrt(dim)
    posterior, missed = Posterior.prior(dim, 1.0), np.empty(rounds)
    for one in range(rounds):
        arms = rng.normal(size=(1, num_arms, dim)) / np.sqrt(dim)
        means = arms[0] @ truth
        chosen = int(bandit.scores(arms, posterior, exploring).argmax())
        posterior.update(arms[0, chosen][None], np.array([means[chosen] + rng.normal(scale=0.3)]))
        missed[one] = means.max() - means[chosen]
    return missed[: rounds // 10].mean(), missed[-rounds // 10 :].mean()


@pytest.mark.parametrize("bandit", [EpsilonGreedy(epsilon=0.05), LinUCB(alpha=0.3), ThompsonSampling(spread=0.3)],
                         ids=lambda bandit: bandit.name)  # fmt: skip
def test_a_known_linear_bandit_is_learned(bandit):
    blind = regret(EpsilonGreedy(epsilon=1.0))[1]
    first, last = regret(bandit)
    assert last < first and last < 0.1 * blind
    if bandit.name == "epsilon-greedy":  # which goes on exploring a twentieth of the rounds
        assert last > 0.005 * blind
    else:
        assert last < 0.03 * blind


@pytest.mark.parametrize("name", ["epsilon-greedy", "linucb", "thompson"])
def test_interest_exploration_is_a_bandit(name):
    """RecSim's published constants leave nothing to plan: a bandit comes within 2 % of the planner that knows them."""
    job = Task("RecGym-InterestExploration-v0", "slate", 4000)
    env = job.lanes(300)
    blind, planned, learned = (evaluate(find(one).train(job), env, EVALUATION_SEED).mean
                               for one in ("random", "reference", name))  # fmt: skip
    assert learned > 0.98 * planned > 1.5 * blind


# In the shop


def test_a_context_is_features_times_counters():
    env = make_lanes(ENV_ID, 3, **SMALL)
    env.reset(seed=0)
    features, counted = env.state["candidate_features"], env.sessions.setting.counters.of(env.state)
    rows = contexts(env)
    assert rows.shape == (3, env.simulator.num_candidates, 10 * 11)
    for lane, place in ((0, 0), (2, 7)):
        outer = np.outer([*features[lane, place], 1.0], [*counted[lane], 1.0])
        np.testing.assert_allclose(rows[lane, place], outer.ravel(), rtol=1e-12)


@pytest.mark.parametrize("view", VIEWS)
def test_what_was_learned_ranks_by_the_expected_payoff(view):
    env = make_lanes(ENV_ID, 6, action=view, **SMALL)
    env.reset(seed=0)
    weights = np.random.default_rng(0).normal(size=(10, 11))
    actions = BanditRecommender("x", weights).act(env, None)
    if view == "proto":
        best = (env.state["candidate_features"] * actions[:, None]).sum(axis=2).argmax(axis=1)
    else:
        best = actions[:, 0] if view == "slate" else actions
    np.testing.assert_array_equal(best, (contexts(env) @ weights.ravel()).argmax(axis=1))


def test_it_learns_from_every_item_it_showed():
    """With no exploring and one lane, step by step: the weights are the regression of likes on what was shown."""
    told = []
    bandit = EpsilonGreedy(epsilon=0.0, num_envs=1)
    job = Task(ENV_ID, "slate", 25, env_settings=SMALL, progress=lambda steps, so_far: told.append(so_far))
    learned = bandit.train(job)
    env = make_lanes(ENV_ID, 1, **SMALL)
    env.reset(seed=0)
    posterior, ended = Posterior.prior(110, 1.0), False
    shown = BanditRecommender("x", np.zeros((10, 11)))
    steps = 0
    while steps < 25:
        slate, rows = shown.act(env, None), contexts(env)
        _, _, terminated, truncated, info = env.step(slate)
        if not ended:
            steps += 1
            liked = info["clicked"][0] & ~info["disappointed"][0]
            posterior.update(rows[0, slate[0]], liked.astype(float))
            shown = BanditRecommender("x", posterior.mean.reshape(10, 11))
        ended = bool(terminated[0] | truncated[0])
    np.testing.assert_allclose(learned.weights, shown.weights, rtol=1e-6, atol=1e-9)
    assert len(told) >= 25 and np.abs(learned.weights).max() > 0
