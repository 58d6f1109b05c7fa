"""Task: what a baseline is trained on. Method: how a baseline is trained, and how it comes back from a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from baselines.errors import Refused
from baselines.recommender import EVALUATION_SEED, SEED_STRIDE, Recommender, make_lanes
from recgym.env import RecVectorEnv

Progress = Callable[[int, Recommender | None], None]
Session = Callable[[int, float, int], None]


class Unsuitable(Refused, ValueError):
    """The environment lacks what the baseline goes by; the message says what."""


@dataclass(frozen=True)
class Task:
    """Where, for how long and from which seed a baseline learns."""

    env_id: str
    view: str
    """One of `recgym.actions.VIEWS`."""
    steps: int
    """Of the environment, added up over the lanes. What learns nothing takes none."""
    seed: int = 0
    """0 to 999: of everything random in the agent, and of its sessions, which no evaluation meets."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """In place of those that the baseline comes with; which there are, its class says."""
    env_settings: Mapping[str, Any] = field(default_factory=dict)
    """The environment's keyword arguments but `action`."""
    progress: Progress = lambda steps, recommender: None
    """Called from time to time with the steps so far and the recommender as it is then, or None before there is one.
    It may act, but only until the call returns."""
    session: Session = lambda steps, session_return, length: None
    """Called at the end of every training session of an agent that acts while it learns: with the steps so far, the
    session's return, and its length in steps."""

    def __post_init__(self) -> None:
        if not 0 <= self.seed < EVALUATION_SEED // SEED_STRIDE:
            raise ValueError(f"seed: expected 0 to {EVALUATION_SEED // SEED_STRIDE - 1}, got {self.seed}")
        if self.steps < 0:
            raise ValueError(f"steps: expected 0 or more, got {self.steps}")

    @property
    def first_session(self) -> int:
        """The seed of lane 0; lane i has the i-th after it."""
        return SEED_STRIDE * self.seed

    def lanes(self, num_envs: int, **settings: Any) -> RecVectorEnv:
        """The environment as the task has it; `settings` come in place of the task's."""
        return make_lanes(self.env_id, num_envs, **{"action": self.view, **self.env_settings, **settings})

    def slates(self, num_envs: int, **changes: Any) -> RecVectorEnv:
        """The same with action="slate", for what learns from whole slates and can act in any view."""
        settings = {name: value for name, value in self.env_settings.items() if name not in ("fill", "search")}
        return make_lanes(self.env_id, num_envs, **{**settings, "action": "slate", **changes})


def require_domain(env: RecVectorEnv, name: str) -> None:
    """Refuse an environment without what `name` goes by: a catalogue, the session's counters and its history.

    The domains have them; the classics of the literature draw new items for every page and keep no history.

    Raises:
        Unsuitable: It lacks them.
    """
    if not hasattr(env.sessions.setting, "counters"):
        of = env.spec.id if env.spec else "the environment"
        raise Unsuitable(f"{name}: {of} has no catalogue and no history of the session; it takes a domain")


class Method(Protocol):
    """A way to make a recommender. Its constructor takes the settings, all with defaults."""

    def train(self, task: Task) -> Recommender:
        """What has been learned; a rule has nothing to learn.

        Raises:
            Unsuitable: The environment lacks what the method goes by.
        """

    def load(self, folder: Path, env: RecVectorEnv) -> Recommender:
        """What `Recommender.save` wrote into `folder`, to act on `env` or on others of the same catalogue and view."""
