"""pages: what is read from docstrings, dataclasses and spaces, and that the committed pages are current."""

from __future__ import annotations

import dataclasses
import re
import types
from pathlib import Path

import gymnasium

from recgym import gallery, pages

ENV_ID = "RecGym-Ecommerce-v0"
ROOT = Path(__file__).resolve().parent.parent


def test_committed_pages_are_up_to_date(monkeypatch):
    monkeypatch.chdir(ROOT)
    for env_id, scenario in pages.ENVIRONMENTS.items():
        path = ROOT / "docs" / "environments" / f"{scenario}.md"
        assert path.read_text(encoding="utf-8") == pages.page(env_id), f"run: recgym docs  ({path.name} is old)"
    assert (ROOT / "docs" / "environments" / "README.md").read_text(encoding="utf-8") == gallery.gallery(), "run: recgym docs"


def test_page_has_every_setting_term_view_and_ending():
    text = pages.page(ENV_ID)
    config = pages.config_class(ENV_ID)
    for name, field in ((field.name, field) for field in dataclasses.fields(config)):
        assert (f"| `{name}` |" in text) == field.init
    env = gymnasium.make(ENV_ID).unwrapped
    for name, weight in env.simulator.reward.DEFAULT_WEIGHTS.items():
        assert f"| `{name}` | {weight:g} | " in text
    for name in (*pages.VIEWS, "flat", "dict", "sequence"):
        assert f'="{name}"`' in text
    assert "Termination" in text and "default 60) | Truncation" in text
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [name for name in pages.SECTIONS if name in headings]  # their order


def test_docstring_sections():
    module = types.ModuleType("shop")
    module.__doc__ = "A shop.\n\nFirst words.\n\n## Description\n\nLong.\n\n### Inner\n\nMore.\n\n## Rewards\nMoney.\n"
    title, intro, sections = pages.docstring_sections(module)
    assert (title, intro) == ("A shop", "First words.")
    assert sections == {"Description": "Long.\n\n### Inner\n\nMore.", "Rewards": "Money."}


@dataclasses.dataclass(frozen=True)
class Settings:
    """Nothing to see."""

    size: int = 3
    """How large
    it is."""
    plain: str = "x"
    weights: dict[str, float] = dataclasses.field(default_factory=dict)
    """Weights."""
    derived: int = dataclasses.field(default=1, init=False)


def test_arguments_come_from_the_fields_and_the_strings_under_them():
    assert pages.arguments(Settings) == [
        ("size", "int", "3", "How large it is."),
        ("plain", "str", "'x'", ""),
        ("weights", "dict[str, float]", "{}", "Weights."),
    ]


@dataclasses.dataclass(frozen=True)
class LongerSettings(Settings):
    """Another default for the same."""

    size: int = 4


def test_another_default_keeps_the_description():
    assert pages.arguments(LongerSettings)[0] == ("size", "int", "4", "How large it is.")


def test_common_arguments_are_those_of_every_environment():
    found = {argument.name: argument for argument in pages.common_arguments()}
    assert list(found) == ["action", "fill", "observation"] and found["action"].default == "'slate'"
    assert all(argument.description for argument in found.values())


def test_tables_escape_bars():
    assert pages.table(("a", "b"), [("x | y", "z")]) == "| a | b |\n| --- | --- |\n| x \\| y | z |"
