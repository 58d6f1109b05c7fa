"""python -m baselines zoo: the settings of the learning algorithms as YAML, with which rl_zoo3 trains them too."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from baselines.algorithms import VIEWS
from baselines.files import write_whole
from baselines.registry import find
from recgym.registration import DOMAINS

FOLDER = Path(__file__).parent / "rl_zoo3"
# Its algorithms, one file each: all that it knows, which MaskablePPO is not.
NAMES = {name: "ppo_lstm" if name == "RecurrentPPO" else name.lower() for name in VIEWS if name != "MaskablePPO"}
HEADER = "# Written by `python -m baselines zoo`.\n"


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("zoo", help="write the algorithms' settings as YAML for rl_zoo3")
    parser.add_argument("--out", type=Path, default=FOLDER, help=f"folder (default {FOLDER})")
    parser.set_defaults(run=write)


def write(options: argparse.Namespace) -> int:
    """Write a file per algorithm and name it."""
    for algorithm, name in NAMES.items():
        path = options.out / f"{name}.yml"
        write_whole(path, document(algorithm))
        print(path)
    return 0


def document(algorithm: str) -> str:
    """The file of an algorithm: environment -> hyperparameters."""
    import yaml

    return HEADER + yaml.safe_dump({env_id: hyperparameters(algorithm, env_id) for env_id in DOMAINS}, sort_keys=False)


def hyperparameters(algorithm: str, env_id: str) -> dict[str, Any]:
    """The settings that the baseline is trained with, under the names that rl_zoo3 gives them."""
    baseline = find(algorithm)
    # JSON makes copies: YAML would write two mentions of one list as an anchor and a reference.
    found = json.loads(json.dumps(baseline.settings_in(env_id)))
    del found["algorithm"]
    named = {
        "env_kwargs": {"action": baseline.views[0]},
        "n_envs": found.pop("num_envs"),
        "n_timesteps": baseline.steps,
        "policy": "MlpLstmPolicy" if algorithm == "RecurrentPPO" else "MlpPolicy",
    }
    if "action_noise" in found:
        named |= {"noise_type": "normal", "noise_std": found.pop("action_noise")}
    return named | found
