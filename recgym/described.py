"""What an environment says about itself, read from docstrings, dataclasses and signatures."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import NamedTuple

import gymnasium

from recgym.actions import VIEWS, ActionView, make_view
from recgym.classics import Classic
from recgym.reward import Reward
from recgym.sessions import Sessions, settings_class
from recgym.simulator import Simulator


class Argument(NamedTuple):
    """A keyword argument of an environment."""

    name: str
    type: str
    default: str
    description: str


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
    title, _, body = (inspect.getdoc(module) or "").partition("\n")
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
