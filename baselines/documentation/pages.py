"""Pages of the environments, in Markdown: a scenario's docstring, with the facts read from the code it describes."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium import Space

import recgym.observation
from baselines.documentation import measured
from baselines.files import write_whole
from recgym.catalog.tables import RANGES, allowed
from recgym.classics import Classic
from recgym.cli.realism import NUM_SESSIONS, Row, random_sessions, statistics
from recgym.described import (
    action_views,
    arguments,
    bullets,
    common_arguments,
    config_class,
    docstring_sections,
    first_sentence,
    reward_terms,
    scenario_module,
)
from recgym.env import RecEnv
from recgym.markdown import table
from recgym.observation import DICT, LATENT, LatentObservation
from recgym.outcome import Outcome
from recgym.registration import ENVIRONMENTS
from recgym.simulator import Simulator

FOLDER = Path("docs") / "environments"
SECTIONS = (
    "Description",
    "Action space",
    "Observation space",
    "Rewards",
    "Starting state",
    "Episode end",
    "Why look ahead",
    "Learning it",
    "Realism",
    "Your own catalogue",
    "Arguments",
    "Version history",
)


def page(env_id: str) -> str:
    """The page of one environment. Sections of the docstring come first, what the code knows follows in each."""
    env = gymnasium.make(env_id)
    unwrapped: RecEnv = env.unwrapped
    title, intro, written = docstring_sections(scenario_module(env_id))
    facts = {
        "Action space": _action_facts(unwrapped.simulator),
        "Observation space": _observation_facts(env_id, unwrapped),
        "Rewards": _reward_facts(unwrapped.simulator),
        "Episode end": _end_facts(unwrapped),
        "Why look ahead": measured.far_sight(env_id),
        "Learning it": measured.learning(env_id),
        "Realism": _realism_facts(env_id, unwrapped),
        "Your own catalogue": _catalogue_facts(unwrapped.simulator, config_class(env_id)),
        "Arguments": _argument_facts(env_id),
    }
    lines = [
        "<!-- Written by `python -m baselines docs` from the docstring of "
        f"{scenario_module(env_id).__name__}: edit that. -->",
        f"# {title}",
        intro,
        table(
            ("", ""),
            [
                ("Make", f'`gymnasium.make("{env_id}")`, many at once: `gymnasium.make_vec("{env_id}", num_envs=256)`'),
                ("Action space", f"`{env.action_space}`"),
                ("Observation space", f"`{env.observation_space}`"),
            ],
        ),
    ]
    env.close()
    for name in [*SECTIONS, *(extra for extra in written if extra not in SECTIONS)]:
        parts = [part for part in (written.get(name, ""), facts.get(name, "")) if part]
        if parts:
            lines += [f"## {name}", *parts]
    return "\n\n".join(line for line in lines if line) + "\n"


def write(folder: Path = FOLDER) -> list[Path]:
    """Write the page of every environment; the paths written. `folder` is made if it is not there."""
    paths = []
    for env_id, scenario in ENVIRONMENTS.items():
        path = folder / f"{scenario}.md"
        write_whole(path, page(env_id))
        paths.append(path)
    return paths


def _action_facts(simulator: Simulator) -> str:
    rows = [
        (f'`action="{name}"`', f"`{view.space}`", str(view.steps_per_slate), first_sentence(view))
        for name, view in action_views(simulator).items()
    ]
    return "\n\n".join(
        (
            "Four views of the same slate; `action=` chooses. A slate never shows an item twice: a repeated position "
            'moves on to the next free candidate and is counted in `info["replaced"]`.',
            table(("view", "space", "steps per slate", ""), rows),
        )
    )


def _observation_facts(env_id: str, env: RecEnv) -> str:
    simulator, kinds = env.simulator, env.sessions.setting.KINDS
    spaces = {kind: gymnasium.make(env_id, observation=kind).observation_space for kind in kinds}
    if isinstance(simulator, Classic):
        return _seen_of_classic(simulator, spaces)
    counters = env.sessions.setting.counters.meanings
    [parts] = re.findall(r"(?:^\|.*\n?)+", inspect.getdoc(recgym.observation), flags=re.MULTILINE)
    sizes = (
        f"num_counters = {len(counters)}, num_candidates = {simulator.num_candidates}, "
        f"embedding_dim = {simulator.items.embedding_dim}"
    )
    return "\n\n".join(
        (
            "All texts are embedded by all-MiniLM-L6-v2 beforehand: history X (what was liked, skipped and exposed), "
            "stated preferences Y and context Z.",
            table(("kind", "space"), [(f'`observation="{kind}"`', f"`{space}`") for kind, space in spaces.items()]),
            f"The parts, with {sizes} by default:",
            parts.strip(),
            "The counters:",
            table(("counter", "what"), [(f"`{name}`", meaning) for name, meaning in counters.items()]),
            f"The features of a candidate: {_code(simulator.features.names)}. "
            f"The first, {_code(simulator.features.relations)}, "
            "are how near its text is to the pool of that name, or to the query.",
            f'`observation="{LATENT}"` has in place of the texts what is hidden of the user: '
            f"{_code(simulator.hidden)}; and of every candidate the chances {_code(LatentObservation.CHANCES)}.",
        )
    )


def _seen_of_classic(classic: Classic, found: Mapping[str, Space[Any]]) -> str:
    shapes = {name: part.shape for name, part in found[DICT].items()}
    parts = [(f"`{part}`", f"`{shapes[part]}`", what) for part, (_, what) in classic.OBSERVED.items()]
    hidden = f'Hidden, but for `observation="{LATENT}"` and `info["truth"]`: {_code(classic.HIDDEN)}.'
    return "\n\n".join(
        (
            'Numbers as published. "flat" is these parts side by side in this order:',
            table(("part", "shape", "what"), parts),
            table(("kind", "space"), [(f'`observation="{kind}"`', f"`{space}`") for kind, space in found.items()]),
            f"The features of a candidate: {_code(classic.feature_names)}. {hidden} `info` also has, slot by slot, "
            f"{_code(('slate', 'clicked', *classic.ITEM))} of what was shown.",
        )
    )


def _reward_facts(simulator: Simulator | Classic) -> str:
    if isinstance(simulator, Classic):
        return table(("term", "weight", "per slate"), reward_terms(simulator))
    reward = simulator.reward
    example = next(iter(reward.DEFAULT_WEIGHTS))
    return "\n\n".join(
        (
            f'The weighted sum of these terms; `reward={{"{example}": 1.0}}` changes a weight. Every term of a page is '
            'in `info["reward_terms"]`.',
            table(("term", "default weight", "per page"), reward_terms(simulator)),
            *_outcome_facts(simulator.outcome),
        )
    )


def _outcome_facts(outcome: Outcome | None) -> list[str]:
    """What `info["outcome"]` tells, if the domain has measures of its own."""
    if outcome is None:
        return []
    rows = [(f"`{name}`", meaning) for name, meaning in bullets(type(outcome)).items()]
    return [
        'The domain\'s own measures, which are no reward, are in `info["outcome"]`:',
        table(("outcome", "per page"), rows),
    ]


def _end_facts(env: RecEnv) -> str:
    early = "The user is lost: they leave and do not come back"
    if isinstance(env.simulator, Classic):
        early = env.simulator.ENDS
    rows = [(early, "Termination")] if early else []
    limit = env.sessions.session_length
    rows.append((f"`session_length` slates have been shown (default {limit})", "Truncation"))
    return table(("cause", "kind"), rows)


def _catalogue_facts(simulator: Simulator | Classic, config: type) -> str:
    """The columns that a file has or may have."""
    if isinstance(simulator, Classic):
        return ""
    domain, attributes = config.DOMAIN, simulator.catalog.attributes
    ranges = {**RANGES, **domain.ranges}
    rows = []
    for name in dict.fromkeys((*domain.required, *domain.defaults)):
        default = domain.defaults.get(name)
        if default is None:
            without = "has to be there"
        else:
            without = f"`{default}`" if isinstance(default, str) else f"{default:g}"
        shipped = f"{attributes[name].min():,g} to {attributes[name].max():,g}" if name in attributes else ""
        rows.append((f"`{name}`", allowed(*ranges.get(name, (-math.inf, math.inf))), without, shipped))
    return "\n\n".join(
        (
            "`catalog=` takes a CSV or Parquet file with `item_id`, `title` and `category`, texts, and these columns "
            "of numbers ([more about files](../howto/catalogue.md)):",
            table(("column", "values", "where it is missing", "in the built-in catalogue"), rows),
        )
    )


@cache
def _logs(env_id: str) -> list[Row]:
    return statistics(random_sessions(env_id, NUM_SESSIONS), gymnasium.make(env_id).unwrapped.sessions.setting)


def _realism_facts(env_id: str, env: RecEnv) -> str:
    """The logs beside real ones, if it is a domain with a catalogue."""
    if isinstance(env.simulator, Classic):
        return ""
    rows = [(row.name, f"**{row.here}**, outside" if row.outside else row.here, row.real) for row in _logs(env_id)]
    return "\n\n".join(
        (
            "Logs of random pages beside public ones, where there are any; what lies outside their range is marked. "
            "Stars are here only of users who went as far as the second event, there of all who rate. "
            f"`recgym show {env_id} --realism` prints this.",
            table(("statistic", "here", "real logs"), rows),
        )
    )


def _argument_facts(env_id: str) -> str:
    header = ("argument", "type", "default", "")
    own, common = (
        table(header, [(f"`{a.name}`", f"`{a.type}`", f"`{a.default}`", a.description) for a in group])
        for group in (arguments(config_class(env_id)), common_arguments())
    )
    own_parts = ("This scenario's own:", own, *_variant_facts(config_class(env_id)))
    return "\n\n".join((*own_parts, "Of every environment:", common))


def _variant_facts(config: type) -> list[str]:
    """The constants that a classic's variants give, if it has more than one."""
    variants = getattr(config, "VARIANTS", {})
    if len(variants) < 2:
        return []
    rows = [(f'`variant="{name}"`', ", ".join(f"`{key}={value}`" for key, value in constants.items()))
            for name, constants in variants.items()]  # fmt: skip
    return ["Its variants; what is given beside `variant=` comes first:", table(("variant", "constants"), rows)]


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
