"""What can be asked of the playground, without the web: JSON-able in, JSON-able out."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from recgym import described
from recgym.arguments import did_you_mean, one_of, whole_number
from recgym.playground.duel import NUM_SESSIONS, fight
from recgym.playground.game import YOU, Environment, Game, Wrong
from recgym.playground.policies import Offer, open_model
from recgym.playground.telling import Told
from recgym.registration import ENVIRONMENTS

MOST_USERS = 1_000_000
GAMES_PER_BROWSER, GAMES = 8, 64  # kept; the oldest goes first, a browser's own before those of others


class NotThere(LookupError):
    """There is no such environment or game; the message says what there is."""


class Games:
    """The games that are kept, by browser."""

    def __init__(self, per_browser: int = GAMES_PER_BROWSER, most: int = GAMES) -> None:
        self.per_browser, self.most = per_browser, most
        self._games: OrderedDict[tuple[str, str], Game] = OrderedDict()  # the least recently used first
        self._lock = Lock()

    def add(self, browser: str, game: Game) -> str:
        """Keep a game, and say under which id."""
        game_id = secrets.token_urlsafe(9)
        with self._lock:
            own = [key for key in self._games if key[0] == browser]
            if len(own) >= self.per_browser:
                del self._games[own[0]]
            elif len(self._games) >= self.most:
                self._games.popitem(last=False)
            self._games[browser, game_id] = game
        return game_id

    def find(self, browser: str, game_id: str) -> Game:
        """The game of a browser.

        Raises:
            NotThere: This browser has no such game.
        """
        with self._lock:
            if (browser, game_id) not in self._games:
                raise NotThere(f"no game {game_id!r} of this browser; it may have been the oldest of more than "
                               f"{self.per_browser}. Start another")  # fmt: skip
            self._games.move_to_end((browser, game_id))
            return self._games[browser, game_id]


class Playground:
    """All environments, and the games of all browsers. Several threads may use it.

    Args:
        models: Files of trained policies.
        own: Ids of registered environments that stand before RecGym's own.

    Raises:
        ValueError: One of them cannot be opened.
    """

    def __init__(self, models: Sequence[Path] = (), own: Sequence[str] = ()) -> None:
        self.games = Games()
        self._ids = tuple(dict.fromkeys((*own, *ENVIRONMENTS)))
        self._models: dict[str, list[Offer]] = {}
        for path in models:
            env_id, offer = open_model(path)
            self._models.setdefault(env_id, []).append(offer)
        self._environments: dict[str, Environment] = {}
        self._lock = Lock()

    def environments(self) -> Told:
        """The environments, those with a model first."""
        names = sorted(self._ids, key=lambda env_id: env_id not in self._models)
        return {"environments": [{"id": env_id, "title": _title(env_id)} for env_id in names]}

    def environment(self, env_id: Any) -> Environment:
        """One of them; made when it is first asked for.

        Raises:
            NotThere: There is none of that id.
        """
        if not isinstance(env_id, str) or env_id not in self._ids:
            hint = did_you_mean(str(env_id), self._ids)
            raise NotThere(f"no environment {env_id!r}; there are {', '.join(self._ids)}.{hint}")
        with self._lock:
            if env_id not in self._environments:
                self._environments[env_id] = Environment(env_id, self._models.get(env_id, ()))
            return self._environments[env_id]

    def new_game(self, browser: str, asked: Any) -> Told:
        """Start one: {"environment", "first": a policy or "you", "second": a policy or null, "user": 0 by default}."""
        fields = _fields(asked, {"environment", "first"}, {"second", "user"})
        environment = self.environment(fields["environment"])
        first = _policy("first", fields["first"], [YOU, *environment.offers])
        second = fields.get("second")
        if second is not None:
            second = _policy("second", second, environment.offers)
        game = environment.new_game(_user(fields), first, second)
        return {"id": self.games.add(browser, game)} | game.told()

    def game(self, browser: str, game_id: str) -> Told:
        """A game as it stands."""
        return {"id": game_id} | self.games.find(browser, game_id).told()

    def step(self, browser: str, game_id: str, asked: Any) -> Told:
        """The next page: {"slots": positions among the candidates} of a person, or {"pages": 1 by default}."""
        game = self.games.find(browser, game_id)
        fields = _fields(asked, set(), {"slots", "pages"})
        slots = fields.get("slots")
        if slots is not None and not isinstance(slots, list):
            raise Wrong(f"slots: expected a list of positions such as [0, 4, 7], got {slots!r:.80}")
        pages = _number("pages", fields.get("pages", 1), 1, game.environment.session_length)
        game.play(slots, pages)
        return {"id": game_id} | game.told()

    def hidden(self, browser: str, game_id: str) -> Told:
        """The truth about the user."""
        return self.games.find(browser, game_id).hidden()

    def duel(self, asked: Any) -> Told:
        """Twenty sessions: {"environment", "first", "second": policies, "user": the first one, 0 by default}."""
        fields = _fields(asked, {"environment", "first", "second"}, {"user"})
        environment = self.environment(fields["environment"])
        names = [_policy(side, fields[side], environment.offers) for side in ("first", "second")]
        user = _user(fields)
        return {"names": names, "user": user} | fight(*(environment.offers[name] for name in names), user).told()


def _title(env_id: str) -> str:
    """What an environment is, in a few words."""
    title, _, _ = described.docstring_sections(described.scenario_module(env_id))
    return title.partition(": ")[2] or title


def _fields(asked: Any, needed: Collection[str], more: Collection[str]) -> Mapping[str, Any]:
    """The fields of a request.

    Raises:
        Wrong: It is no object, or lacks a field, or has one that nobody knows.
    """
    known = sorted({*needed, *more})
    if not isinstance(asked, dict):
        raise Wrong(f"expected a JSON object with {', '.join(known)}, got {asked!r:.80}")
    if missing := sorted(set(needed) - set(asked)):
        raise Wrong(f"missing: {', '.join(missing)}; the fields are {', '.join(known)}")
    if unknown := sorted(set(asked) - set(known)):
        raise Wrong(f"unknown field {unknown[0]!r}; the fields are {', '.join(known)}")
    return asked


def _policy(field: str, name: Any, offers: Collection[str]) -> str:
    try:
        return one_of(field, name if isinstance(name, str) else repr(name), offers)
    except ValueError as problem:
        raise Wrong(str(problem)) from None


def _user(fields: Mapping[str, Any]) -> int:
    return _number("user", fields.get("user", 0), 0, MOST_USERS - NUM_SESSIONS)


def _number(field: str, value: Any, least: int, most: int) -> int:
    try:
        number = whole_number(field, value, least)
    except ValueError as problem:
        raise Wrong(str(problem)) from None
    if number > most:
        raise Wrong(f"{field}: expected at most {most}, got {value}")
    return number
