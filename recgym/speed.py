"""How fast the environments run: steps per second and memory, beside the least work any such simulator has to do.

The limit is a bare kernel in NumPy at the same batch size: gather the embeddings of the shown items, take their dot
products with the users' interests, squash them, and compare with uniforms. It is measured in the same run, alternating
with the environment, so that another load on the machine slows both.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import gymnasium
import numpy as np

from recgym.actions import VIEWS
from recgym.pages import table
from recgym.registration import ENVIRONMENTS

ENV_ID = next(iter(ENVIRONMENTS))
BATCHES = (64, 256, 1024)
MEMORY_ENVS = 256
ROUNDS = 4  # the environment and the kernel take turns so often


class Speed(NamedTuple):
    """One row: a name, steps of one user per second, and the bare kernel's."""

    name: str
    per_second: float
    limit: float


class Report(NamedTuple):
    """All that was measured; `memory` is the resident memory in MB of a fresh process with 256 environments."""

    rows: list[Speed]
    memory: float


def measure(seconds: float = 2.0, env_id: str = ENV_ID) -> Report:
    """Measure every action view singly, the batches, and memory; about `seconds` for each row."""
    rows = []
    for view in VIEWS:
        env = gymnasium.make(env_id, action=view)
        sizes = env.unwrapped.simulator
        rows.append(_row(f"1 environment, action={view}", _single(env), bare_kernel(1, **_shape(sizes)), 1, seconds))
    for num_envs in BATCHES:
        envs = gymnasium.make_vec(env_id, num_envs=num_envs)
        kernel = bare_kernel(num_envs, **_shape(envs.unwrapped.simulator))
        rows.append(_row(f"make_vec, {num_envs:,} environments", _batch(envs), kernel, num_envs, seconds))
    return Report(rows, memory(env_id))


def render(report: Report, markdown: bool = False) -> str:
    """The table as plain text or Markdown, with the memory below."""
    header = ("", "user-steps/s", "bare kernel/s", "kernel / environment")
    cells = [(r.name, f"{r.per_second:,.0f}", f"{r.limit:,.0f}", f"{r.limit / r.per_second:.1f}") for r in report.rows]
    note = f"Resident memory of a process with {MEMORY_ENVS} environments: {report.memory:.0f} MB."
    if markdown:
        return f"{table(header, cells)}\n\n{note}"
    widths = [max(len(line[column]) for line in (header, *cells)) for column in range(len(header))]
    lines = [f"{line[0]:{widths[0]}}" + "".join(f"  {c:>{w}}" for c, w in zip(line[1:], widths[1:], strict=True))
             for line in (header, *cells)]  # fmt: skip
    return "\n".join((*lines, note))


def bare_kernel(num_envs: int, num_items: int, embedding_dim: int, slate_size: int) -> Callable[[], Any]:
    """A function of no arguments: who clicks on what, and nothing else."""
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(num_items, embedding_dim)).astype(np.float32)
    interest = rng.normal(size=(num_envs, embedding_dim)).astype(np.float32)
    slates = rng.integers(num_items, size=(num_envs, slate_size))

    def step() -> Any:
        score = np.einsum("nkd,nd->nk", embeddings[slates], interest)
        return rng.random((num_envs, slate_size)) < 1.0 / (1.0 + np.exp(-score))

    return step


def memory(env_id: str = ENV_ID, num_envs: int = MEMORY_ENVS) -> float:
    """Resident memory in MB of a fresh process that has stepped `num_envs` environments; NaN where it is not told."""
    # Not getrusage: what a child reports there includes the peak of the process that started it.
    program = (
        "import os, gymnasium, recgym\n"
        f"envs = gymnasium.make_vec({env_id!r}, num_envs={num_envs})\n"
        "envs.reset(seed=0)\n"
        "for _ in range(20): envs.step(envs.action_space.sample())\n"
        "pages = int(open('/proc/self/statm').read().split()[1])\n"
        "print(pages * os.sysconf('SC_PAGE_SIZE') / 2**20)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    return float(done.stdout) if done.returncode == 0 else float("nan")  # only Linux has /proc


def rate(step: Callable[[], Any], seconds: float) -> tuple[int, float]:
    """Call `step` for about `seconds`: calls, and the seconds they took."""
    calls, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        step()
        calls += 1
    return calls, elapsed


def _row(name: str, env_step: Callable[[], Any], kernel: Callable[[], Any], num_envs: int, seconds: float) -> Speed:
    env_step(), kernel()
    gc.collect()
    share = seconds / (2 * ROUNDS)
    env_rounds, kernel_rounds = zip(*((rate(env_step, share), rate(kernel, share)) for _ in range(ROUNDS)), strict=True)
    return Speed(name, num_envs * _per_second(env_rounds), num_envs * _per_second(kernel_rounds))


def _per_second(rounds: tuple[tuple[int, float], ...]) -> float:
    return sum(calls for calls, _ in rounds) / sum(elapsed for _, elapsed in rounds)


def _shape(simulator: Any) -> dict[str, int]:
    items = simulator.items
    return {"num_items": items.num_items, "embedding_dim": items.embedding_dim, "slate_size": simulator.slate_size}


def _actions(space: gymnasium.Space[Any]) -> Callable[[], Any]:
    """Random actions drawn beforehand: sampling a space is not what is measured."""
    drawn = [space.sample() for _ in range(200)]
    turn = 0

    def take() -> Any:
        nonlocal turn
        turn = (turn + 1) % len(drawn)
        return drawn[turn]

    return take


def _single(env: gymnasium.Env[Any, Any]) -> Callable[[], Any]:
    env.reset(seed=0)
    action = _actions(env.action_space)

    def step() -> None:
        _, _, terminated, truncated, _ = env.step(action())
        if terminated or truncated:
            env.reset()

    return step


def _batch(envs: gymnasium.vector.VectorEnv[Any, Any, Any]) -> Callable[[], Any]:
    envs.reset(seed=0)
    action = _actions(envs.action_space)
    return lambda: envs.step(action())
