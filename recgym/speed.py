"""How fast the environments run: steps per second and memory, beside what the machine could do at the very best.

Two limits are measured in the same run, turn by turn with the environment, so that another load on the machine slows
all three:

- the bare kernel: who clicks on what, and nothing else (gather the shown items' embeddings, take their products with
  the users' interests, squash them, compare with uniforms), compiled like the environment;
- the bytes: how often the arrays that a step reads and writes could be copied at all.

Of many short rounds the fastest counts, as in `timeit`: what else a machine does makes a round slower, never faster.
"""

from __future__ import annotations

import gc
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from recgym.actions import VIEWS
from recgym.compiled import Flags, Floats, Ints, Singles, dot, kernel, sigmoid
from recgym.markdown import table
from recgym.observation import KINDS
from recgym.registration import ENVIRONMENTS

ENV_ID = next(iter(ENVIRONMENTS))
BATCHES = (64, 1024, 8192)
MIDDLE = 1024  # at which the views and observations are compared
MEMORY_ENVS = 256
ROUNDS = 12  # the environment and the limits take turns so often
SINGLE = 1
STARTS = 5


@dataclass(frozen=True)
class Case:
    """What is measured: so many environments in one `make_vec`, or one made by `make`."""

    env_id: str
    num_envs: int
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As the table shows it."""
        how = "make" if self.num_envs == SINGLE else f"make_vec, {self.num_envs:,}"
        return ", ".join([how, *(f"{name}={value}" for name, value in self.settings.items())])


class Speed(NamedTuple):
    """User-steps per second of the environment, and the two limits of the same unit."""

    per_second: float
    kernel: float
    copy: float


class Start(NamedTuple):
    """Seconds that a fresh process takes."""

    importing: float
    making: float  # the first environment, and its first page


class Line(NamedTuple):
    """One line of the table; `cores` processes at once, each on its own environments, their speeds added up."""

    case: Case
    cores: int
    speed: Speed


def cases(env_ids: Sequence[str] = (ENV_ID,)) -> Iterator[tuple[Case, int]]:
    """What `recgym speed` measures, with the number of cores."""
    for env_id in env_ids:
        for num_envs in (SINGLE, *BATCHES):
            yield from ((Case(env_id, num_envs), cores) for cores in (1, 2))
        for view in VIEWS:
            yield Case(env_id, SINGLE, {"action": view}), 1
        for view in VIEWS:
            for kind in KINDS:
                yield Case(env_id, MIDDLE, {"action": view, "observation": kind}), 1
        yield Case(env_id, MIDDLE, {"embedding_dim": 384}), 1


def one_line_each(env_ids: Sequence[str]) -> Iterator[tuple[Case, int]]:
    """The default settings of many environments, singly and in a batch."""
    for env_id in env_ids:
        yield from ((Case(env_id, num_envs), 1) for num_envs in (SINGLE, MIDDLE))


def measure(case: Case, cores: int, seconds: float) -> Line:
    """Measure one case for about `seconds`, in `cores` processes at once where that is more than one."""
    if cores == 1:
        return Line(case, cores, measure_here(case, seconds))
    with ProcessPoolExecutor(cores, mp_context=multiprocessing.get_context("spawn")) as pool:
        speeds = list(pool.map(measure_here, [case] * cores, [seconds] * cores))
    return Line(case, cores, Speed(*map(sum, zip(*speeds, strict=True))))


def measure_here(case: Case, seconds: float) -> Speed:
    """The speed of a case in this process."""
    made = Running(case)
    sizes = made.env.unwrapped.simulator
    shape = {"num_items": getattr(sizes, "num_items", sizes.num_candidates), "embedding_dim": sizes.embedding_dim,
             "slate_size": sizes.slate_size}  # fmt: skip
    turns = (made.step, bare_kernel(case.num_envs, **shape), copying(made.bytes_of_a_step()))
    for turn in turns:
        turn()
    gc.collect()
    share = seconds / (len(turns) * ROUNDS)
    rounds = [[rate(turn, share) for turn in turns] for _ in range(ROUNDS)]
    made.env.close()
    return Speed(*(case.num_envs * max(of_turn) for of_turn in zip(*rounds, strict=True)))


def render(lines: Sequence[Line], megabytes: float, begun: Start, markdown: bool = False) -> str:
    """The table as plain text or Markdown, with the memory of a process with 256 environments below, and its start."""
    header = ("", "cores", "user-steps/s", "bare kernel/s", "copies/s", "share of the kernel")
    cells = [
        (f"{line.case.env_id.removesuffix('-v0')} {line.case.name}", str(line.cores),
         *(f"{value:,.0f}" for value in line.speed), f"{line.speed.per_second / line.speed.kernel:.0%}")
        for line in lines
    ]  # fmt: skip
    notes = (
        f"Resident memory of a process with {MEMORY_ENVS} environments: {megabytes:.0f} MB.",
        f"A fresh process imports recgym in {begun.importing:.2f} s; "
        f"its first make and reset take {begun.making:.2f} s.",
    )
    if markdown:
        return "\n\n".join((table(header, cells), *notes))
    widths = [max(len(row[column]) for row in (header, *cells)) for column in range(len(header))]
    rows = [f"{row[0]:{widths[0]}}" + "".join(f"  {c:>{w}}" for c, w in zip(row[1:], widths[1:], strict=True))
            for row in (header, *cells)]  # fmt: skip
    return "\n".join((*rows, *notes))


def bare_kernel(num_envs: int, num_items: int, embedding_dim: int, slate_size: int) -> Callable[[], Any]:
    """A function of no arguments: one step of the bare kernel for a batch."""
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(num_items, embedding_dim)).astype(np.float32)
    interest = rng.normal(size=(num_envs, embedding_dim)).astype(np.float32)
    slates = rng.integers(num_items, size=(num_envs, slate_size))
    u = rng.random((num_envs, slate_size))

    def step() -> NDArray[np.bool_]:
        clicked = np.empty(slates.shape, dtype=bool)
        _choose(slates, embeddings, interest, u, clicked)
        return clicked

    return step


@kernel
def _choose(slates: Ints, embeddings: Singles, interest: Singles, u: Floats, clicked: Flags) -> None:
    for lane in range(len(slates)):
        for slot in range(slates.shape[1]):
            attraction = np.float64(dot(embeddings[slates[lane, slot]], interest[lane]))
            clicked[lane, slot] = u[lane, slot] < sigmoid(attraction)


def copying(num_bytes: int) -> Callable[[], Any]:
    """A function of no arguments: read and write so many bytes in all."""
    source = np.ones(max(num_bytes // 2, 8) // 8)
    target = np.empty_like(source)
    return lambda: np.copyto(target, source)


def start(env_id: str = ENV_ID) -> Start:
    """The fastest of `STARTS` fresh processes, kernels on disk."""
    program = (
        "import time\n"
        "times = [time.perf_counter()]\n"
        "import recgym\n"
        "times.append(time.perf_counter())\n"
        "import gymnasium\n"
        f"gymnasium.make({env_id!r}).reset(seed=0)\n"
        "times.append(time.perf_counter())\n"
        "print(times[1] - times[0], times[2] - times[1])"
    )
    said = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
            for _ in range(STARTS)]  # fmt: skip
    return Start(*(min(seconds) for seconds in zip(*(map(float, line.split()) for line in said), strict=True)))


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


def rate(step: Callable[[], Any], seconds: float) -> float:
    """Calls of `step` per second, called for about `seconds`."""
    calls, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        step()
        calls += 1
    return calls / elapsed


class Running:
    """An environment under random actions, which were drawn beforehand: sampling a space is not what is measured."""

    def __init__(self, case: Case) -> None:
        self.single = case.num_envs == SINGLE
        settings = dict(case.settings)
        if self.single:
            self.env = gymnasium.make(case.env_id, **settings)
        else:
            self.env = gymnasium.make_vec(case.env_id, num_envs=case.num_envs, **settings)
        self.env.action_space.seed(0)
        self.observation, _ = self.env.reset(seed=0)
        self.actions = [self.env.action_space.sample() for _ in range(50)]
        self.turn = 0

    def step(self) -> None:
        """One step; the vector environment resets its lanes itself."""
        self.turn = (self.turn + 1) % len(self.actions)
        self.observation, _, terminated, truncated, _ = self.env.step(self.actions[self.turn])
        if self.single and (terminated or truncated):
            self.env.reset()

    def bytes_of_a_step(self) -> int:
        """The state is read and written, the candidates' embeddings are gathered, the observation is written."""
        state = self.env.unwrapped.state
        written = sum(values.nbytes for values in state.values())
        gathered = state["candidates"].size * self.env.unwrapped.simulator.embedding_dim * np.float32().nbytes
        parts = self.observation.values() if isinstance(self.observation, dict) else [self.observation]
        return 2 * written + gathered + sum(part.nbytes for part in parts)
