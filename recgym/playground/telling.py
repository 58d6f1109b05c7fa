"""What the page is told about a session: JSON-able, in the words of `recgym.rendering`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from recgym.classics import Classic
from recgym.playground.map import Map
from recgym.rendering import classics, story
from recgym.rendering.colours import department_colour
from recgym.rendering.story import Page
from recgym.scenarios.scenario import Scenario
from recgym.state import State

Told = dict[str, Any]
TIRED_OF = 5  # categories
TIRED = 2.0  # satiation at which a bar is full


class Teller(Protocol):
    """Tells of the sessions of one environment; of a state it tells lane 0."""

    def about(self) -> Told:
        """The environment: what a user can do with an item, and the map of its items or None."""

    def user(self, state: State) -> Told:
        """says, context, search and standing: sentences; search may be None."""

    def offered(self, state: State) -> list[Told]:
        """The candidates in their order, each with the `source` that it came from."""

    def page(self, page: Page) -> Told:
        """The slots of a page (a card each, None where empty), its reward and the terms of it."""

    def history(self, state: State) -> str:
        """The session so far as text."""

    def hidden(self, state: State, pages: Sequence[Page]) -> Told:
        """The truth: bars, what they are tired of, facts, what every candidate's click is likely to be,
        and curves over the pages."""

    def at(self, state: State) -> list[float] | None:
        """Where the user's embedded history lies on the map, if there is one."""


def teller_of(setting: Scenario | Classic) -> Teller:
    """Who tells of it."""
    return Numbers(setting) if isinstance(setting, Classic) else Words(setting)


