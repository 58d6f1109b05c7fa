"""python -m baselines cluster: what n workers would bring, computed from what one process measures.

The model is synchronous on-policy learning, as RLlib's PPO runs it: n workers collect the batch side by side, send it
to one learner and wait for its weights. Of every step's time only the collecting is divided by n (Amdahl, AFIPS 1967),
and sending the weights grows with n.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import Any

from baselines import tables
from baselines.arguments import add_env_id, at_least, one_of
from baselines.share import StopWatch

ALGORITHMS = ("PPO", "A2C", "TRPO")  # those that collect a batch and then learn from it
NUM_ENVS = 64
STEPS = 100_000
GIGABIT = 125e6  # bytes per second
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128)


@dataclass(frozen=True)
class Measured:
    """One process's training."""

    collect: float  # seconds per step: the environment and the policy's forward pass
    learn: float  # seconds per step
    step_bytes: int  # from a worker to the learner, per step
    weight_bytes: int  # from the learner to every worker, per batch
    batch_steps: int  # steps from one update of the policy to the next

    def seconds(self, workers: int, bandwidth: float) -> float:
        """Per step, with so many workers and bytes per second into and out of the learner; one worker sends nothing."""
        sent = 0.0
        if workers > 1:
            sent = (self.step_bytes + workers * self.weight_bytes / self.batch_steps) / bandwidth
        return self.collect / workers + self.learn + sent

    def best(self, bandwidth: float) -> int:
        """The number of workers after which one more makes it slower."""
        more = self.weight_bytes / self.batch_steps / bandwidth  # seconds per step that a worker costs
        around = max(int((self.collect / more) ** 0.5), 1)  # the minimum of collect / n + n * more
        return min((1, around, around + 1), key=lambda workers: self.seconds(workers, bandwidth))


def measure(env_id: str, algorithm: str, num_envs: int, steps: int) -> Measured:
    """Train with one stop-watch around collecting and one around learning."""
    from baselines.sb3 import make_model

    model: Any = make_model(algorithm, env_id, settings={"num_envs": num_envs})
    collecting, learning = StopWatch(), StopWatch()
    collecting.watch(model, "collect_rollouts")
    learning.watch(model, "train")
    model.learn(steps)
    done = model.num_timesteps
    observation = model.observation_space.shape
    return Measured(
        collect=collecting.seconds / done,
        learn=learning.seconds / done,
        step_bytes=4 * (observation[0] + 4),  # the observation, action, reward, value and log-probability
        weight_bytes=4 * sum(weights.numel() for weights in model.policy.parameters()),
        batch_steps=model.n_steps * num_envs,
    )


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("cluster", help="what n workers would bring, computed from what one process measures")
    add_env_id(parser, optional=True)
    parser.add_argument(
        "--algorithm", type=one_of(ALGORITHMS), default="PPO", metavar="NAME",
        help=f"of {', '.join(ALGORITHMS)} (default PPO), with Stable-Baselines3's defaults",
    )  # fmt: skip
    parser.add_argument("--num-envs", type=at_least(1), default=NUM_ENVS, help=f"of a worker, default {NUM_ENVS}")
    parser.add_argument("--steps", type=at_least(1), default=STEPS, help=f"of the measurement, default {STEPS:,}")
    parser.add_argument(
        "--megabytes", type=at_least(1), default=int(GIGABIT / 1e6),
        help=f"per second of the learner's network, default {GIGABIT / 1e6:.0f}: one gigabit",
    )  # fmt: skip
    parser.set_defaults(run=cluster)


def cluster(options: argparse.Namespace) -> int:
    """Measure and print the table."""
    start = time.perf_counter()
    measured = measure(options.env_id, options.algorithm, options.num_envs, options.steps)
    bandwidth = options.megabytes * 1e6
    alone = measured.seconds(1, bandwidth)
    rows = []
    for workers in WORKERS:
        seconds = measured.seconds(workers, bandwidth)
        rows.append((str(workers), f"{1 / seconds:,.0f}", f"{alone / seconds:.2f}", f"{alone / seconds / workers:.0%}",
                     f"{measured.learn / seconds:.0%}"))  # fmt: skip
    header = ("workers", "steps/s", "speed-up", "efficiency", "learner busy")
    console = tables.console()
    console.print(tables.table(f"{options.env_id}, {options.algorithm}: computed from one process", header, [rows]))
    best = measured.best(bandwidth)
    console.print(
        f"Measured in {time.perf_counter() - start:.0f} s: collecting {1e6 * measured.collect:.0f} µs, learning "
        f"{1e6 * measured.learn:.0f} µs per step; {measured.weight_bytes / 1e6:.2f} MB of weights per "
        f"{measured.batch_steps:,} steps. Never more than {alone / measured.learn:.1f} times as fast, whatever the "
        f"network; with {options.megabytes} MB/s the fastest is {best} workers, "
        f"{alone / measured.seconds(best, bandwidth):.1f} times.",
        soft_wrap=True,
    )
    return 0
