"""Run RecSim itself and store what it does, so that RecGym's tests can compare without installing it.

    python -m venv recsim && recsim/bin/pip install ".[verify]"
    recsim/bin/python tests/reference/recsim_reference.py

writes `recsim.json.gz` beside this file: sessions of RecSim's three environments under three policies each, and what
RecSim's own methods give for fixed arguments. Takes about a quarter of an hour on two cores; imports nothing of RecGym.
"""

from __future__ import annotations

import gzip
import json
import multiprocessing
import platform
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

warnings.simplefilter("ignore")  # RecSim takes the old Gym's step

from recsim.environments import interest_evolution, interest_exploration, long_term_satisfaction  # noqa: E402
from recsim.simulator import environment, recsim_gym  # noqa: E402

OUT = Path(__file__).with_name("recsim.json.gz")
PACKAGES = ("recsim-no-tf", "gym", "numpy", "gin-config", "six")
POLICIES = ("random", "greedy", "quality")
# Sessions per policy: as many as make the standard error of mean return and length at most 0.3 % of the mean.
SESSIONS = {"interest_evolution": 5000, "interest_exploration": 12000, "long_term_satisfaction": 10000}
EXPLORATION_STEPS = 50  # interest exploration has no end of its own
SLATE_SIZE = {"interest_evolution": 3, "interest_exploration": 2, "long_term_satisfaction": 2}
NUM_CANDIDATES = {"interest_evolution": 10, "interest_exploration": 10, "long_term_satisfaction": 20}


def made(name: str, seed: int) -> recsim_gym.RecSimGymEnv:
    """RecSim's environment with its defaults."""
    config = {"slate_size": SLATE_SIZE[name], "num_candidates": NUM_CANDIDATES[name], "resample_documents": True,
              "seed": seed}  # fmt: skip
    if name != "long_term_satisfaction":
        module = {"interest_evolution": interest_evolution, "interest_exploration": interest_exploration}[name]
        return module.create_environment(config)
    # Its create_environment ignores the seed: the same parts, seeded.
    lts = long_term_satisfaction
    user_model = lts.LTSUserModel(SLATE_SIZE[name], lts.LTSUserState, lts.LTSResponse, seed=seed)
    documents = lts.LTSDocumentSampler(seed=seed + 1000)
    inner = environment.Environment(
        user_model, documents, NUM_CANDIDATES[name], SLATE_SIZE[name], resample_documents=True
    )
    return recsim_gym.RecSimGymEnv(inner, lts.clicked_engagement_reward)


def quality(name: str, document: Any) -> float:
    """What the policy "quality" goes by; in long-term satisfaction, how little of clickbait an item is."""
    return 1.0 - document.clickbait_score if name == "long_term_satisfaction" else document.quality


def click_score(name: str, document: Any, user: Any) -> float:
    """What the policy "greedy" goes by: RecSim's own score,
    and in long-term satisfaction the engagement expected now."""
    if name == "long_term_satisfaction":
        return document.clickbait_score  # more of it is more engagement now, as choc_mean > kale_mean
    return float(user.score_document(document.create_observation()))


def session(env: recsim_gym.RecSimGymEnv, name: str, policy: str, rng: np.random.RandomState) -> dict[str, float]:
    """One session: its return, length, clicks and mean quality of what was clicked."""
    env.reset()
    inner, total, length, clicked = env.environment, 0.0, 0, []
    over = False
    while not over:
        documents = inner.candidate_set.get_all_documents()
        user = inner.user_model._user_state
        if policy == "random":
            slate = rng.permutation(len(documents))[: inner.slate_size]
        else:
            score = [quality(name, d) if policy == "quality" else click_score(name, d, user) for d in documents]
            slate = np.argsort(-np.array(score), kind="stable")[: inner.slate_size]
        observation, reward, over, _ = env.step(slate)
        total += reward
        length += 1
        clicked += [quality(name, documents[i])
                    for i, r in zip(slate, observation["response"], strict=True) if r["click"]]  # fmt: skip
        over = over or (name == "interest_exploration" and length == EXPLORATION_STEPS)
    return {"return": round(total, 3), "length": length, "clicks": len(clicked),
            "quality": round(float(np.mean(clicked)), 4) if clicked else 0.0}  # fmt: skip


