"""What was found by search, as JSON.

`python -m baselines tune` writes one file per environment, view -> {"prices", "linear"}: "prices" are those of the
far-sighted reference (`baselines.oracles`), "linear" the weights of the fixed ranking (`baselines.heuristics`), both
name -> number. That of an environment of somebody's own stands in OWN. `python -m baselines study` writes SETTINGS,
algorithm -> environment -> its settings there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium

from baselines.errors import Refused
from baselines.files import read_json, write_json
from recgym.registration import DOMAINS

FOLDER = Path(__file__).parent
OWN = Path("results") / "tuned"  # seen from the working folder, as other results are
SETTINGS = FOLDER / "algorithms.json"
VIEWS = ("slate", "item", "proto")
SAME_AS = {"sequential": "slate"}  # slot by slot the same slates can be said

Numbers = dict[str, dict[str, float]]


class NotTuned(Refused, LookupError):
    """There are no numbers for this environment and action view; the message says how to get them."""


def path(env_id: str) -> Path:
    """The file of an environment."""
    return (FOLDER if env_id in DOMAINS else OWN) / f"{env_id}.json"


def load(env_id: str, view: str, part: str, names: tuple[str, ...] | None = None) -> dict[str, float]:
    """The numbers of one part, "prices" or "linear"; if `names` are given it has to have exactly these.

    Raises:
        NotTuned: There are none, or they are of an older version with other names.
    """
    known = env_id if env_id in DOMAINS else f"{_module_of(env_id)}:{env_id}"
    tune = f"Run: python -m baselines tune {known} --action {SAME_AS.get(view, view)}"
    numbers = (read_json(path(env_id)) or {}).get(SAME_AS.get(view, view), {}).get(part)
    if numbers is None:
        raise NotTuned(f"{env_id} has not been tuned for action={view!r}: no {part!r} in {path(env_id)}. {tune}")
    if names is not None and set(numbers) != set(names):
        raise NotTuned(f"{path(env_id)}: expected {part!r} of {', '.join(names)}, found {', '.join(numbers)}. {tune}")
    return dict(numbers)


def _module_of(env_id: str) -> str:
    """The module of somebody's own settings, which usually registers the id too."""
    spec = gymnasium.registry.get(env_id)
    module, colon, _ = str(spec.kwargs.get("scenario", "")).partition(":") if spec else ("", "", "")
    return module if colon else "MODULE"


def save(env_id: str, view: str, numbers: Numbers) -> None:
    """Keep the numbers of one of VIEWS, beside those of the others."""
    kept = read_json(path(env_id)) or {}
    kept[view] = numbers
    write_json(path(env_id), {name: kept[name] for name in VIEWS if name in kept})


def settings(algorithm: str, env_id: str) -> dict[str, Any]:
    """The settings with which an algorithm did best in this environment, {} where no study has found better ones."""
    found: dict[str, Any] = (read_json(SETTINGS) or {}).get(algorithm, {}).get(env_id, {})
    return found


def keep_settings(algorithm: str, env_id: str, found: Mapping[str, Any] | None) -> None:
    """Keep them, beside those of the others; with None, forget those there are."""
    kept = read_json(SETTINGS) or {}
    here = {**kept.get(algorithm, {}), env_id: found}
    kept[algorithm] = {name: here[name] for name in sorted(here) if here[name] is not None}
    write_json(SETTINGS, {name: kept[name] for name in sorted(kept) if kept[name]})
