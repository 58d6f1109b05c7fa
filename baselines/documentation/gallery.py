"""The gallery: all environments at a glance, from the committed measurements, in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from baselines.documentation import measured, pages
from baselines.files import write_whole
from recgym import described
from recgym.markdown import table as markdown_table
from recgym.registration import CLASSICS, DOMAINS, ENVIRONMENTS

VIEW = "proto"  # of the bounds and of the learner that are shown
NOT_MEASURED = "–"


LEGEND = f"""\
All with `action="{VIEW}"`. Gap: (reference - myopic) / reference, both privileged, of the same 500 sessions
(`python -m baselines bounds ID`). The columns after it are scores: 0 is random, 1 the far-sighted reference. PPO learns
200,000 steps with Stable-Baselines3's defaults, mean of the seeds in brackets
(`python -m baselines learn ID --rows {measured.SEEN.name}`). Hidden: by how much PPO's score after
{measured.TOLD.steps:,} steps is higher if it is told the truth about the user (`observation="latent"`).
{measured.ON_THE_TRUTH} Words: the built-in catalogue, in items and categories.

In RecGym-Search-v0 both privileged policies know what is meant, so its gap is what lies beyond that: trust, reading up
and coming back. That it pays to find out first what is meant is shown in an instance of two meanings only, planned
exactly (`tests/test_small_instance_search.py`)."""
CLASSICS_INTRO = """\
Published user models with their constants as default arguments, in numbers instead of words; RecSim's three are tested
against RecSim itself. One constant differs: Boredom offers 100 candidates, SARDINE all 1,000 items, where looking
ahead is worth more ([its page](boredom.md#why-look-ahead))."""
CLASSICS_LEGEND = """\
Mean returns of the same 500 sessions with `action="slate"`; gap as above. A model whose own constants leave nothing to
look ahead for has variants in which it pays."""


def gallery() -> str:
    """The page."""
    parts = (
        "<!-- Written by `python -m baselines docs`. -->",
        "# The environments",
        "One page each: what it models and why, spaces, rewards, what looking ahead is worth, arguments.",
        table(),
        LEGEND,
        "## The classics of the literature",
        CLASSICS_INTRO,
        classics_table(),
        CLASSICS_LEGEND,
        "```{toctree}\n:hidden:\n" + "\n".join(ENVIRONMENTS.values()) + "\n```",
    )
    return "\n\n".join(parts) + "\n"


def table(folder: str = "") -> str:
    """One line an environment; `folder` leads from where the table stands to the pages."""
    header = ("environment", "", "gap", "best heuristic", "linear ranker", "myopic", "PPO", "hidden", "words")
    return markdown_table(header, [_row(env_id, f"{folder}{scenario}.md") for env_id, scenario in DOMAINS.items()])


def classics_table(folder: str = "") -> str:
    """One line a variant of a classic."""
    header = ("environment", "", "`variant=`", "random", "myopic", "reference", "gap")
    rows = [row for env_id, name in CLASSICS.items() for row in _variant_rows(env_id, f"{folder}{name}.md")]
    return markdown_table(header, rows)


def _variant_rows(env_id: str, page: str) -> list[Sequence[str]]:
    title, _, _ = described.docstring_sections(described.scenario_module(env_id))
    name, what = f"[{env_id}]({page})", title.partition(": ")[2]
    variants = measured.bounds(env_id).get("variants", {})
    rows = []
    for variant in described.config_class(env_id).VARIANTS:
        numbers = [NOT_MEASURED] * 4
        if variant in variants:
            facts = variants[variant]
            returns = {row["name"].partition(" (")[0]: f"{row['return']:.1f}" for row in facts["rows"]}
            names = ("random", "myopic", "far-sighted reference")
            numbers = [*(returns[policy] for policy in names), f"{max(facts['gap'], 0):.0%}"]
        rows.append((name, what, f'`"{variant}"`', *numbers))
    return rows


def write(folder: Path = pages.FOLDER) -> Path:
    """Write the page beside those of the environments; its path."""
    path = folder / "README.md"
    write_whole(path, gallery())
    return path


def _row(env_id: str, page: str) -> Sequence[str]:
    title, intro, _ = described.docstring_sections(described.scenario_module(env_id))
    what = title.partition(": ")[2]
    name = f"[{env_id}]({page})"
    catalog = described.config_class(env_id)().load_catalog()
    words = f"{catalog.num_items:,} in {catalog.num_categories}"
    known = measured.bounds(env_id)
    if not known:
        return (name, what, *[NOT_MEASURED] * 6, words)
    facts = known["views"][VIEW]
    scores = {row["name"]: row["score"] for row in facts["rows"]}
    linear, myopic = (
        scores.pop(next(known for known in scores if known.startswith(name))) for name in ("linear", "myopic")
    )
    heuristics = [score for known, score in scores.items() if known != "random" and "privileged" not in known]
    numbers = (max(heuristics), linear, myopic)
    return (name, what, f"{facts['gap']:.0%}", *(f"{score:.2f}" for score in numbers), *_learned(env_id), words)


def _learned(env_id: str) -> tuple[str, str]:
    """Mean score of the learner with the number of its seeds, and what it lacks because users hide their minds."""
    seen, told = measured.trainings(env_id, measured.SEEN), measured.trainings(env_id, measured.TOLD)
    if not seen:
        return NOT_MEASURED, NOT_MEASURED
    reached = f"{measured.scores(seen, measured.SEEN.steps).value:.2f} ({len(seen)})"
    if not told:
        return reached, NOT_MEASURED
    steps = measured.TOLD.steps
    return reached, f"{measured.scores(told, steps).value - measured.scores(seen, steps).value:+.2f} ({len(told)})"