class Words:
    """A domain: items have titles, users speak."""

    def __init__(self, setting: Scenario) -> None:
        self.setting = setting
        self.map = Map.of_items(setting.simulator.items.embeddings)

    def about(self) -> Told:
        """See `Teller`."""
        catalog = self.setting.simulator.catalog
        items = [{"at": self.map.item(row), "group": int(catalog.departments[row])} for row in self.map.sample()]
        groups = [{"name": name, "colour": department_colour(row)} for row, name in enumerate(catalog.department_names)]
        return {"deeds": list(story.deeds(self.setting)),
                "map": {"items": items, "groups": groups, "share": self.map.share}}  # fmt: skip

    def user(self, state: State) -> Told:
        """See `Teller`."""
        return {
            "says": " ".join(story.says(self.setting, state)),
            "context": story.context(self.setting, state),
            "search": story.query(self.setting, state),
            "standing": story.standing(state),
        }

    def offered(self, state: State) -> list[Told]:
        """See `Teller`."""
        each, sources = self.setting.simulator.retrieval.per_source, self.setting.simulator.retrieval.sources
        return [self._card(int(row), story.card(self.setting, int(row))) | {"source": sources[place // each]}
                for place, row in enumerate(state["candidates"][0])]  # fmt: skip

    def page(self, page: Page) -> Told:
        """See `Teller`."""
        cards = zip(page["slate"], story.cards(self.setting, page), strict=True)
        return {
            "slots": [None if card is None else self._card(int(row), card) for row, card in cards],
            "reward": float(page["reward"]),
            "terms": story.weighted_terms(self.setting, page),
            "left": bool(page["left"]),
        }

    def history(self, state: State) -> str:
        """See `Teller`: what `live=True` embeds."""
        return self.setting.histories(state)[0]

    def hidden(self, state: State, pages: Sequence[Page]) -> Told:
        """See `Teller`."""
        simulator = self.setting.simulator
        names = simulator.catalog.category_names
        bars = [_bar(name, float(state[name][0])) for name in ("trust", "readiness")]
        tired = [_bar(name, level, level / TIRED) for name, level in story.satiation(self.setting, state, TIRED_OF)]
        facts = [
            ["need", story.need(self.setting, state)],
            ["loves", ", ".join(names[row] for row in state["favourites"][0])],
            *([name, f"{value:.2f}"] for name, value in story.own_truth(self.setting, state)),
        ]
        clicks = simulator.response.funnel(state, state["candidates"]).click[0]
        curves = {name: [float(page["truth"][name]) for page in pages] for name in ("trust", "readiness")}
        return {"bars": bars, "tired": tired, "facts": facts, "chances": [float(chance) for chance in clicks],
                "curves": curves, "at": self.map.at(state["interest"][0])}  # fmt: skip

    def at(self, state: State) -> list[float] | None:
        """See `Teller`: the pool of what was liked, and before there is any the profile."""
        return self.map.at(state["liked"][0]) or self.map.at(state["profile"][0])

    def _card(self, row: int, card: story.Card) -> Told:
        facts, deeds = card.facts, story.deeds(self.setting)
        return {
            "title": card.title,
            "category": card.category,
            "colour": department_colour(card.department),
            "facts": [fact for fact in (facts.main, facts.badge, facts.small) if fact],
            "stars": f"★\N{NO-BREAK SPACE}{card.rating:.1f}",
            "deed": card.deed,
            "did": ", ".join((deeds[card.deed], *["disappointed"] * card.disappointed)),
            "own_stars": card.stars,
            "at": self.map.item(row),
        }


class Numbers:
    """A classic: items and users are numbers."""

    def __init__(self, setting: Classic) -> None:
        self.setting = setting

    def about(self) -> Told:
        """See `Teller`."""
        return {"deeds": ["skipped", "clicked"], "map": None}

    def user(self, state: State) -> Told:
        """See `Teller`."""
        said = "A user of a published model: numbers, no words."
        if self.setting.PROFILE_SEEN:
            likes = ", ".join(f"{name} {value:.2f}" for name, value in self.setting.profile(state))
            said += f" The observation shows: {likes}."
        return {"says": said, "context": classics.title(self.setting), "search": None,
                "standing": f"Slate {int(state['step'][0]) + 1}."}  # fmt: skip

    def offered(self, state: State) -> list[Told]:
        """See `Teller`."""
        known = self.setting.VISIBLE
        return [self._card({name: state[name][0, place] for name in known}) | {"source": "candidates"}
                for place in range(self.setting.num_candidates)]  # fmt: skip

    def page(self, page: Page) -> Told:
        """See `Teller`."""
        items = classics.items_of(self.setting, page)
        cards = [
            None if item is None
            else self._card(item, int(page["clicked"][slot]), classics.deed(self.setting, page, slot))
            for slot, item in enumerate(items)
        ]  # fmt: skip
        terms = {name: float(value) for name, value in page["reward_terms"].items()}
        return {"slots": cards, "reward": float(page["reward"]), "terms": terms, "left": False}

    def history(self, state: State) -> str:
        """See `Teller`."""
        return "A published model keeps no text of its history."

    def hidden(self, state: State, pages: Sequence[Page]) -> Told:
        """See `Teller`."""
        bars = [_bar(name, value, abs(value)) for name, value in self.setting.profile(state)]
        curves = {name: [float(page["truth"][name]) for page in pages] for name in self.setting.CURVES}
        facts = [[name, f"{float(state[name][0]):.2f}"] for name in self.setting.CURVES]
        return {"bars": bars, "tired": [], "facts": facts, "chances": [], "curves": curves, "at": None}

    def at(self, state: State) -> None:
        """See `Teller`: nothing is embedded."""

    def _card(self, item: dict[str, Any], deed: int = 0, did: str = "") -> Told:
        words = self.setting.item_words(item)
        colour = department_colour(int(item["topic"])) if "topic" in item else department_colour(0)
        return {"title": words, "category": "", "colour": colour, "facts": [], "stars": "", "deed": deed, "did": did,
                "own_stars": 0, "at": None}  # fmt: skip


def _bar(name: str, value: float, share: float | None = None) -> Told:
    """A value and how full its bar is, cut to 0..1."""
    return {"name": name, "value": value, "share": min(max(value if share is None else share, 0.0), 1.0)}
