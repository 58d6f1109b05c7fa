"""python -m baselines share: how much of the training time is the environment's."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from baselines import tables
from baselines.algorithms import VIEWS
from baselines.arguments import add_env_id, at_least, one_of

NUM_ENVS = 64
STEPS = 100_000


class Share(NamedTuple):
    """Seconds of one training, and what they went into."""

    total: float
    environment: float  # `step` and `reset` of RecGym's vector environment
    adapter: float  # around it, in `RecVecEnv`: records of finished sessions, types

    @property
    def learning(self) -> float:
        """All else: the networks, the buffers, Stable-Baselines3."""
        return self.total - self.environment - self.adapter


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("share", help="what share of the training time is the environment's")
    add_env_id(parser, optional=True)
    parser.add_argument("--algorithm", type=one_of(VIEWS), default="PPO", metavar="NAME",
                        help=f"of {', '.join(VIEWS)} (default PPO), with Stable-Baselines3's defaults")  # fmt: skip
    parser.add_argument("--num-envs", type=at_least(1), default=NUM_ENVS, help=f"default {NUM_ENVS}")
    parser.add_argument("--steps", type=at_least(1), default=STEPS, help=f"default {STEPS:,}")
    parser.set_defaults(run=share)


def share(options: argparse.Namespace) -> int:
    """Train and print the table."""
    measured = measure(options.env_id, options.algorithm, options.num_envs, options.steps)
    parts = {"environment (RecGym)": measured.environment, "adapter": measured.adapter,
             f"learning ({options.algorithm})": measured.learning, "all": measured.total}  # fmt: skip
    rows = [(name, f"{seconds:.2f}", f"{seconds / measured.total:.1%}") for name, seconds in parts.items()]
    title = f"{options.env_id}: {options.steps:,} steps in {options.num_envs} environments"
    tables.console().print(tables.table(title, ("", "seconds", "share"), [rows]))
    return 0


def measure(env_id: str, algorithm: str = "PPO", num_envs: int = NUM_ENVS, steps: int = STEPS) -> Share:
    """Train with a stop-watch around the vector environment and one around its adapter."""
    from baselines.sb3 import make_model

    model = make_model(algorithm, env_id, settings={"num_envs": num_envs})
    adapter = model.get_env()
    assert adapter is not None
    inner, outer = StopWatch(), StopWatch()
    for name in ("step", "reset"):
        inner.watch(adapter.env, name)
    for name in ("step_wait", "reset"):
        outer.watch(adapter, name)
    start = time.perf_counter()
    model.learn(steps)
    return Share(time.perf_counter() - start, inner.seconds, outer.seconds - inner.seconds)


class StopWatch:
    """Adds up the seconds that methods of an object take."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def watch(self, owner: Any, name: str) -> None:
        """Replace a method of one object by itself with the watch running."""
        method: Callable[..., Any] = getattr(owner, name)

        def timed(*arguments: Any, **keywords: Any) -> Any:
            start = time.perf_counter()
            try:
                return method(*arguments, **keywords)
            finally:
                self.seconds += time.perf_counter() - start

        setattr(owner, name, timed)
