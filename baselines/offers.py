"""What the playground offers of the baselines:
those that need no training, and saved ones (entry points of pyproject.toml)."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from baselines import saved
from baselines.registry import BASELINES, Baseline
from baselines.task import Task, Unsuitable
from baselines.tuned import NotTuned
from recgym.env import RecVectorEnv
from recgym.playground.policies import Offer, Opened

KINDS = {"privileged": "Reads the user's mind", "rule": "Rules"}  # of baselines without training, as headings
VIEW = "slate"
TAKEN = "random"  # the playground has its own


def policies(env: RecVectorEnv) -> list[Offer]:
    """The baselines that learn nothing and suit an environment."""
    found = []
    for kind, heading in KINDS.items():
        for baseline in BASELINES.values():
            if baseline.kind == kind and baseline.name != TAKEN and _suits(baseline, env.spec.id):
                opening = partial(_open, baseline, env.spec.id)
                found.append(Offer(baseline.name, heading, baseline.summary, opening, kind == "privileged"))
    return found


def model(path: Path) -> tuple[str, Offer]:
    """What `python -m baselines train --save` wrote.

    Raises:
        baselines.saved.BadModel: It did not, or what it wrote cannot be loaded here.
    """
    about, _, _ = saved.load(path, 1)
    summary = f"{about.baseline}, action={about.view!r}, trained for {about.steps:,} steps"
    return about.env_id, Offer(path.stem, "Trained", summary, lambda num_envs: saved.load(path, num_envs)[1:])


def _suits(baseline: Baseline, env_id: str) -> bool:
    try:
        _open(baseline, env_id, 1)
    except (Unsuitable, NotTuned):
        return False
    return True


def _open(baseline: Baseline, env_id: str, num_envs: int) -> Opened:
    task = Task(env_id, VIEW, 0)
    return task.lanes(num_envs), baseline.train(task)
