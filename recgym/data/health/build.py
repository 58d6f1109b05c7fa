"""Write the health coach's catalogue: `python -m recgym.data.health.build`.

| archetype | of 36 | burden    | effect    | minutes  | stars      | else                                    |
|-----------|-------|-----------|-----------|----------|------------|-----------------------------------------|
| `easy`    | 10    | .02 .. .2 | .15 .. .4 | 2 .. 10  | 3.4 .. 4.5 |                                         |
| `tough`   | 8     | .55 .. .95 | .6 .. 1  | 20 .. 60 | 3.8 .. 4.8 | done less often than it deserves        |
| `treat`   | 7     | 0 .. .15  | 0 .. .15  | 5 .. 30  | 2.8 .. 3.8 | hardly helps; done more than it deserves |
| `steady`  | 11    | .2 .. .55 | .3 .. .7  | 8 .. 30  | 3.3 .. 4.4 |                                         |

`mets` is the intensity in metabolic equivalents (1 is rest), `contraindication` whom it could harm: 0 nobody, 1 people
with bad knees, 2 with a weak heart, 3 during pregnancy. `risk` in the vocabulary are the chances of 1, 2 and 3; tough
activities are twice as likely to have one, treats half as likely.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from recgym.data.building import Row, Table, build_rows, clipped, to_bytes, write

FOLDER = Path(__file__).parent
SEED = 20_250_408
ARCHETYPES = {"easy": 10, "tough": 8, "treat": 7, "steady": 11}
RANGES = {"minutes": (1, 60), "burden": (0, 1), "mets": (1, 12), "effect": (0, 1), "contraindication": (0, 3)}
# archetype -> the ranges of burden, effect, minutes and stars; intensity and risk beside the category's (factors);
# how much more often it is done (logarithm)
PROFILES = {
    "easy": ((0.02, 0.2), (0.15, 0.4), (2, 10), (3.4, 4.5), 0.9, 0.8, 0.3),
    "tough": ((0.55, 0.95), (0.6, 1.0), (20, 60), (3.8, 4.8), 1.25, 2.0, -0.5),
    "treat": ((0.0, 0.15), (0.0, 0.15), (5, 30), (2.8, 3.8), 0.85, 0.5, 0.9),
    "steady": ((0.2, 0.55), (0.3, 0.7), (8, 30), (3.3, 4.4), 1.0, 1.0, 0.0),
}


def numbers(category: Table, archetype: str, rng: Random) -> Row:
    """Numeric columns of one suggestion."""
    burden, effect, minutes, stars, harder, riskier, lift = PROFILES[archetype]
    risks = [min(riskier * risk, 0.33) for risk in category["risk"]]
    return {
        "minutes": rng.randint(*minutes),
        "burden": round(rng.uniform(*burden), 2),
        "mets": clipped(category["mets"] * harder * rng.uniform(0.9, 1.1), 1, 12, 1),
        "effect": round(rng.uniform(*effect), 2),
        "contraindication": rng.choices((0, 1, 2, 3), (1 - sum(risks), *risks))[0],
        "quality": rng.uniform(*stars),
        "appeal": lift,
    }


def build_items(seed: int = SEED) -> list[Row]:
    """Draw the whole catalogue."""
    return build_rows(FOLDER, seed, ARCHETYPES, numbers, top_popularity=15_000)


if __name__ == "__main__":
    write(FOLDER / "catalog.csv.gz", to_bytes(build_items()))