def sessions(case: tuple[str, str, int]) -> dict[str, list[float]]:
    """Many sessions of one environment under one policy, as columns."""
    name, policy, seed = case
    np.random.seed(seed)  # choices, interests and engagement use the global generator
    env, rng = made(name, seed), np.random.RandomState(seed + 2000)
    rows = [session(env, name, policy, rng) for _ in range(SESSIONS[name])]
    print(f"{name}, {policy}: return {np.mean([row['return'] for row in rows]):.2f}", flush=True)
    return {column: [row[column] for row in rows] for column in rows[0]}


def interest_evolution_cases(rng: np.random.RandomState) -> dict[str, Any]:
    """Choice probabilities, interests and budgets of RecSim's user for given users, slates and draws."""
    env = made("interest_evolution", 0)
    model = env.environment.user_model

    def video(topic: int, worth: float) -> interest_evolution.IEvVideo:
        return interest_evolution.IEvVideo(0, np.eye(20)[topic], topic, 4.0, worth)

    def user(interests: Sequence[float], budget: float = 200.0) -> Any:
        env.reset()
        model._user_state.user_interests = np.array(interests, dtype=float)
        model._user_state.time_budget = budget
        return model._user_state

    choices = []
    for number in range(20):
        interests = rng.uniform(-1, 1, 20)
        interests[:2] = -1.0, 1.0
        topics = [(0, 1, 1), (0, 0, 0), (1, 1, 1)][number] if number < 3 else rng.randint(0, 20, 3).tolist()
        model.choice_model.score_documents(user(interests), [video(t, 0.0).create_observation() for t in topics])
        weights = np.append(model.choice_model.scores, model.choice_model.score_no_click)
        choices.append({"interests": interests.tolist(), "topics": list(topics),
                        "probabilities": (weights / weights.sum()).tolist()})  # fmt: skip

    updates = []
    for number in range(60):
        before = [-1.0, -0.5, 0.0, 0.5, 1.0, 1e-9][number] if number < 6 else rng.uniform(-1, 1)
        flip = rng.uniform() if number % 3 else (before + 1) / 2 + (-1) ** number * 1e-6
        state = user(np.full(20, before))
        clicked = interest_evolution.IEvResponse(clicked=True, watch_time=4.0)
        with mock.patch("numpy.random.rand", return_value=np.array([flip])):
            model.update_state([video(7, 0.0)], [clicked])
        assert (np.delete(state.user_interests, 7) == before).all()
        updates.append({"interest": before, "flip": float(flip), "after": float(state.user_interests[7])})

    budgets = []
    for number in range(60):
        before, worth = [0.25, 4.0, 3.9, 200.0][number] if number < 4 else rng.uniform(0, 200), rng.uniform(-3.3, 3.3)
        click = bool(number % 4)
        state = user(np.zeros(20), before)
        response = interest_evolution.IEvResponse()
        if click:
            model._generate_click_response(video(3, worth), response)
        model.update_state([video(3, worth)], [response])
        budgets.append({"budget": float(before), "quality": worth, "clicked": click,
                        "watch": float(response.watch_time), "after": float(state.time_budget)})  # fmt: skip
    means = interest_evolution.UtilityModelVideoSampler().cluster_means
    return {"topic_quality": means.tolist(), "choices": choices, "interests": updates, "budgets": budgets}


