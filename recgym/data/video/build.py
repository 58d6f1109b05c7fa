"""Write the video platform's catalogue: `python -m recgym.data.video.build`.

| archetype  | of 36 | bait    | production | seconds     | stars     | else                                     |
|------------|-------|---------|------------|-------------|-----------|------------------------------------------|
| `bait`     | 9     | .6 .. 1 | .2 .. .7   | 60 .. 700   | 2 .. 3.2  | promises more than it holds; chosen more |
| `crafted`  | 8     | 0 .. .2 | .7 .. 1    | 240 .. 2,400 | 4.1 .. 4.9 | slower; chosen less than it deserves    |
| `short`    | 9     | 0 .. .5 | .2 .. .7   | 8 .. 58     | 3 .. 4.3  | faster                                   |
| `ordinary` | 10    | 0 .. .4 | .3 .. .8   | 60 .. 1,200 | 3.2 .. 4.4 |                                         |

`pace` is 0 for a fixed camera and 1 for a cut a second; sections differ in it.
"""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

from recgym.data.building import Row, Table, build_rows, clipped, to_bytes, write

FOLDER = Path(__file__).parent
SEED = 20_250_402
ARCHETYPES = {"bait": 9, "crafted": 8, "short": 9, "ordinary": 10}
RANGES = {"duration_s": (5, 3000), "bait": (0, 1), "production": (0, 1), "pace": (0, 1), "days_online": (1, 2000)}
# archetype -> the ranges of bait, production, seconds and stars, its pace beside others, how much more it is chosen
PROFILES = {
    "bait": ((0.6, 1.0), (0.2, 0.7), (60, 700), (2.0, 3.2), 0.15, 1.1),
    "crafted": ((0.0, 0.2), (0.7, 1.0), (240, 2400), (4.1, 4.9), -0.2, -0.3),
    "short": ((0.0, 0.5), (0.2, 0.7), (8, 58), (3.0, 4.3), 0.2, 0.3),
    "ordinary": ((0.0, 0.4), (0.3, 0.8), (60, 1200), (3.2, 4.4), 0.0, 0.0),
}


def numbers(category: Table, archetype: str, rng: Random) -> Row:
    """Numeric columns of one video."""
    bait, production, seconds, stars, faster, lift = PROFILES[archetype]
    days_online = 1 + int(min(rng.expovariate(1 / 250), 1999))
    return {
        "duration_s": round(math.exp(rng.uniform(*map(math.log, seconds)))),
        "bait": round(rng.uniform(*bait), 2),
        "production": round(rng.uniform(*production), 2),
        "pace": clipped(rng.gauss(category["pace"] + faster, 0.12), 0, 1),
        "days_online": days_online,
        "quality": rng.uniform(*stars),
        "appeal": lift + 0.3 * math.log(days_online / 180),
    }


def build_items(seed: int = SEED) -> list[Row]:
    """Draw the whole catalogue."""
    return build_rows(FOLDER, seed, ARCHETYPES, numbers, top_popularity=200_000)


if __name__ == "__main__":
    write(FOLDER / "catalog.csv.gz", to_bytes(build_items()))
