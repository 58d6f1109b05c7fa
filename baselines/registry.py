"""BASELINES: the one list of everything that recommends.

    task = Task("RecGym-Ecommerce-v0", "slate", steps=0)
    recommender = find("best-rated").train(task)
    evaluate(recommender, task.lanes(500), EVALUATION_SEED).mean

A new baseline is one line here and a class that is a `baselines.task.Method`.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from baselines import tuned
from baselines.algorithms import DEFAULTS, TUNED, VIEWS
from baselines.files import read_json, write_json
from baselines.heuristics import HEURISTICS
from baselines.recommender import Recommender
from baselines.task import Method, Task, Unsuitable
from recgym.actions import VIEWS as ACTIONS
from recgym.arguments import did_you_mean
from recgym.env import RecVectorEnv

RANKINGS = ("slate", "sequential", "item")  # the views of what scores candidates one by one
ABOUT = "baseline.json"  # beside what a recommender saves: which one it is, and of what


@dataclass(frozen=True)
class Baseline:
    """One line of the list."""

    name: str
    kind: str  # of `baselines.kinds.KINDS`
    views: tuple[str, ...]  # action views it can take, the best first
    summary: str
    entry: str  # "module:class" of its `Method`, imported when it is used
    settings: Mapping[str, Any] = field(default_factory=dict)  # of the class, where they are not its defaults
    steps: int = 0  # a sensible length of training

    def settings_in(self, env_id: str) -> dict[str, Any]:
        """The settings it is trained with in an environment: what a study found there goes before `settings`."""
        return {**self.settings, **tuned.settings(self.name, env_id)}

    def method(self, settings: Mapping[str, Any]) -> Method:
        """The method with these settings in place of its own.

        Raises:
            ValueError: It has no such setting.
        """
        module, _, name = self.entry.partition(":")
        made = getattr(importlib.import_module(module), name)
        parameters = inspect.signature(made).parameters
        if all(parameter.kind is not parameter.VAR_KEYWORD for parameter in parameters.values()):
            for unknown in settings.keys() - parameters.keys():
                hint = did_you_mean(unknown, parameters)
                known = ", ".join(parameters) or "none"
                raise ValueError(f"{self.name}: unknown setting {unknown!r}; there are {known}.{hint}")
        method: Method = made(**{**self.settings, **settings})
        return method

    def train(self, task: Task) -> Recommender:
        """What it is after the task's training.

        Raises:
            ValueError: It cannot take the action view, or has no such setting.
            baselines.task.Unsuitable: The environment lacks what it goes by.
            baselines.tuned.NotTuned: It goes by numbers that have not been searched for.
        """
        if task.view not in self.views:
            hint = did_you_mean(task.view, self.views)
            raise ValueError(f"{self.name} takes action={' or '.join(map(repr, self.views))}, got {task.view!r}.{hint}")
        return self.method({**self.settings_in(task.env_id), **task.settings}).train(task)


def _rules() -> tuple[Baseline, ...]:
    summaries = {
        "popular": "what most people choose",
        "best rated": "what other users rate best",
        "cheapest": "what costs least for its category",
        "newest": "what came last",
        "content": "nearest neighbours, in the language model's space, of what the user liked",
    }
    return tuple(
        Baseline(name.replace(" ", "-"), "rule", ACTIONS, summaries[name], "baselines.heuristics:Rule", {"name": name})
        for name in HEURISTICS
    )


def _deep() -> tuple[Baseline, ...]:
    summaries = {
        "PPO": "proximal policy optimisation",
        "A2C": "advantage actor-critic",
        "TRPO": "trust region policy optimisation",
        "RecurrentPPO": "PPO with an LSTM that remembers the session",
        "MaskablePPO": "PPO that chooses among the allowed actions only",
        "DQN": "Q-learning with a deep network",
        "QRDQN": "DQN of the distribution of returns, by quantile regression",
        "ARS": "augmented random search, without gradients",
        "SAC": "soft actor-critic",
        "TD3": "twin delayed deterministic policy gradients",
        "DDPG": "deep deterministic policy gradients",
        "TQC": "SAC with truncated quantile critics",
        "CrossQ": "SAC without target networks, with normalised batches",
    }
    return tuple(
        Baseline(name, "deep", views, summaries[name], "baselines.sb3:Trained",
                 {"algorithm": name, **TUNED.get(name, DEFAULTS)}, steps=200_000)
        for name, views in VIEWS.items()
    )  # fmt: skip


BASELINES: Mapping[str, Baseline] = {
    baseline.name: baseline
    for baseline in (
        Baseline("random", "rule", ACTIONS, "uniform actions", "baselines.heuristics:Uniform"),
        *_rules(),
        Baseline("mmr", "rule", ("slate", "sequential"), "the best rated, each unlike those before it",
                 "baselines.rerank:Diversity"),
        Baseline("linear", "rule", ACTIONS, "the fixed ranking whose weights were found by search",
                 "baselines.heuristics:TunedRanking"),
        Baseline("myopic", "privileged", ACTIONS, "the highest expected reward of the page",
                 "baselines.privileged:Privileged", {"far_sighted": False}),
        Baseline("reference", "privileged", ACTIONS, "expected reward and priced long-term effects; the score's 1",
                 "baselines.privileged:Privileged", {"far_sighted": True}),
        Baseline("user-knn", "logs", RANKINGS, "what was liked in the sessions most alike",
                 "baselines.neighbours:UserNeighbours", steps=200_000),
        Baseline("item-knn", "logs", RANKINGS, "what was liked together with what the user liked",
                 "baselines.neighbours:ItemNeighbours", steps=200_000),
        Baseline("als", "logs", RANKINGS, "matrix factorisation by weighted least squares",
                 "baselines.factors:AlternatingLeastSquares", steps=200_000),
        Baseline("bpr", "logs", RANKINGS, "matrix factorisation by Bayesian personalised ranking",
                 "baselines.factors:BayesianRanking", steps=200_000),
        Baseline("lstm", "logs", RANKINGS, "a recurrent network that predicts what is liked next",
                 "baselines.sequence:Lstm", steps=200_000),
        Baseline("epsilon-greedy", "bandit", ACTIONS, "explores a share of the pages at random",
                 "baselines.bandits:EpsilonGreedy", steps=50_000),
        Baseline("linucb", "bandit", ACTIONS, "explores by upper confidence bounds",
                 "baselines.bandits:LinUCB", steps=50_000),
        Baseline("thompson", "bandit", ACTIONS, "explores by draws from the posterior",
                 "baselines.bandits:ThompsonSampling", steps=50_000),
        Baseline("q-learning", "tabular", ACTIONS, "off-policy: the value of the best that can follow",
                 "baselines.tabular:TabularControl", {"name": "q-learning", "on_policy": False}, steps=200_000),
        Baseline("sarsa", "tabular", ACTIONS, "on-policy: the value of what does follow",
                 "baselines.tabular:TabularControl", {"name": "sarsa", "on_policy": True}, steps=200_000),
        Baseline("slateq", "deep", ("slate", "sequential"), "values of items, put together to the exact best slate",
                 "baselines.deep.slateq:SlateQ", steps=500_000),
        Baseline("softmax-q", "deep", ("item",), "values of users and items side by side, and a softmax policy",
                 "baselines.deep.softmax_q:SoftmaxQ", steps=500_000),
        Baseline("reinforce", "deep", ("slate", "sequential"), "REINFORCE with the top-K off-policy correction",
                 "baselines.deep.reinforce:TopKReinforce", steps=500_000),
        Baseline("wolpertinger", "deep", ("item",), "an actor looks near a point, a critic picks what is there",
                 "baselines.deep.wolpertinger:Wolpertinger", steps=500_000),
        Baseline("gems", "deep", ("slate",), "SAC in the latent space of an auto-encoder of slates",
                 "baselines.deep.gems:GeMS", steps=100_000),
        *_deep(),
    )
}  # fmt: skip


def find(name: str) -> Baseline:
    """A baseline by its name.

    Raises:
        ValueError: There is none of that name.
    """
    if name not in BASELINES:
        raise ValueError(f"unknown baseline {name!r}; there are {', '.join(BASELINES)}.{did_you_mean(name, BASELINES)}")
    return BASELINES[name]


def save(recommender: Recommender, folder: Path, name: str, task: Task) -> None:
    """Write a recommender that the baseline `name` learned on a task, and which it is."""
    # All settings, not only the task's: a study that finds others must not change what was trained before.
    settings = {**find(name).settings_in(task.env_id), **task.settings}
    known = {"baseline": name, "steps": task.steps, "seed": task.seed, "settings": settings, **world(task.lanes(1))}
    folder.mkdir(parents=True, exist_ok=True)
    recommender.save(folder)
    write_json(folder / ABOUT, known)


def about(folder: Path) -> dict[str, Any]:
    """What a saved recommender is: baseline, steps, seed, settings, and the `world` it was trained in.

    Raises:
        FileNotFoundError: The folder holds none.
    """
    known = read_json(folder / ABOUT)
    if known is None:
        raise FileNotFoundError(f"{folder}: expected what `baselines.registry.save` writes, found no {ABOUT}")
    return dict(known)


def world(env: RecVectorEnv) -> dict[str, Any]:
    """Where a recommender's numbers mean something; that they fit says little, for many catalogues have equal sizes.

    env_id and view; features, their names in order; and catalog, its fingerprint, None in a classic, which has none.
    """
    catalog = getattr(env.simulator, "catalog", None)
    made = {"env_id": env.spec.id, "view": env.spec.kwargs.get("action", "slate")} if env.spec else {}
    fingerprint = None if catalog is None else catalog.fingerprint
    return {**made, "features": list(env.simulator.features.names), "catalog": fingerprint}


def load(folder: Path, env: RecVectorEnv) -> Recommender:
    """A saved recommender, to act on `env`.

    Raises:
        FileNotFoundError: The folder holds none.
        Unsuitable: It was trained in another environment, under another action view, or on another catalogue.
    """
    known = about(folder)
    for name, here in world(env).items():
        if known.get(name) != here:
            raise Unsuitable(f"{folder}: trained with {name} {known.get(name)!r}; the environment has {here!r}. Make "
                             "the environment as it was, or train anew")  # fmt: skip
    return find(known["baseline"]).method(known["settings"]).load(folder, env)
