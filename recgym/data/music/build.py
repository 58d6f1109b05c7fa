"""Write the music library's catalogue: `python -m recgym.data.music.build`.

| archetype  | of 36 | familiarity | stars      | else                                       |
|------------|-------|-------------|------------|--------------------------------------------|
| `hit`      | 7     | .75 .. 1    | 2.8 .. 4   | played far more than others, and worn out  |
| `gem`      | 9     | 0 .. .25    | 4.1 .. 4.9 | hardly known, and loved by who knows it    |
| `new`      | 6     | 0 .. .2     | 2.8 .. 4.6 | of the latest year                         |
| `ordinary` | 14    | .15 .. .7   | 3.2 .. 4.3 |                                            |

Tempo, energy and years are the genre's. Titles are "artist – track".
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from recgym.data.building import Row, Table, build_rows, clipped, to_bytes, write

FOLDER = Path(__file__).parent
SEED = 20_250_403
LATEST_YEAR = 2025
ARCHETYPES = {"hit": 7, "gem": 9, "new": 6, "ordinary": 14}
RANGES = {
    "tempo_bpm": (40, 230), "energy": (0, 1), "familiarity": (0, 1), "length_s": (90, 900), "year": (1930, LATEST_YEAR)
}  # fmt: skip
# archetype -> the ranges of familiarity and stars
PROFILES = {
    "hit": ((0.75, 1.0), (2.8, 4.0)),
    "gem": ((0.0, 0.25), (4.1, 4.9)),
    "new": ((0.0, 0.2), (2.8, 4.6)),
    "ordinary": ((0.15, 0.7), (3.2, 4.3)),
}


def numbers(category: Table, archetype: str, rng: Random) -> Row:
    """Numeric columns of one track."""
    known, stars = PROFILES[archetype]
    familiarity = rng.uniform(*known)
    return {
        "tempo_bpm": round(rng.uniform(*category["tempo"])),
        "energy": clipped(rng.gauss(category["energy"], 0.09), 0, 1),
        "familiarity": round(familiarity, 2),
        "length_s": round(min(max(rng.lognormvariate(5.4, 0.3), 90), 900)),
        "year": LATEST_YEAR if archetype == "new" else rng.randint(*category["years"]),
        "quality": rng.uniform(*stars),
        "appeal": 2.2 * (familiarity - 0.4),
    }


def build_items(seed: int = SEED) -> list[Row]:
    """Draw the whole catalogue."""
    return build_rows(FOLDER, seed, ARCHETYPES, numbers, top_popularity=150_000)


if __name__ == "__main__":
    write(FOLDER / "catalog.csv.gz", to_bytes(build_items()))
