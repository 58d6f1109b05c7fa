"""python -m baselines latency: how long a user waits for a saved recommender's slate."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from baselines import saved, tables
from baselines.arguments import add_where_trained, at_least
from baselines.recommender import EVALUATION_SEED, Recommender
from recgym.env import RecVectorEnv

REQUESTS = 2000
WARM_UP = 100  # requests that are not counted
PARTS = ("encoding of the observation", "decision", "together")


def measure(env: RecVectorEnv, recommender: Recommender, requests: int) -> NDArray[np.float64]:
    """(requests, 3) seconds of PARTS for one request after the other, in one session after the other.

    A request comes with the user's history and the candidates; what the user then does is not counted.
    """
    env.reset(seed=EVALUATION_SEED)
    seconds = np.empty((WARM_UP + requests, len(PARTS)))
    for number in range(WARM_UP + requests):
        start = time.perf_counter()
        observations = env.sessions.observe(env.state)
        encoded = time.perf_counter()
        actions = recommender.act(env, observations)
        decided = time.perf_counter()
        seconds[number] = encoded - start, decided - encoded, decided - start
        env.step(actions)
    return seconds[WARM_UP:]


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("latency", help="time of a saved recommender per request, p50 and p99")
    parser.add_argument("model", type=Path, metavar="FILE", help="written by `python -m baselines train`")
    add_where_trained(parser)
    parser.add_argument("--requests", type=at_least(1), default=REQUESTS, help=f"default {REQUESTS:,}")
    parser.set_defaults(run=latency)


def latency(options: argparse.Namespace) -> int:
    """Measure and print the table."""
    about, env, recommender = saved.load(options.model, num_envs=1)
    milliseconds = 1000 * measure(env, recommender, options.requests)
    rows = [(part, f"{times.mean():.3f}", *(f"{time:.3f}" for time in np.percentile(times, (50, 99))))
            for part, times in zip(PARTS, milliseconds.T, strict=True)]  # fmt: skip
    title = f"{about.baseline} on {about.env_id}, action={about.view!r}: {options.requests:,} requests, one at a time"
    console = tables.console()
    console.print(tables.table(title, ("milliseconds", "mean", "p50", "p99"), [rows]))
    return 0
