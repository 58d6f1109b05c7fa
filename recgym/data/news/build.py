"""Write the newspaper's catalogue: `python -m recgym.data.news.build`.

| archetype  | of 36 | clickbait | depth     | words         | stars     | else                                   |
|------------|-------|-----------|-----------|---------------|-----------|----------------------------------------|
| `bait`     | 9     | .6 .. 1   | .0 .. .3  | 150 .. 450    | 1.8 .. 3  | a loud headline; chosen more           |
| `deep`     | 8     | 0 .. .15  | .6 .. 1   | 1,100 .. 3,200 | 4 .. 4.8 | chosen less than it deserves           |
| `fresh`    | 8     | 0 .. .35  | .1 .. .5  | 180 .. 600    | 3 .. 4.2  | less than twelve hours old             |
| `ordinary` | 11    | 0 .. .35  | .2 .. .65 | 350 .. 1,000  | 3 .. 4.3  |                                        |

`stance` leans from -1 to 1, more in sections that take sides. The text shows the archetype, not the numbers.
"""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

from recgym.data.building import Row, Table, build_rows, clipped, to_bytes, write

FOLDER = Path(__file__).parent
SEED = 20_250_401
ARCHETYPES = {"bait": 9, "deep": 8, "fresh": 8, "ordinary": 11}
RANGES = {"age_hours": (0, 1440), "clickbait": (0, 1), "num_words": (100, 4000), "stance": (-1, 1), "depth": (0, 1)}
# archetype -> the ranges of clickbait, depth, words and stars, and how much more it is chosen (logarithm)
PROFILES = {
    "bait": ((0.6, 1.0), (0.0, 0.3), (150, 450), (1.8, 3.0), 1.2),
    "deep": ((0.0, 0.15), (0.6, 1.0), (1100, 3200), (4.0, 4.8), -0.3),
    "fresh": ((0.0, 0.35), (0.1, 0.5), (180, 600), (3.0, 4.2), 0.0),
    "ordinary": ((0.0, 0.35), (0.2, 0.65), (350, 1000), (3.0, 4.3), 0.0),
}


def numbers(category: Table, archetype: str, rng: Random) -> Row:
    """Numeric columns of one article."""
    clickbait, depth, words, stars, lift = PROFILES[archetype]
    return {
        "age_hours": round(rng.uniform(0, 1440), 1),
        "clickbait": round(rng.uniform(*clickbait), 2),
        "num_words": round(math.exp(rng.uniform(*map(math.log, words)))),
        "stance": clipped(rng.gauss(0, category["stance"]), -1, 1),
        "depth": round(rng.uniform(*depth), 2),
        "quality": rng.uniform(*stars),
        "appeal": lift,
    }


def build_items(seed: int = SEED) -> list[Row]:
    """Draw the whole catalogue."""
    return build_rows(FOLDER, seed, ARCHETYPES, numbers, top_popularity=40_000)


if __name__ == "__main__":
    write(FOLDER / "catalog.csv.gz", to_bytes(build_items()))
