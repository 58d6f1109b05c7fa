"""Write the social network's catalogue: `python -m recgym.data.social.build`.

| archetype | of 36 | kind | outrage | virality | stars      | else                                       |
|-----------|-------|------|---------|----------|------------|--------------------------------------------|
| `post`    | 14    | 0    | 0 .. .3 | .1 .. .7 | 3.2 .. 4.5 |                                            |
| `outrage` | 8     | 0    | .6 .. 1 | .5 .. 1  | 1.8 .. 3.1 | seen and shared more than it deserves      |
| `friend`  | 9     | 1    | 0 .. .2 | 0 .. .25 | 3.8 .. 4.8 | for few people, who value it               |
| `ad`      | 5     | 2    | 0 .. .1 | 0 .. .2  | 2 .. 3.4   | `ad_bid`: what its click pays, in euros    |
"""

from __future__ import annotations

import math
from pathlib import Path
from random import Random

from recgym.data.building import Row, Table, build_rows, clipped, to_bytes, write

FOLDER = Path(__file__).parent
SEED = 20_250_405
ARCHETYPES = {"post": 14, "outrage": 8, "friend": 9, "ad": 5}
RANGES = {"kind": (0, 2), "virality": (0, 1), "outrage": (0, 1), "ad_bid": (0, 5), "age_hours": (0, 720)}
# archetype -> kind, the ranges of outrage, virality and stars, and how much more it is seen (logarithm)
PROFILES = {
    "post": (0, (0.0, 0.3), (0.1, 0.7), (3.2, 4.5), 0.0),
    "outrage": (0, (0.6, 1.0), (0.5, 1.0), (1.8, 3.1), 0.9),
    "friend": (1, (0.0, 0.2), (0.0, 0.25), (3.8, 4.8), -1.2),
    "ad": (2, (0.0, 0.1), (0.0, 0.2), (2.0, 3.4), 0.6),
}


def numbers(category: Table, archetype: str, rng: Random) -> Row:
    """Numeric columns of one post."""
    kind, outrage, virality, stars, lift = PROFILES[archetype]
    spread = rng.uniform(*virality)
    age_hours = min(rng.expovariate(1 / 60), 720)
    return {
        "kind": kind,
        "virality": round(spread, 2),
        "outrage": clipped(rng.uniform(*outrage) + (category.get("heat", 0) if kind == 0 else 0), 0, 1),
        "ad_bid": clipped(rng.lognormvariate(-0.5, 0.6), 0.05, 5) if archetype == "ad" else 0,
        "age_hours": round(age_hours, 1),
        "quality": rng.uniform(*stars),
        "appeal": lift + 1.5 * spread + 0.2 * math.log(1 + age_hours / 24),
    }


def build_items(seed: int = SEED) -> list[Row]:
    """Draw the whole catalogue."""
    return build_rows(FOLDER, seed, ARCHETYPES, numbers, top_popularity=80_000)


if __name__ == "__main__":
    write(FOLDER / "catalog.csv.gz", to_bytes(build_items()))
