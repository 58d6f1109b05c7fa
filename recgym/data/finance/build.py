"""Write the bank's catalogue: `python -m recgym.data.finance.build`.

`numbers` in the vocabulary are a category's usual risk class, commission, expected return and volatility a year (shares
of the sum invested), lock-up in months, and complexity. The archetypes depart from them:

| archetype  | of 36 | commission | return | complexity | stars      | else                              |
|------------|-------|------------|--------|------------|------------|-----------------------------------|
| `pushed`   | 10    | x 2        | - .015 | + .15      | 2.1 .. 3.3 | sold more often than it deserves  |
| `plain`    | 9     | x 0.4      | + .004 | - .15      | 4.0 .. 4.8 |                                   |
| `expert`   | 5     | x 0.9      | + .01  | + .2       | 3.2 .. 4.5 | a risk class higher; bought least |
| `ordinary` | 12    | x 1        |        |            | 3.1 .. 4.3 |                                   |
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from recgym.data.building import Row, Table, build_rows, clipped, to_bytes, write

FOLDER = Path(__file__).parent
SEED = 20_250_409
ARCHETYPES = {"pushed": 10, "plain": 9, "expert": 5, "ordinary": 12}
RANGES = {
    "risk_class": (1, 7), "commission": (0, 0.12), "expected_return": (-0.05, 0.15), "volatility": (0, 1.2),
    "lockup_months": (0, 480), "complexity": (0, 1),
}  # fmt: skip
# archetype -> commission (factor), return, risk class and complexity beside the category's; stars; how much more it is
# sold (logarithm)
PROFILES = {
    "pushed": (2.0, -0.015, 0, 0.15, (2.1, 3.3), 1.0),
    "plain": (0.4, 0.004, 0, -0.15, (4.0, 4.8), 0.0),
    "expert": (0.9, 0.01, 1, 0.2, (3.2, 4.5), -0.9),
    "ordinary": (1.0, 0.0, 0, 0.0, (3.1, 4.3), 0.0),
}


def numbers(category: Table, archetype: str, rng: Random) -> Row:
    """Numeric columns of one product."""
    risk_class, commission, expected, volatility, lockup, complexity = category["numbers"]
    costlier, better, riskier, harder, stars, lift = PROFILES[archetype]
    has_return = expected > 0 or volatility > 0
    return {
        "risk_class": min(risk_class + riskier, 7),
        "commission": clipped(commission * costlier * rng.uniform(0.7, 1.3), 0, 0.12, 4),
        "expected_return": clipped(rng.gauss(expected + better, 0.004), -0.05, 0.15, 4) if has_return else 0,
        "volatility": clipped(volatility * rng.uniform(0.8, 1.25) * (1 + 0.3 * riskier), 0, 1.2, 3),
        "lockup_months": round(lockup * rng.uniform(0.5, 1.25)),
        "complexity": clipped(rng.gauss(complexity + harder, 0.06), 0, 1),
        "quality": rng.uniform(*stars),
        "appeal": lift,
    }


def build_items(seed: int = SEED) -> list[Row]:
    """Draw the whole catalogue."""
    return build_rows(FOLDER, seed, ARCHETYPES, numbers, top_popularity=12_000)


if __name__ == "__main__":
    write(FOLDER / "catalog.csv.gz", to_bytes(build_items()))
