"""Write the courses' catalogue: `python -m recgym.data.education.build`.

| archetype  | of 24 | kind | minutes   | stars      | else                                                   |
|------------|-------|------|-----------|------------|--------------------------------------------------------|
| `lesson`   | 7     | 0    | 6 .. 25   | 3.4 .. 4.7 |                                                        |
| `fun`      | 4     | 0    | 1 .. 4    | 2.2 .. 3.4 | amusing and shallow; chosen more than it deserves      |
| `exercise` | 13    | 1    | 3 .. 20   | 3.0 .. 4.6 | less popular than lessons, and what makes people learn |

`skill` is the index of the skill in `skills.toml`, `level` its level, `difficulty` the ability at which half the
learners solve it (the b of item response theory, about -3 to 3).
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from recgym.data.building import Row, Table, build_rows, clipped, to_bytes, write
from recgym.scenarios.skills import builtin_skills

FOLDER = Path(__file__).parent
SEED = 20_250_406
ARCHETYPES = {"lesson": 7, "fun": 4, "exercise": 13}
RANGES = {"skill": (0, 39), "level": (1, 5), "difficulty": (-3.5, 3.5), "minutes": (1, 30), "kind": (0, 1)}
# archetype -> kind, the ranges of minutes and stars, and how much more it is chosen (logarithm)
PROFILES = {
    "lesson": (0, (6, 25), (3.4, 4.7), 0.0),
    "fun": (0, (1, 4), (2.2, 3.4), 1.0),
    "exercise": (1, (3, 20), (3.0, 4.6), -0.4),
}


def numbers(category: Table, archetype: str, rng: Random) -> Row:
    """Numeric columns of one lesson or exercise."""
    kind, minutes, stars, lift = PROFILES[archetype]
    skills = builtin_skills()
    skill = skills.names.index(category["name"])
    level = int(skills.levels[skill])
    return {
        "skill": skill,
        "level": level,
        "difficulty": clipped(rng.gauss(0.85 * (level - 3), 0.6), -3.5, 3.5),
        "minutes": rng.randint(*minutes),
        "kind": kind,
        "quality": rng.uniform(*stars),
        "appeal": lift + 0.15 * (3 - level),
    }


def build_items(seed: int = SEED) -> list[Row]:
    """Draw the whole catalogue."""
    return build_rows(FOLDER, seed, ARCHETYPES, numbers, top_popularity=20_000)


if __name__ == "__main__":
    write(FOLDER / "catalog.csv.gz", to_bytes(build_items()))
