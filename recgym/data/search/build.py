"""Write the search index: `python -m recgym.data.search.build`.

Every meaning of a query has the same six documents, two kinds of them twice:

| archetype   | of 6 | authority | words          | age in days  | stars      | else                            |
|-------------|------|-----------|----------------|--------------|------------|---------------------------------|
| `reference` | 2    | .65 .. 1  | 900 .. 4,000   | 100 .. 2,500 | 4 .. 4.9   |                                 |
| `ordinary`  | 2    | .25 .. .7 | 300 .. 1,500   | 20 .. 1,500  | 3.1 .. 4.3 |                                 |
| `fresh`     | 1    | .3 .. .8  | 200 .. 800     | 0 .. 3       | 3.3 .. 4.4 |                                 |
| `spam`      | 1    | 0 .. .2   | 400 .. 2,500   | 5 .. 400     | 1.4 .. 2.6 | clicked more than it deserves   |

In the vocabulary a meaning is written as [query, thing, two sentences]; its titles are the category's. `query` is the
index of the query's word, `meaning` that of the meaning.
"""

from __future__ import annotations

import math
from pathlib import Path
from random import Random
from typing import Any

from recgym.data.building import Row, Table, build_rows, read_sections, to_bytes, write
from recgym.scenarios.search_words import QUERIES

FOLDER = Path(__file__).parent
SEED = 20_250_407
ARCHETYPES = {"reference": 2, "ordinary": 2, "fresh": 1, "spam": 1}
RANGES = {
    "query": (0, len(QUERIES) - 1), "meaning": (0, 199), "authority": (0, 1), "num_words": (100, 5000),
    "age_days": (0, 3000),
}  # fmt: skip
# archetype -> the ranges of authority, words, age and stars, and how much more it is clicked (logarithm)
PROFILES = {
    "reference": ((0.65, 1.0), (900, 4000), (100, 2500), (4.0, 4.9), 0.2),
    "ordinary": ((0.25, 0.7), (300, 1500), (20, 1500), (3.1, 4.3), 0.0),
    "fresh": ((0.3, 0.8), (200, 800), (0, 3), (3.3, 4.4), -0.3),
    "spam": ((0.0, 0.2), (400, 2500), (5, 400), (1.4, 2.6), 0.9),
}


def read_meanings() -> list[dict[str, Any]]:
    """The sections, with each meaning as a category of its own; the name is the real category's."""
    sections = read_sections(FOLDER / "vocabulary")
    meanings = 0
    for section in sections:
        parts = []
        for category in section["categories"]:
            for query, thing, *sentences in category["meanings"]:
                parts.append(
                    category
                    | {"query": QUERIES.index(query), "meaning": meanings}
                    | {"sentences": sentences, "slots": {"thing": thing}}
                )
                meanings += 1
        section["categories"] = parts
    return sections


def numbers(category: Table, archetype: str, rng: Random) -> Row:
    """Numeric columns of one document."""
    authority, words, age, stars, lift = PROFILES[archetype]
    return {
        "query": category["query"],
        "meaning": category["meaning"],
        "authority": round(rng.uniform(*authority), 2),
        "num_words": round(math.exp(rng.uniform(*map(math.log, words)))),
        "age_days": rng.randint(*age),
        "quality": rng.uniform(*stars),
        "appeal": lift,
    }


def build_items(seed: int = SEED) -> list[Row]:
    """Draw the whole catalogue."""
    return build_rows(FOLDER, seed, ARCHETYPES, numbers, top_popularity=30_000, sections=read_meanings())


if __name__ == "__main__":
    write(FOLDER / "catalog.csv.gz", to_bytes(build_items()))
