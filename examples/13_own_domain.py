"""Your own domain in sixty lines: a tea house whose guests are won by advice and lost by pushing.

    python examples/13_own_domain.py
"""

from __future__ import annotations

from dataclasses import dataclass

import gymnasium
import numpy as np

import recgym
from recgym.catalog import Catalog
from recgym.dynamics import Satiation
from recgym.items import standardised
from recgym.response import Habits
from recgym.reward import Reward
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, shrunk_rating

PERIODS = (("weekday", "weekend"), ("morning", "evening"), ("phone", "tablet"), ("alone", "with guests"))
SAYS = {"tastes": ["I like it strong.", "I like it mild."], "purses": ["Tea must be cheap.", "Good tea may cost."]}
HABITS = Habits(  # weights in a click: browsing, wanting a kind of tea, about to buy
    STAGES=("browsing", "wanting", "buying"), EVENTS=("tasted", "ordered"),
    attracts={"rating": (0.2, 1.0, 0.6), "popularity": (0.6, 0.3, 0.0), "push": (2.5, 1.5, 0.5)},
    constant=(-2.5, -2.5, -4.5), cost="price", cost_weight=(0.2, 0.2, 0.4), similarity=(0.0, 0.0, 8.0),
    stays={"bias": 1.2, "quality": 0.8, "push": -3.0}, satisfies={"quality": 0.8, "push": -0.9},
)  # fmt: skip


class TeaReward(Reward):
    """What a page was worth to the tea house.

    - click: number of teas looked at,
    - tasting: number of teas tasted,
    - order: number of teas ordered.
    """

    DEEDS, VALUE = ("click", "tasting", "order"), "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "tasting": 0.15, "order": 0.8, "satisfaction": 0.2, "diversity": 0.0,
                       "potential": 0.0}  # fmt: skip


def texts_of(catalog: Catalog) -> dict[str, list[str]]:
    """Everything that is said, by group; one text for every combination of circumstances."""
    moments = [f"{a} {b} on a {c}, {d}" for a in PERIODS[0] for b in PERIODS[1] for c in PERIODS[2] for d in PERIODS[3]]
    wishes = [f"{wish} {name}" for name in catalog.category_names for wish in ("which", "compare", "buy", "order")]
    interests = [f"I love {name}." for name in catalog.category_names]
    return {"items": list(catalog.texts), "interests": interests, **SAYS, "queries": wishes, "contexts": moments}


def items(catalog, embeddings, seed):  # the traits an agent can see; true quality and taste are added
    columns = catalog.attributes
    push = np.clip((columns["list_price"] - columns["price"]) / columns["list_price"], 0, 1)
    visible = {"rating": shrunk_rating(columns), "popularity": standardised(np.log1p(columns["num_ratings"])),
               "push": push, "price": standardised(np.log(columns["price"]))}  # fmt: skip
    return items_of(catalog, embeddings, visible, seed, {"value": 1.0})


def dynamics(catalog, items, queries, weights):  # trust, visits, needs, satiation, getting used to a price, drift
    return usual_dynamics(items, queries, weights, visits(*PERIODS, longer={"weekend": 0.3}), Satiation(items), "price")


@dataclass(frozen=True)
class TeaHouse(Settings):
    """Everything that can be set about the tea house."""

    DOMAIN = Domain(name="tea", texts_of=texts_of, statements=("tastes", "purses"), sensitivity=(1.0, 0.5), items=items,
                    arrivals="days_online", parameters=HABITS, dynamics=dynamics, reward=TeaReward, required=("price",),
                    facts=lambda catalog, row: Facts(f"{catalog.attributes['price'][row]:.2f}"),
                    defaults={"list_price": "price", "num_ratings": 1.0, "days_online": 100.0})  # fmt: skip


def main(encoder: object = "all-MiniLM-L6-v2", embedding_dim: int = 32) -> float:
    recgym.register("TeaHouse-v0", f"{__name__}:TeaHouse")
    made = {"catalog": "examples/tea_shop.csv", "encoder": encoder, "embedding_dim": embedding_dim}
    envs = gymnasium.make_vec("TeaHouse-v0", num_envs=200, **made)
    envs.reset(seed=0)
    envs.action_space.seed(0)
    rewards = [envs.step(envs.action_space.sample())[1] for _ in range(60)]
    earned = np.sum(rewards, axis=0).mean()
    print(f"random pages earn {earned:.2f} a guest; docs/howto/domain.md tells how to measure the rest")
    return float(np.sum(rewards))


if __name__ == "__main__":
    main()
