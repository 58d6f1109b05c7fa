"""python -m baselines play: a trained recommender serves users in the terminal, page by page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import gymnasium

from baselines import saved
from baselines.arguments import add_where_trained, at_least
from baselines.recommender import EVALUATION_SEED, Recommender
from baselines.saved import Saved
from recgym.cli.environments import seed
from recgym.env import RecVectorEnv


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("play", help="watch a saved recommender serve users in the terminal")
    parser.add_argument("model", type=Path, metavar="FILE", help="written by `python -m baselines train`")
    add_where_trained(parser)
    parser.add_argument("--sessions", type=at_least(1), default=1, help="default 1")
    parser.add_argument("--seed", type=seed, default=EVALUATION_SEED,
                        help=f"of the first user (default {EVALUATION_SEED}: one it has never met)")  # fmt: skip
    parser.set_defaults(run=play)


def play(options: argparse.Namespace) -> int:
    """Play the sessions; on a terminal, Enter turns the page and q stops."""
    about, lanes, recommender = saved.load(options.model, num_envs=1)
    print(f"{about.baseline}, trained for {about.steps:,} steps on {about.env_id}, action={about.view!r}")
    for session_seed in range(options.seed, options.seed + options.sessions):
        print(f"\nThe user of seed {session_seed}")
        if not session(about, lanes, recommender, session_seed):
            break
    return 0


def session(about: Saved, lanes: RecVectorEnv, recommender: Recommender, session_seed: int) -> bool:
    """Play one session and print its pages and its end; False if the reader has stopped it.

    The recommender acts on a batch of one, and a single environment, which is the same bit for bit, draws what happens.
    """
    shown = gymnasium.make(about.env_id, action=about.view, render_mode="ansi")
    observations, _ = lanes.reset(seed=session_seed)
    shown.reset(seed=session_seed)
    total, pages, over = 0.0, 0, False
    while not over:
        actions = recommender.act(lanes, observations)
        observations, *_ = lanes.step(actions)
        _, reward, terminated, truncated, info = shown.step(actions[0])
        total, over = total + float(reward), terminated or truncated
        if "slate" in info:
            pages += 1
            print(shown.render())
            if not over and not _go_on():
                return False
    ending = "the user is lost" if terminated else "the last page was shown"
    print(f"return {total:.2f} in {pages} pages: {ending}.")
    return True


def _go_on() -> bool:
    """Wait for the reader where there is one."""
    if not sys.stdin.isatty():
        return True
    try:
        return input("Enter: next page, q: stop > ").strip().lower() not in ("q", "quit")
    except EOFError:
        return False
