"""What there is to tell about a session, in words and plain numbers: shared by the text and the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recgym.catalog import Catalog
from recgym.response import STAGES, stage
from recgym.scenarios import ecommerce_words as words
from recgym.scenarios.ecommerce import Shop
from recgym.state import State

Page = dict[str, Any]  # the info of one slate with its "reward", arrays without the lane axis


@dataclass(frozen=True)
class Card:
    """One slot of a page: an item and what the user did with it. `deed` is one of DEEDS."""

    title: str
    category: str
    department: int  # index into the catalogue's department_names
    price: float
    list_price: float
    rating: float  # mean stars of all customers, 1 to 5
    num_ratings: int
    deed: str = "skipped"
    disappointed: bool = False
    stars: int = 0  # the user's own, 0 without a purchase

    DEEDS = ("skipped", "clicked", "carted", "bought")

    @property
    def discount(self) -> int:
        """Per cent off the list price, 0 without a discount."""
        return max(0, round(100 * (1 - self.price / self.list_price))) if self.list_price > 0 else 0


def card(catalog: Catalog, row: int) -> Card:
    """The card of one item ((num_items,) catalogue row)."""
    columns = catalog.attributes
    return Card(
        title=catalog.titles[row],
        category=catalog.category_names[catalog.categories[row]],
        department=int(catalog.departments[row]),
        price=float(columns["price"][row]),
        list_price=float(columns["list_price"][row]),
        rating=float(columns["rating"][row]),
        num_ratings=int(columns["num_ratings"][row]),
    )


def cards(catalog: Catalog, page: Page) -> list[Card | None]:
    """One card per slot of a page, None for an empty slot."""
    shown: list[Card | None] = []
    for slot, row in enumerate(page["slate"]):
        if row < 0:
            shown.append(None)
            continue
        deed = "bought" if page["purchased"][slot] else "carted" if page["carted"][slot] else "skipped"
        if deed == "skipped" and page["clicked"][slot]:
            deed = "clicked"
        done = {"deed": deed, "disappointed": bool(page["disappointed"][slot]), "stars": int(page["rating"][slot])}
        shown.append(Card(**{**vars(card(catalog, int(row))), **done}))
    return shown


def says(setting: Shop, state: State) -> list[str]:
    """What the user says about themselves, one sentence each: the two favourites they name, age and budget."""
    names = setting.simulator.catalog.category_names
    return [
        *(words.interest_statement(names[row]) for row in state["favourites"][0, :2]),
        tuple(words.AGE_GROUPS.values())[state["age_group"][0]],
        tuple(words.BUDGETS.values())[state["budget"][0]],
    ]


def context(setting: Shop, state: State) -> str:
    """The circumstances of the visit, in one sentence."""
    return setting.context_texts[state["context"][0]]


def query(setting: Shop, state: State) -> str | None:
    """What the user searches for at the moment."""
    row = int(state["query"][0])
    return setting.query_texts[row] if row >= 0 else None


def standing(state: State) -> str:
    """Where the session stands: on which page of which visit, or how the last visit ended."""
    if state["churned"][0]:
        return "The customer left and will not come back."
    if state["left"][0]:
        days = int(state["days_away"][0])
        return f"The customer left and came back after {days} {'day' if days == 1 else 'days'}."
    return f"Visit {state['visit'][0] + 1}, page {state['page'][0] + 1}."


def need(setting: Shop, state: State) -> str:
    """The hidden need: its stage and category."""
    row = int(state["need"][0])
    if row < 0:
        return f"{STAGES[0]}, no need"
    return f"{STAGES[stage(state)[0]]} {words.category_phrase(setting.simulator.catalog.category_names[row])}"


def satiation(setting: Shop, state: State, count: int) -> list[tuple[str, float]]:
    """The categories the user is most tired of, the worst first: up to `count` of (name, level above 0.05)."""
    levels = state["satiation"][0]
    worst = np.argsort(-levels, kind="stable")[:count]
    names = setting.simulator.catalog.category_names
    return [(names[row], float(levels[row])) for row in worst if levels[row] > 0.05]


def weighted_terms(setting: Shop, page: Page) -> dict[str, float]:
    """Name -> what each term adds to the page's reward, weight included."""
    weights = setting.simulator.reward.weights
    return {name: weights[name] * float(value) for name, value in page["reward_terms"].items()}


def total(trace: Sequence[Page]) -> float:
    """The return so far."""
    return float(sum(page["reward"] for page in trace))


def stars_of(rating: float) -> str:
    """Five stars, the full ones first: 3.6 is "★★★★☆"."""
    full = min(max(int(rating + 0.5), 0), 5)  # round() would take 4.5 down to 4
    return "★" * full + "☆" * (5 - full)
