"""described: what is read from docstrings, dataclasses and signatures."""

from __future__ import annotations

import dataclasses
import types

from recgym import described


def test_docstring_sections():
    module = types.ModuleType("shop")
    module.__doc__ = "A shop.\n\nFirst words.\n\n## Description\n\nLong.\n\n### Inner\n\nMore.\n\n## Rewards\nMoney.\n"
    title, intro, sections = described.docstring_sections(module)
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
    assert described.arguments(Settings) == [
        ("size", "int", "3", "How large it is."),
        ("plain", "str", "'x'", ""),
        ("weights", "dict[str, float]", "{}", "Weights."),
    ]


@dataclasses.dataclass(frozen=True)
class LongerSettings(Settings):
    """Another default for the same."""

    size: int = 4


def test_another_default_keeps_the_description():
    assert described.arguments(LongerSettings)[0] == ("size", "int", "4", "How large it is.")


def test_common_arguments_are_those_of_every_environment():
    found = {argument.name: argument for argument in described.common_arguments()}
    assert list(found) == ["action", "fill", "observation"] and found["action"].default == "'slate'"
    assert all(argument.description for argument in found.values())
