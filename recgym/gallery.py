"""The gallery: all environments at a glance, from the committed measurements, in Markdown."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from recgym import pages
from recgym.registration import ENVIRONMENTS

VIEW = "proto"  # of the bounds and of the learner that are shown
LEARNER = "PPO-proto"  # row of the learning table
NOT_MEASURED = "–"


def gallery() -> str:
    """The page."""
    return "\n\n".join(
        (
            "<!-- Written by `recgym docs`. -->",
            "# The environments",
            "One page each: what it models and why, spaces, rewards, what looking ahead is worth, arguments.",
            table(),
            f"Gap: (reference - myopic) / reference, both privileged, of the same 500 sessions (`python -m baselines bounds "
            f'ID`). The columns after it are scores with `action="{VIEW}"`: 0 is random, 1 the far-sighted reference. PPO '
            "learns 200,000 steps with Stable-Baselines3's defaults, mean of the seeds in brackets (`python -m baselines "
            f"learn ID --rows {LEARNER}`). Words: the built-in catalogue, in items and categories.",
            "```{toctree}\n:hidden:\n" + "\n".join(ENVIRONMENTS.values()) + "\n```",
        )
    ) + "\n"


def table(folder: str = "") -> str:
    """One line an environment; `folder` leads from where the table stands to the pages."""
    header = ("environment", "", "gap", "best heuristic", "linear ranker", "myopic", "PPO", "words")
    return pages.table(header, [_row(env_id, f"{folder}{scenario}.md") for env_id, scenario in ENVIRONMENTS.items()])


def write(folder: Path = pages.FOLDER) -> Path:
    """Write the page beside those of the environments; its path."""
    path = folder / "README.md"
    path.write_text(gallery(), encoding="utf-8")
    return path


def _row(env_id: str, page: str) -> Sequence[str]:
    title, intro, _ = pages.docstring_sections(pages.scenario_module(env_id))
    what = title.partition(": ")[2]
    name = f"[{env_id}]({page})"
    catalog = pages.config_class(env_id)().load_catalog()
    words = f"{catalog.num_items:,} in {catalog.num_categories}"
    bounds = pages.MEASUREMENTS / f"{env_id}-bounds.json"
    if not bounds.exists():
        return (name, what, *[NOT_MEASURED] * 5, words)
    measured = json.loads(bounds.read_text(encoding="utf-8"))["views"][VIEW]
    scores = {row["name"]: row["score"] for row in measured["rows"]}
    linear, myopic = (scores.pop(next(known for known in scores if known.startswith(name))) for name in ("linear", "myopic"))
    heuristics = [score for known, score in scores.items() if known != "random" and "privileged" not in known]
    numbers = (max(heuristics), linear, myopic)
    return (name, what, f"{measured['gap']:.0%}", *(f"{score:.2f}" for score in numbers), _learned(env_id), words)


def _learned(env_id: str) -> str:
    """Mean score of the learner, and the number of its seeds."""
    path = pages.MEASUREMENTS / f"{env_id}-learning.csv"
    if not path.exists():
        return NOT_MEASURED
    with path.open(newline="", encoding="utf-8") as file:
        scores = [float(row["score"]) for row in csv.DictReader(file) if row["row"] == LEARNER]
    return f"{sum(scores) / len(scores):.2f} ({len(scores)})" if scores else NOT_MEASURED
