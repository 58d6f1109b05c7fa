"""What was measured of an environment, in Markdown: what looking ahead is worth, and what was learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from baselines import ablation, tuned
from baselines import learning as table_of_learning
from baselines.files import MEASUREMENTS, ROOT, read_json
from baselines.intervals import Estimate, mean_of
from baselines.learn import markdown
from baselines.learning import ROWS, Record, Row
from recgym.described import config_class
from recgym.markdown import table
from recgym.registration import DOMAINS

PICTURES = "pictures"  # folder beside the pages
FOLDER = ROOT / MEASUREMENTS  # whatever the working folder
ON_THE_TRUTH = (
    "The truth stands in place of the texts, so that profile, history and query in words are missing; a number below 0 "
    "is noise or slower learning."
)
SEEN, TOLD = (next(row for row in ROWS if row.name == name) for name in ("PPO-proto", "PPO-latent"))


def bounds(env_id: str) -> dict[str, Any]:
    """What `python -m baselines bounds` has written of an environment; {} if nothing."""
    return read_json(FOLDER / f"{env_id}-bounds.json") or {}


def trainings(env_id: str, row: Row) -> list[Record]:
    """What `python -m baselines learn` has written of a row."""
    return table_of_learning.of_row(_learned(env_id), row)


def scores(records: Sequence[Record], steps: int) -> Estimate:
    """Mean score of trainings after so many steps, with the interval over their seeds."""
    return mean_of(np.array([table_of_learning.score_after(record, steps) for record in records]))


def far_sight(env_id: str) -> str:
    """What looking ahead is worth, one column per action view or, of a classic, per variant;
    nothing if not measured."""
    measured = bounds(env_id)
    if not measured:
        return ""
    return _variants(env_id, measured) if "variants" in measured else _views(env_id, measured)


def learning(env_id: str) -> str:
    """What Stable-Baselines3's algorithms reached, and what they gained by seeing the user's mind."""
    records = _learned(env_id)
    if not records:
        return ""
    return "\n\n".join(
        (
            "Score 0 is random, 1 the far-sighted reference of the same action view; mean and 95 % interval over the "
            f"seeds, on {table_of_learning.EPISODES} held-out sessions. "
            f"Measured by `python -m baselines learn {env_id}`.",
            markdown([row for row in ROWS if row.observation == "flat"], records),
            *_worth_of_the_truth(env_id),
        )
    )


def _worth_of_the_truth(env_id: str) -> list[str]:
    seen, told = trainings(env_id, SEEN), trainings(env_id, TOLD)
    if not seen or not told:
        return []
    with_history, with_truth = scores(seen, TOLD.steps), scores(told, TOLD.steps)
    return [
        f"**Being told what is hidden** changes the score by {with_truth.value - with_history.value:+.2f}: after "
        f"{TOLD.steps:,} steps PPO scores {with_truth} where it is told the truth about the user "
        f'(`observation="latent"`, {seeds(told)}) and {with_history} where it sees the embedded history '
        f"({seeds(seen)}). {ON_THE_TRUTH}"
    ]


def _learned(env_id: str) -> list[Record]:
    return table_of_learning.load(FOLDER / f"{env_id}-learning.csv")


def _views(env_id: str, measured: Mapping[str, Any]) -> str:
    views = measured["views"]
    policies = [row["name"] for row in next(iter(views.values()))["rows"]]
    returns = {view: {row["name"]: row for row in facts["rows"]} for view, facts in views.items()}
    rows = [
        (policy, *(f"{returns[view][policy]['return']:.2f} ({returns[view][policy]['score']:.2f})" for view in views))
        for policy in policies
    ]
    gaps = ("**gap**: (reference - myopic) / reference",
            *(f"**{facts['gap']:.1%}** ±{facts['gap_half_width']:.1%}" for facts in views.values()))  # fmt: skip
    worst = max(facts["p_value"] for facts in views.values())
    return "\n\n".join(
        (
            f"Mean return of the same {measured['episodes']} sessions, and in brackets the score: 0 is random, 1 the "
            f"far-sighted reference. The two privileged policies know the hidden state of the user and the response "
            f"model; the reference also puts a price on what a page does to the user ({_priced(env_id)}). It is a "
            f"reference, not an optimum. Paired t-tests of the gap: p < {max(worst, 1e-12):.0e}. "
            f"Measured by `python -m baselines bounds {env_id}`.",
            table(("policy", *(f'`action="{view}"`' for view in views)), [*rows, gaps]),
            "![Returns of what does not learn, and learning curves of PPO between them]"
            f"({PICTURES}/{DOMAINS[env_id]}.svg)",
            *_without_a_mask(env_id),
            *_what_it_rests_on(env_id),
        )
    )


def _without_a_mask(env_id: str) -> list[str]:
    """Why a ranker does not score the same in two views, where a domain forbids items."""
    if config_class(env_id).DOMAIN.limits is None:
        return []
    return [
        'A fixed ranking earns something else with `action="proto"`: there a query vector ranks all candidates, for it '
        "knows no mask, while in the other views a ranking leaves out what the mask forbids."
    ]


def _priced(env_id: str) -> str:
    """What the far-sighted reference puts a price on, in code."""
    return ", ".join(f"`{name}`" for name in tuned.load(env_id, ablation.VIEW, "prices"))


def _what_it_rests_on(env_id: str) -> list[str]:
    """The gap with one part of the users held still at a time, the part that matters most first."""
    measured = read_json(ablation.path_of(env_id, FOLDER))
    if not measured:
        return []
    rows = measured["held still"]
    order = sorted(rows, key=lambda name: (name != ablation.WHOLE, rows[name]["gap"]))
    cells = [(f"`{name}`" if name else "nothing", f"{row['reference']:.2f}", f"{row['myopic']:.2f}",
              f"{row['gap']:.1%} ±{row['half_width']:.1%}")
             for name, row in ((name, rows[name]) for name in order)]  # fmt: skip
    return [
        "**What the gap rests on.** One part of the users (a class of `recgym.dynamics`) is held still as a session "
        f"begins with it, and the same two policies meet the same sessions, `action=\"{measured['view']}\"`. They are "
        "not tuned anew, so that a gap below zero says that the reference still pays for what no longer matters. "
        f"Measured by `python -m baselines ablate --envs {env_id}`.",
        table(("held still", "reference", "myopic", "gap"), cells),
    ]


def _variants(env_id: str, measured: Mapping[str, Any]) -> str:
    """The same of a classic, one column per variant."""
    variants = measured["variants"]
    returns = {name: {row["name"]: row for row in facts["rows"]} for name, facts in variants.items()}
    rows = [(policy, *(f"{row[policy]['return']:.2f} ({row[policy]['score']:.2f})" for row in returns.values()))
            for policy in next(iter(returns.values()))]  # fmt: skip
    gaps = ("**gap**: (reference - myopic) / reference",
            *(f"**{facts['gap']:.1%}** ±{facts['gap_half_width']:.1%}" for facts in variants.values()))  # fmt: skip
    p_values = [facts["p_value"] for facts in variants.values()]
    chances = ("p of the paired t-test", *("< 1e-12" if p < 1e-12 else f"{p:.1g}" for p in p_values))
    return "\n\n".join(
        (
            f'Mean return of the same {measured["episodes"]} sessions with `action="slate"`, and in brackets the '
            f"score: 0 is random, 1 the reference. Measured by `python -m baselines bounds {env_id}`.",
            table(("policy", *(f'`variant="{name}"`' for name in variants)), [*rows, gaps, chances]),
        )
    )


def seeds(found: Sequence[Record]) -> str:
    """Of how many trainings, in words."""
    return f"{len(found)} seed{'s' * (len(found) > 1)}"
