"""Pages of the environments, in Markdown: a scenario's docstring, with the facts read from the code it describes."""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import gymnasium
from gymnasium import Space

import recgym.observation
from recgym.actions import VIEWS, ActionView, make_view
from recgym.classics import Classic
from recgym.env import RecEnv
from recgym.markdown import table
from recgym.observation import DICT, LATENT
from recgym.outcome import Outcome
from recgym.registration import ENVIRONMENTS
from recgym.reward import Reward
from recgym.sessions import Sessions, settings_class
from recgym.simulator import Simulator

FOLDER = Path("docs") / "environments"
MEASUREMENTS = Path("docs") / "measurements"  # where `python -m baselines bounds` puts its rows
SECTIONS = (
    "Description",
    "Action space",
    "Observation space",
    "Rewards",
    "Starting state",
    "Episode end",
    "Why look ahead",
    "Arguments",
    "Version history",
)


class Argument(NamedTuple):
    """A keyword argument of an environment."""

    name: str
    type: str
    default: str
    description: str


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
        "Why look ahead": _measured_facts(env_id),
        "Arguments": _argument_facts(env_id),
    }
    lines = [
        f"<!-- Written by `recgym docs` from the docstring of {scenario_module(env_id).__name__}: edit that. -->",
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
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for env_id, scenario in ENVIRONMENTS.items():
        path = folder / f"{scenario}.md"
        path.write_text(page(env_id), encoding="utf-8")
        paths.append(path)
    return paths


def scenario_module(env_id: str) -> ModuleType:
    """The module that holds an environment's scenario or classic."""
    module = inspect.getmodule(config_class(env_id))
    assert module is not None
    return module


def config_class(env_id: str) -> type:
    """The dataclass of an environment's own settings."""
    return settings_class(gymnasium.spec(env_id).kwargs["scenario"])


def docstring_sections(module: ModuleType) -> tuple[str, str, dict[str, str]]:
    """Title, introduction and sections (name -> text) of a module's docstring; a section begins with "## Name"."""
    title, _, body = inspect.getdoc(module).partition("\n")
    intro, *rest = re.split(r"^## +(.+?) *$", body, flags=re.MULTILINE)
    sections = dict(zip(rest[::2], map(str.strip, rest[1::2]), strict=True))
    return title.strip().removesuffix("."), intro.strip(), sections


def arguments(config: type) -> list[Argument]:
    """The settings of a scenario: the fields of its dataclass and of those it extends, each described by the string
    under it. Where a field has another default than in the class it extends, the description may be left out."""
    body = [node for base in reversed(config.__mro__) if is_dataclass(base)
            for node in ast.parse(textwrap.dedent(inspect.getsource(base))).body[0].body]  # fmt: skip
    known = {field.name: field.default for field in fields(config) if field.init}
    found: dict[str, Argument] = {}
    for node, after in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.AnnAssign) or node.target.id not in known:
            continue
        text = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
        name = node.target.id
        before = found[name].description if name in found else ""
        default = repr(known[name]) if isinstance(node.value, ast.Name) else _default(node.value)
        found[name] = Argument(name, ast.unparse(node.annotation), default, _joined(text) or before)
    return list(found.values())


def common_arguments() -> list[Argument]:
    """The keyword arguments of every environment, from the signature and docstring of `Sessions`."""
    described = _described_arguments(inspect.getdoc(Sessions))
    parameters = inspect.signature(Sessions).parameters.values()
    return [
        Argument(p.name, str(p.annotation), repr(p.default), described[p.name])
        for p in parameters
        if p.kind is p.KEYWORD_ONLY
    ]


def action_views(simulator: Simulator | Classic) -> dict[str, ActionView]:
    """Every action view of a simulator by its name."""
    sizes = (simulator.num_candidates, len(simulator.features.names), simulator.slate_size)
    return {name: make_view(name, *sizes, "similar") for name in VIEWS}


def reward_terms(simulator: Simulator | Classic) -> list[tuple[str, str, str]]:
    """Name, default weight and meaning of every term, of a domain from the docstrings of its reward and of `Reward`."""
    if isinstance(simulator, Classic):
        name, meaning = simulator.REWARD
        return [(f"`{name}`", "1", meaning)]
    reward = simulator.reward
    meanings = bullets(Reward, type(reward))
    return [(f"`{name}`", f"{weight:g}", meanings[name]) for name, weight in reward.DEFAULT_WEIGHTS.items()]


def bullets(*described: type) -> dict[str, str]:
    """Name -> meaning from the "- name: meaning" lists in the docstrings of classes."""
    lists = "\n".join(filter(None, map(inspect.getdoc, described)))
    found = re.findall(r"^- (\w+): (.+(?:\n  .+)*)", lists, flags=re.MULTILINE)
    return {name: _joined(text).rstrip(",.") for name, text in found}


