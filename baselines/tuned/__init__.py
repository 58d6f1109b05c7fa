"""Numbers that `python -m baselines tune` found: one JSON file per environment, view -> {"prices", "linear"}.

"prices" are those of the far-sighted reference (`baselines.oracles`), "linear" the weights of the fixed ranking
(`baselines.heuristics`), both name -> number.
"""

from __future__ import annotations

from pathlib import Path

from baselines.files import read_json, write_json

FOLDER = Path(__file__).parent
VIEWS = ("slate", "item", "proto")
SAME_AS = {"sequential": "slate"}  # slot by slot the same slates can be said

Numbers = dict[str, dict[str, float]]


class NotTuned(LookupError):
    """There are no numbers for this environment and action view; the message says how to get them."""


def path(env_id: str) -> Path:
    """The file of an environment."""
    return FOLDER / f"{env_id}.json"


def load(env_id: str, view: str, part: str, names: tuple[str, ...] | None = None) -> dict[str, float]:
    """The numbers of one part, "prices" or "linear"; if `names` are given it has to have exactly these.

    Raises:
        NotTuned: There are none, or they are of an older version with other names.
    """
    tune = f"Run: python -m baselines tune {env_id} --action {SAME_AS.get(view, view)}"
    numbers = (read_json(path(env_id)) or {}).get(SAME_AS.get(view, view), {}).get(part)
    if numbers is None:
        raise NotTuned(f"{env_id} has not been tuned for action={view!r}: no {part!r} in {path(env_id)}. {tune}")
    if names is not None and set(numbers) != set(names):
        raise NotTuned(f"{path(env_id)}: expected {part!r} of {', '.join(names)}, found {', '.join(numbers)}. {tune}")
    return dict(numbers)


def save(env_id: str, view: str, numbers: Numbers) -> None:
    """Keep the numbers of one of VIEWS, beside those of the others."""
    kept = read_json(path(env_id)) or {}
    kept[view] = numbers
    write_json(path(env_id), {name: kept[name] for name in VIEWS if name in kept})
