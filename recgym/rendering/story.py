"""What there is to tell about a session, in words and plain numbers: shared by the text and the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recgym.response import stage
from recgym.scenarios.domain import Facts
from recgym.scenarios.scenario import Scenario
from recgym.state import State

SKIPPED = 0
Page = dict[str, Any]  # the info of one slate with its "reward", arrays without the lane axis


@dataclass(frozen=True)
class Card:
    """One slot of a page: an item and what the user did with it. `deed` is an index into `deeds`."""

    title: str
    category: str
    department: int  # index into the catalogue's department_names
    facts: Facts
    rating: float  # mean stars of all users, 1 to 5
    num_ratings: int
    deed: int = SKIPPED
    disappointed: bool = False
    stars: int = 0  # the user's own, 0 where they gave none


def deeds(setting: Scenario) -> tuple[str, ...]:
    """What a user can do with an item, in rising order."""
    return ("skipped", "clicked", *setting.simulator.response.parameters.EVENTS)


def card(setting: Scenario, row: int) -> Card:
    """The card of one item ((num_items,) catalogue row)."""
    catalog = setting.simulator.catalog
    return Card(
        title=catalog.titles[row],
        category=catalog.category_names[catalog.categories[row]],
        department=int(catalog.departments[row]),
        facts=setting.domain.facts(catalog, row),
        rating=float(catalog.attributes["rating"][row]),
        num_ratings=int(catalog.attributes["num_ratings"][row]),
    )


def cards(setting: Scenario, page: Page) -> list[Card | None]:
    """One card per slot of a page, None for an empty slot."""
    shown: list[Card | None] = []
    for slot, row in enumerate(page["slate"]):
        if row < 0:
            shown.append(None)
            continue
        deed = max(step for step, name in enumerate(deeds(setting)) if step == SKIPPED or page[name][slot])
        done = {"deed": deed, "disappointed": bool(page["disappointed"][slot]), "stars": int(page["rating"][slot])}
        shown.append(replace(card(setting, int(row)), **done))
    return shown


def says(setting: Scenario, state: State) -> list[str]:
    """What the user says about themselves, one sentence each: two favourites, and the domain's two statements."""
    texts = setting.texts
    return [
        *(texts["interests"][row] for row in state["favourites"][0, :2]),
        *(texts[name][state[name][0]] for name in setting.domain.statements),
    ]


def context(setting: Scenario, state: State) -> str:
    """The circumstances of the visit, in one sentence."""
    return setting.texts["contexts"][state["context"][0]]


def searches(setting: Scenario) -> bool:
    """Whether users of this domain search at all."""
    return "queries" in setting.texts


def query(setting: Scenario, state: State) -> str | None:
    """What the user searches for at the moment."""
    row = int(state["query"][0])
    return setting.texts["queries"][row] if row >= 0 else None


def standing(state: State) -> str:
    """Where the session stands: on which page of which visit, or how the last visit ended;
    and the day where it matters."""
    if state["churned"][0]:
        return "They left and will not come back."
    if state["left"][0]:
        days = int(state["days_away"][0])
        told = f"They left and came back after {days} {'day' if days == 1 else 'days'}."
    else:
        told = f"Visit {state['visit'][0] + 1}, page {state['page'][0] + 1}."
    return f"{told} It is day {state['day'][0]}." if "day" in state else told


def need(setting: Scenario, state: State) -> str:
    """The hidden need: its stage and what it is for."""
    row = int(state["need"][0])
    names = setting.simulator.response.parameters.STAGES
    if row < 0:
        return f"{names[0]}, no need"
    return f"{names[stage(state)[0]]}: {setting.needs[row]}"


def own_truth(setting: Scenario, state: State) -> list[tuple[str, float]]:
    """What the domain alone hides of the user, as far as it is one number: name and value, such as ("dose", 1.3)."""
    own = {name.replace("_", " "): state[name] for name in setting.domain.hidden}
    return [(name, float(values[0])) for name, values in own.items() if values.ndim == 1]


def satiation(setting: Scenario, state: State, count: int) -> list[tuple[str, float]]:
    """The categories the user is most tired of, the worst first: up to `count` of (name, level above 0.05)."""
    levels = state["satiation"][0]
    worst = np.argsort(-levels, kind="stable")[:count]
    names = setting.simulator.catalog.category_names
    return [(names[row], float(levels[row])) for row in worst if levels[row] > 0.05]


def weighted_terms(setting: Scenario, page: Page) -> dict[str, float]:
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