def interest_exploration_cases(rng: np.random.RandomState) -> dict[str, Any]:
    """Choice probabilities of RecSim's user for given affinities and slates."""
    model = made("interest_exploration", 0).environment.user_model
    choices = []
    for _ in range(30):
        affinity = rng.lognormal(0.4, 0.4, 2)
        topics, worth = rng.randint(0, 2, 3).tolist(), rng.lognormal(0.5, 0.3, 3)
        slate = [interest_exploration.IEDocument(0, t, q).create_observation()
                 for t, q in zip(topics, worth, strict=True)]  # fmt: skip
        model.choice_model.score_documents(interest_exploration.IEUserState(affinity), slate)
        shares = np.append(model.choice_model.scores, model.choice_model.score_no_click)
        choices.append({"affinity": affinity.tolist(), "topics": topics, "quality": worth.tolist(),
                        "probabilities": (shares / shares.sum()).tolist()})  # fmt: skip
    return {"choices": choices}


def long_term_satisfaction_cases(rng: np.random.RandomState) -> dict[str, Any]:
    """Exposure and engagement of RecSim's user for given exposures, items and normal draws."""
    lts = long_term_satisfaction
    steps = []
    for number in range(60):
        sensitivity = [0.01, 0.1, 0.2][number % 3]
        model = lts.LTSUserModel(1, lts.LTSUserState, lts.LTSResponse)
        exposure, clickbait = rng.normal(0, 2), [0.0, 1.0, 0.5][number] if number < 3 else rng.uniform()
        model._user_state = lts.LTSUserState(0.7, sensitivity, 0.05, 5.0, 1.0, 4.0, 1.0, exposure, 60)
        item, noise = lts.LTSDocument(0, clickbait), rng.normal(size=2)
        drawn: list[tuple[float, float]] = []

        def normal(loc: float = 0.0, scale: float = 1.0, drawn: Any = drawn, noise: Any = noise) -> float:
            drawn.append((loc, scale))
            return loc + scale * noise[len(drawn) - 1]

        with mock.patch("numpy.random.normal", normal):
            response = model.simulate_response([item])[0]
            model.update_state([item], [response])
        steps.append({"sensitivity": sensitivity, "exposure": float(exposure), "clickbait": float(clickbait),
                      "noise": noise.tolist(), "loc": float(drawn[0][0]), "scale": float(drawn[0][1]),
                      "engagement": float(response.engagement), "after": float(model._user_state.net_positive_exposure),
                      "satisfaction": float(model._user_state.satisfaction)})  # fmt: skip
    starts = []
    for u in rng.uniform(size=10):
        sampler = lts.LTSStaticUserSampler()
        sampler._rng = mock.Mock(random_sample=lambda u=u: u)
        starts.append({"u": float(u), "exposure": float(sampler.sample_user().net_positive_exposure)})
    return {"steps": steps, "starts": starts}


CASES: dict[str, Callable[[np.random.RandomState], dict[str, Any]]] = {
    "interest_evolution": interest_evolution_cases,
    "interest_exploration": interest_exploration_cases,
    "long_term_satisfaction": long_term_satisfaction_cases,
}


def main() -> None:
    every = [(name, policy, 10 * i + j) for i, name in enumerate(SESSIONS) for j, policy in enumerate(POLICIES)]
    with multiprocessing.Pool(2) as pool:
        columns = pool.map(sessions, every, chunksize=1)
    found: dict[str, Any] = {
        "command": "python tests/reference/recsim_reference.py",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }
    for name in SESSIONS:
        found[name] = {"slate_size": SLATE_SIZE[name], "num_candidates": NUM_CANDIDATES[name],
                       "cases": CASES[name](np.random.RandomState(1)), "sessions": {}}  # fmt: skip
    for (name, policy, seed), table in zip(every, columns, strict=True):
        found[name]["sessions"][policy] = {"seed": seed, **table}
    OUT.write_bytes(gzip.compress(json.dumps(found, separators=(",", ":")).encode(), 9, mtime=0))
    print(f"{OUT}: {OUT.stat().st_size / 1000:.0f} kB", file=sys.stderr)


if __name__ == "__main__":
    main()
