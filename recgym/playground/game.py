"""A game: one user met by a policy or a person, and by an opponent beside it, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Any

import gymnasium
import numpy as np

from recgym.env import RecVectorEnv, lane
from recgym.playground.policies import Offer, Policy, all_offers
from recgym.playground.telling import Teller, Told, teller_of
from recgym.rendering import story
from recgym.rendering.story import Page

FIRST_USER = 1_000_000  # seed of user 0: agents are trained on sessions of smaller seeds
YOU = "you"


class Wrong(ValueError):
    """What was asked for cannot be done; the message says what was expected, what came, and the cure."""


class Environment:
    """An environment as the page knows it: who can play in it, and who tells of it."""

    def __init__(self, env_id: str, models: Sequence[Offer] = ()) -> None:
        self.env_id, self._models = env_id, models
        self._env: RecVectorEnv = gymnasium.make_vec(env_id, num_envs=1)
        self.teller: Teller = teller_of(self._env.sessions.setting)
        self.slate_size, self.num_candidates = self._env.simulator.slate_size, self._env.simulator.num_candidates
        self.session_length = self._env.sessions.session_length

    @cached_property
    def offers(self) -> dict[str, Offer]:
        """The policies by name, models first."""
        return {offer.name: offer for offer in (*self._models, *all_offers(self._env))}

    def about(self) -> Told:
        """What the page needs to know to set up a game."""
        offers = [{"name": offer.name, "kind": offer.kind, "summary": offer.summary, "privileged": offer.privileged}
                  for offer in self.offers.values()]  # fmt: skip
        return {"id": self.env_id, "slate_size": self.slate_size, "num_candidates": self.num_candidates,
                "session_length": self.session_length, "policies": offers, **self.teller.about()}  # fmt: skip

    def new_game(self, user: int, first: str, second: str | None) -> Game:
        """The user `user` met by `first`, a policy's name or YOU, and by the policy `second` if there is one."""
        return Game(self, user, [self._side(name, user) for name in (first, second) if name is not None])

    def _side(self, name: str, user: int) -> Side:
        if name == YOU:
            return Side(YOU, False, gymnasium.make_vec(self.env_id, num_envs=1), None, self.teller, user)
        offer = self.offers[name]
        return Side(name, offer.privileged, *offer.open(1), self.teller, user)


@dataclass
class Side:
    """One session of a game."""

    name: str
    privileged: bool
    env: RecVectorEnv  # one lane
    policy: Policy | None  # None for a person
    teller: Teller
    user: int

    def __post_init__(self) -> None:
        self._observations, _ = self.env.reset(seed=FIRST_USER + self.user)
        self.pages: list[Page] = []
        self.trail = [self.teller.at(self.env.state)]
        self.over, self.lost = False, False

    def show(self, positions: Sequence[int] | None = None) -> None:
        """Show one page: the policy's, or a person's (slate_size positions among the candidates)."""
        complete, reward, info = False, 0.0, {}
        while not (complete or self.over):  # several steps where a view fills slot by slot
            chosen = np.array([positions]) if self.policy is None else self.policy.act(self.env, self._observations)
            self._observations, rewards, terminated, truncated, info = self.env.step(chosen)
            reward += float(rewards[0])
            complete = "slate" in info and bool(info["_slate"][0])
            self.lost = bool(terminated[0])
            self.over = self.lost or bool(truncated[0])
        self.pages.append(_page(info) | {"reward": reward})
        self.trail.append(self.teller.at(self.env.state))

    def told(self) -> Told:
        """The session so far."""
        pages = [self.teller.page(page) for page in self.pages]
        return {
            "name": self.name,
            "privileged": self.privileged,
            "user": self.teller.user(self.env.state),
            "pages": pages,
            "return": story.total(self.pages),
            "history": self.teller.history(self.env.state),
            "trail": [point for point in self.trail if point is not None],
            "over": self.over,
            "lost": self.lost,
        }


class Game:
    """Sessions of the same user side by side. Several threads may use it."""

    def __init__(self, environment: Environment, user: int, sides: Sequence[Side]) -> None:
        self.environment, self.user, self.sides = environment, user, sides
        self._lock = Lock()

    @property
    def waits(self) -> bool:
        """Whether a person has to choose the next page."""
        return any(side.policy is None and not side.over for side in self.sides)

    @property
    def over(self) -> bool:
        """Whether all sessions are."""
        return all(side.over for side in self.sides)

    def play(self, positions: Sequence[int] | None = None, pages: int = 1) -> None:
        """Show the next page in every session that goes on.

        Args:
            positions: A person's page: up to slate_size different positions among the candidates, from 0. Slots left
                open are filled with the candidates after the last one. None where only policies play.
            pages: How many; more than one where only policies play.

        Raises:
            Wrong: The session is over, or it is not the turn of who wants to play.
        """
        with self._lock:
            if self.over:
                raise Wrong("the session is over; start another")
            if self.waits != (positions is not None):
                raise Wrong("slots: expected the numbers of the candidates to show, because you play; got none"
                            if self.waits else "slots: only policies play now; leave it out")  # fmt: skip
            slate = None if positions is None else self._slate(positions, pages)
            for _ in range(pages):
                for side in self.sides:
                    if not side.over:
                        side.show(slate)

    def told(self) -> Told:
        """All that is known without looking into the user."""
        with self._lock:
            person = next((side for side in self.sides if side.policy is None and not side.over), None)
            offered = [] if person is None else self.environment.teller.offered(person.env.state)
            return {"environment": self.environment.env_id, "user": self.user, "waits": self.waits, "over": self.over,
                    "offered": offered, "sides": [side.told() for side in self.sides]}  # fmt: skip

    def hidden(self) -> Told:
        """The truth about the user of every session."""
        with self._lock:
            return {"sides": [self.environment.teller.hidden(side.env.state, side.pages) for side in self.sides]}

    def _slate(self, positions: Sequence[int], pages: int) -> list[int]:
        size, num_candidates = self.environment.slate_size, self.environment.num_candidates
        if pages != 1:
            raise Wrong(f"pages: expected 1 because you choose each page, got {pages}")
        if not 1 <= len(positions) <= size:
            raise Wrong(f"slots: a page has {size} places, got {len(positions)} items; choose 1 to {size}")
        wrong: list[Any] = [place for place in positions if type(place) is not int or not 0 <= place < num_candidates]
        if wrong:
            raise Wrong(f"slots: expected whole numbers from 0 to {num_candidates - 1}, got {wrong[0]!r}")
        if len(set(positions)) < len(positions):
            raise Wrong(f"slots: a page shows an item once, got {list(positions)}; leave out what is there twice")
        return [*positions, *[positions[-1]] * (size - len(positions))]


def _page(info: dict[str, Any]) -> Page:
    """What came of a slate in the only lane, without the vector environment's `_key` masks."""
    return {name: _page(part) if isinstance(part, dict) else lane(part)
            for name, part in info.items() if not name.startswith("_")}  # fmt: skip
