"""python -m baselines ablate: what of looking ahead's worth rests on which part of the users."""

from __future__ import annotations

import argparse
import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from baselines import tables
from baselines.arguments import at_least, domain_id
from baselines.bounds import Bounds, Gap
from baselines.files import MEASUREMENTS, read_json, write_json
from baselines.oracles import MYOPIC, reference
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from recgym.dynamics import Dynamics, History, Visits
from recgym.registration import DOMAINS
from recgym.simulator import Simulator

VIEW = "slate"
WHOLE = ""  # in place of a part's name: nothing is held still
CARRYING = (History, Visits)  # parts without which there is no session


def held_still(simulator: Simulator, name: str) -> Simulator:
    """The same with the parts of one class of the dynamics, by its name,
    as a session begins with them and never moved."""
    return replace(simulator, dynamics=tuple(_still(part) if type(part).__name__ == name else part
                                             for part in simulator.dynamics))  # fmt: skip


def parts(simulator: Simulator) -> list[str]:
    """The classes' names of the parts that can be held still."""
    return list(dict.fromkeys(type(part).__name__ for part in simulator.dynamics if not isinstance(part, CARRYING)))


def measure(env_id: str, episodes: int, seed: int = EVALUATION_SEED) -> Iterator[tuple[str, Bounds]]:
    """The far-sighted reference and the myopic policy on the same sessions: of the whole users, and part by part.

    Neither policy is tuned anew, so that what is told is a part's share in this gap, not the best gap without it.
    """
    env = make_lanes(env_id, episodes, action=VIEW)
    whole = env.simulator
    for name in (WHOLE, *parts(whole)):
        env.sessions.simulator = held_still(whole, name)
        recommenders = (MYOPIC, reference(env_id, VIEW))
        yield name, Bounds({recommender.name: evaluate(recommender, env, seed) for recommender in recommenders})


def path_of(env_id: str, folder: Path = MEASUREMENTS) -> Path:
    """The file of an environment."""
    return folder / f"{env_id}-ablation.json"


def load(env_id: str) -> Mapping[str, Any]:
    """What the command has written of an environment; {} if nothing."""
    return read_json(path_of(env_id)) or {}


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "ablate", help="hold one part of the users still at a time: what looking ahead is worth then"
    )
    parser.add_argument("--envs", nargs="+", metavar="ID", type=domain_id, default=list(DOMAINS),
                        help="domains (default: all)")  # fmt: skip
    parser.add_argument("--episodes", type=at_least(2), default=500, help="sessions of each policy (default 500)")
    parser.add_argument("--out", type=Path, default=MEASUREMENTS, help=f"folder of the rows (default {MEASUREMENTS})")
    parser.set_defaults(run=ablate)


def ablate(options: argparse.Namespace) -> int:
    """Measure and print an environment at a time, and keep the rows."""
    console = tables.console()
    for env_id in options.envs:
        rows = {name: _row(known) for name, known in measure(env_id, options.episodes)}
        lines = [(name or "nothing", *map(str, row.values())) for name, row in rows.items()]
        console.print(tables.table(env_id, ("held still", *rows[WHOLE]), (lines,)))
        facts = {"env_id": env_id, "episodes": options.episodes, "view": VIEW, "held still": rows}
        write_json(path_of(env_id, options.out), facts)
    return 0


def _row(known: Bounds) -> dict[str, float]:
    gap: Gap = known.gap
    return {
        "reference": round(known.reference.mean, 2),
        "myopic": round(known.evaluations[MYOPIC.name].mean, 2),
        "gap": round(gap.share.value, 3),
        "half_width": round(gap.share.half_width, 3),
    }


def _still(part: Dynamics) -> Dynamics:
    """A copy that is what it was to whoever asks, but moves nothing."""
    copied = copy.copy(part)
    object.__setattr__(copied, "step", lambda *nothing: None)
    return copied
