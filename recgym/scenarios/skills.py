"""What can be learned, and what has to be learned before it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Skills:
    """Skills as arrays, one row a skill."""

    names: tuple[str, ...]
    levels: NDArray[np.int64]  # (num_skills,) 1 to 5
    requires: NDArray[np.bool_]  # (num_skills, num_skills): [skill, other] if `other` comes before `skill`

    def among(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """(len(names), len(names)) `requires` of these names, in their order; an unknown one requires nothing."""
        known = [i for i, name in enumerate(names) if name in self.names]
        rows = [self.names.index(names[i]) for i in known]
        requires = np.zeros((len(names), len(names)), dtype=np.bool_)
        requires[np.ix_(known, known)] = self.requires[np.ix_(rows, rows)]
        return requires


def read_skills(text: str) -> Skills:
    """Skills from TOML: a table `skills` of name -> level and required names.

    Raises:
        ValueError: A required skill is unknown, or skills require each other in a circle.
    """
    table = tomllib.loads(text)["skills"]
    index = {name: i for i, name in enumerate(table)}
    requires = np.zeros((len(table), len(table)), dtype=np.bool_)
    for name, skill in table.items():
        unknown = [other for other in skill["requires"] if other not in index]
        if unknown:
            raise ValueError(f"skill {name!r}: expected the names of other skills in `requires`, got {unknown}")
        requires[index[name], [index[other] for other in skill["requires"]]] = True
    learned = np.zeros(len(table), dtype=np.bool_)
    while not learned.all():
        ready = ~learned & ~(requires & ~learned).any(axis=1)
        if not ready.any():
            circle = [name for name in table if not learned[index[name]]]
            raise ValueError(f"skills: expected an order to learn them in, but these require each other: {circle}")
        learned |= ready
    return Skills(tuple(table), np.array([skill["level"] for skill in table.values()]), requires)


@cache
def builtin_skills() -> Skills:
    """The skills of the built-in courses, in the order of the catalogue's attribute `skill`."""
    return read_skills((resources.files("recgym.data.education") / "skills.toml").read_text("utf-8"))
