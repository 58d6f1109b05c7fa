"""Write the games store's catalogue: `python -m recgym.data.games.build`.

| archetype  | of 36 | monetisation | depth              | minutes     | stars      | else                          |
|------------|-------|--------------|--------------------|-------------|------------|-------------------------------|
| `grindy`   | 9     | .6 .. 1      | less than genre's  | shorter     | 2 .. 3.3   | played more than it deserves  |
| `deep`     | 8     | 0 .. .1      | more than genre's  | much longer | 4.1 .. 4.9 | harder; played less           |
| `cosy`     | 7     | 0 .. .25     | less than genre's  | shorter     | 3.6 .. 4.6 | easier                        |
| `ordinary` | 12    | 0 .. .5      | the genre's        | the genre's | 3.2 .. 4.4 |                               |

A session's minutes, difficulty, depth and the chance of a co-operative mode are the section's.
"""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

from recgym.data.building import Row, Table, build_rows, clipped, to_bytes, write

FOLDER = Path(__file__).parent
SEED = 20_250_404
ARCHETYPES = {"grindy": 9, "deep": 8, "cosy": 7, "ordinary": 12}
RANGES = {
    "session_minutes": (3, 240), "difficulty": (0, 1), "depth": (0, 1), "monetisation": (0, 1), "coop": (0, 1),
    "days_online": (1, 4000),
}  # fmt: skip
# archetype -> range of monetisation; minutes (logarithm), difficulty and depth beside the section's; stars; how much
# more it is played
PROFILES = {
    "grindy": ((0.6, 1.0), -0.5, -0.1, -0.25, (2.0, 3.3), 1.1),
    "deep": ((0.0, 0.1), 0.5, 0.15, 0.2, (4.1, 4.9), -0.3),
    "cosy": ((0.0, 0.25), -0.3, -0.25, -0.1, (3.6, 4.6), 0.0),
    "ordinary": ((0.0, 0.5), 0.0, 0.0, 0.0, (3.2, 4.4), 0.0),
}


def numbers(category: Table, archetype: str, rng: Random) -> Row:
    """Numeric columns of one game."""
    monetisation, longer, harder, deeper, stars, lift = PROFILES[archetype]
    days_online = 1 + int(min(rng.expovariate(1 / 900), 3999))
    return {
        "session_minutes": round(min(max(category["minutes"] * math.exp(longer + rng.gauss(0, 0.35)), 3), 240)),
        "difficulty": clipped(rng.gauss(category["difficulty"] + harder, 0.12), 0, 1),
        "depth": clipped(rng.gauss(category["depth"] + deeper, 0.1), 0, 1),
        "monetisation": round(rng.uniform(*monetisation), 2),
        "coop": int(rng.random() < category["coop"]),
        "days_online": days_online,
        "quality": rng.uniform(*stars),
        "appeal": lift + 0.3 * math.log(days_online / 500),
    }


def build_items(seed: int = SEED) -> list[Row]:
    """Draw the whole catalogue."""
    return build_rows(FOLDER, seed, ARCHETYPES, numbers, top_popularity=60_000)


if __name__ == "__main__":
    write(FOLDER / "catalog.csv.gz", to_bytes(build_items()))
