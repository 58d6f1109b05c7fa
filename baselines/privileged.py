"""The method of the privileged policies "myopic" and "reference": those of a domain, or of a classic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from baselines import classics
from baselines.files import read_json
from baselines.heuristics import SAVED
from baselines.oracles import MYOPIC, REFERENCE, PrivilegedRecommender, reference
from baselines.recommender import Recommender
from baselines.task import Task
from recgym.classics import Classic
from recgym.env import RecVectorEnv


@dataclass(frozen=True)
class Privileged:
    """Both policies; neither learns."""

    far_sighted: bool

    def train(self, task: Task) -> Recommender:
        """The policy: of a domain at prices that come from a search, of a classic from its constants."""
        env = task.lanes(1)
        if isinstance(env.simulator, Classic):
            return classics.named(REFERENCE if self.far_sighted else MYOPIC.name, env)
        return reference(task.env_id, task.view) if self.far_sighted else MYOPIC

    def load(self, folder: Path, env: RecVectorEnv) -> Recommender:
        """The same policy."""
        saved = read_json(folder / SAVED)
        if isinstance(env.simulator, Classic):
            return classics.named(saved["name"], env)
        return PrivilegedRecommender(saved["prices"], saved["name"])
