"""Other simulators beside RecGym, measured in the same run:
each from the package index, in a throw-away environment."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from recgym.speed import SINGLE, Case, Running, rate

ROUNDS = 3  # RecGym and the peers take turns so often


class PeerError(RuntimeError):
    """A peer could not be installed or did not run; the message has its own words."""


@dataclass(frozen=True)
class Peer:
    """A simulator and how to measure it."""

    name: str
    requirements: Sequence[str]
    program: str  # takes seconds as its argument, prints JSON: {what: steps per second}


# Slates of 3 among 10, 100 and 1,000 candidates, the same action again and again: what is measured is the simulator.
# Its code looks for NumPy names that were removed, and takes the old Gym's step.
RECSIM = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import numpy as np
from recsim.environments import interest_evolution

rates = {}
for num_candidates in (10, 100, 1000):
    env = interest_evolution.create_environment(
        {"slate_size": 3, "num_candidates": num_candidates, "resample_documents": True, "seed": 0})
    env.reset()
    steps, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < float(sys.argv[1]):
        over = env.step(np.arange(3))[2]
        steps += 1
        if over:
            env.reset()
    rates[f"{num_candidates} candidates"] = steps / elapsed
print(json.dumps(rates))
"""
PEERS = (
    Peer("RecSim interest evolution", ("recsim-no-tf==0.2.3", "gym==0.26.2", "six", "numpy>=2,<2.5"), RECSIM),
)


class Comparison(NamedTuple):
    """User-steps per second of one simulator."""

    name: str
    per_second: float


def compare(env_id: str, seconds: float, num_envs: int = 1024, peers: Sequence[Peer] = PEERS) -> list[Comparison]:
    """Measure RecGym singly and in a batch, and the peers, in turns; the best turn of each counts.

    Raises:
        PeerError: A peer could not be installed or did not run.
    """
    rates: dict[str, float] = {}

    def note(name: str, per_second: float) -> None:
        rates[name] = max(rates.get(name, 0.0), per_second)

    with tempfile.TemporaryDirectory() as folder:
        pythons = [_installed(peer, Path(folder) / str(number)) for number, peer in enumerate(peers)]
        for _ in range(ROUNDS):
            for name, size in ((f"{env_id}, one", SINGLE), (f"{env_id}, {num_envs:,}", num_envs)):
                note(name, size * rate(Running(Case(env_id, size)).step, seconds))
            for peer, python in zip(peers, pythons, strict=True):
                for what, per_second in json.loads(_run([str(python), "-c", peer.program, str(seconds)])).items():
                    note(f"{peer.name}, {what}", per_second)
    return [Comparison(name, per_second) for name, per_second in rates.items()]


def render(comparisons: Sequence[Comparison]) -> str:
    """One line each, with how much faster the fastest is."""
    fastest = max(comparison.per_second for comparison in comparisons)
    width = max(len(comparison.name) for comparison in comparisons)
    return "\n".join(f"{c.name:{width}}  {c.per_second:>12,.0f}  1/{fastest / c.per_second:,.0f}" for c in comparisons)


def _installed(peer: Peer, folder: Path) -> Path:
    """The Python of a new environment that holds the peer."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _run([str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *peer.requirements])
    return python


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise PeerError(f"{' '.join(command[:6])} ... failed:\n{done.stderr[-2000:]}")
    return done.stdout