def first_sentence(thing: object) -> str:
    """The first line of a docstring."""
    return inspect.getdoc(thing).partition("\n")[0]


def _action_facts(simulator: Simulator) -> str:
    rows = [
        (f'`action="{name}"`', f"`{view.space}`", str(view.steps_per_slate), first_sentence(view))
        for name, view in action_views(simulator).items()
    ]
    return "\n\n".join(
        (
            "Four views of the same slate; `action=` chooses. A slate never shows an item twice: a repeated position moves on "
            'to the next free candidate and is counted in `info["replaced"]`.',
            table(("view", "space", "steps per slate", ""), rows),
        )
    )


def _observation_facts(env_id: str, env: RecEnv) -> str:
    simulator, kinds = env.simulator, env.sessions.setting.KINDS
    spaces = {kind: gymnasium.make(env_id, observation=kind).observation_space for kind in kinds}
    if isinstance(simulator, Classic):
        return _seen_of_classic(simulator, spaces)
    counters = env.sessions.setting.counters.names
    [parts] = re.findall(r"(?:^\|.*\n?)+", inspect.getdoc(recgym.observation), flags=re.MULTILINE)
    sizes = (
        f"num_counters = {len(counters)}, num_candidates = {simulator.num_candidates}, "
        f"embedding_dim = {simulator.items.embedding_dim}"
    )
    return "\n\n".join(
        (
            "All texts are embedded by all-MiniLM-L6-v2 beforehand: history X (what was liked, skipped and exposed), stated "
            "preferences Y and context Z.",
            table(("kind", "space"), [(f'`observation="{kind}"`', f"`{space}`") for kind, space in spaces.items()]),
            f"The parts, with {sizes} by default:",
            parts.strip(),
            f"The counters: {_code(counters)}. The features of a candidate: {_code(simulator.features.names)}.",
        )
    )


def _seen_of_classic(classic: Classic, found: Mapping[str, Space[Any]]) -> str:
    shapes = {name: part.shape for name, part in found[DICT].items()}
    parts = [(f"`{part}`", f"`{shapes[part]}`", what) for part, (_, what) in classic.OBSERVED.items()]
    hidden = f"Hidden, but for `observation=\"{LATENT}\"` and `info[\"truth\"]`: {_code(classic.HIDDEN)}."
    return "\n\n".join(
        (
            "Numbers as published. \"flat\" is these parts side by side in this order:",
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
            f'The weighted sum of these terms; `reward={{"{example}": 1.0}}` changes a weight. Every term of a page is in '
            '`info["reward_terms"]`.',
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
    early = "The customer is lost: they leave and do not come back"
    if isinstance(env.simulator, Classic):
        early = env.simulator.ENDS
    rows = [(early, "Termination")] if early else []
    limit = env.sessions.session_length
    rows.append((f"`session_length` slates have been shown (default {limit})", "Truncation"))
    return table(("cause", "kind"), rows)


def _measured_facts(env_id: str) -> str:
    """The committed measurement of what far sight is worth, one column per action view; nothing without one."""
    path = MEASUREMENTS / f"{env_id}-bounds.json"
    if not path.exists():
        return ""
    measured = json.loads(path.read_text(encoding="utf-8"))
    if "variants" in measured:
        return _measured_variants(env_id, measured)
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
            f"model; the reference also prices what a page does to trust and need. It is a reference, not an optimum. "
            f"Paired t-tests of the gap: p < {max(worst, 1e-12):.0e}. Measured by `python -m baselines bounds {env_id}`.",
            table(("policy", *(f'`action="{view}"`' for view in views)), [*rows, gaps]),
        )
    )


def _measured_variants(env_id: str, measured: Mapping[str, Any]) -> str:
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
            f"Mean return of the same {measured['episodes']} sessions with `action=\"slate\"`, and in brackets the "
            f"score: 0 is random, 1 the reference. Measured by `python -m baselines bounds {env_id}`.",
            table(("policy", *(f'`variant="{name}"`' for name in variants)), [*rows, gaps, chances]),
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


def _default(node: ast.expr | None) -> str:
    """A default as one writes it; field(default_factory=dict) is {}."""
    text = ast.unparse(node)
    return "{}" if text.endswith("field(default_factory=dict)") else text


def _described_arguments(docstring: str) -> dict[str, str]:
    """Name -> description from the Args section of a docstring."""
    [section] = re.findall(r"^Args:\n((?:    .*\n?)+)", docstring, flags=re.MULTILINE)
    entries = re.findall(r"^(\w+): (.+(?:\n    .+)*)", textwrap.dedent(section), flags=re.MULTILINE)
    return {name: _joined(text) for name, text in entries}


def _joined(text: str) -> str:
    return " ".join(text.split())


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
