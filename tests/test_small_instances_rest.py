"""Music and games at toy size: what tires has to rest, planned exactly, and the simulator beside the plan."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from recgym.dynamics import Boredom, Repertoire, Satiation, Trust, Wear
from recgym.response import FunnelResponse
from recgym.scenarios.games import GamesReward
from recgym.scenarios.music import MusicReward
from recgym.scenarios.music_listeners import Familiar, Weights
from recgym.simulator import Simulator
from tests.planning import by_tree
from tests.small_worlds import BothItems, SameUser, held_against, logistic, only, plain_habits, play, staying, two_items

NUM_SESSIONS = 20_000
Levels = tuple[float, float]


class MusicService:
    """Two tracks of two genres; each play adds to its genre's satiation, which fades from page to page.

    Clicks fall with satiation. With one genre that tires and one that does not, the favourite has to rest.
    """

    num_actions = 2
    HORIZON, WEIGHT, DECAY = 7, 2.0, (0.875, 0.5)  # so that all numbers are exact in float32

    def __init__(self, pull: Levels, strength: Levels, decay: Levels = DECAY) -> None:
        self.pull, self.strength, self.decay = pull, strength, decay

    def after(self, levels: Levels, clicked: int | None) -> Levels:
        return tuple(level * self.decay[genre] + 0.5 * self.strength[genre] * (genre == clicked)
                     for genre, level in enumerate(levels))  # fmt: skip

    def outcomes(self, levels: Levels, track: int) -> list[tuple[float, float, Levels]]:
        """(probability, reward, next levels)."""
        click = logistic(self.pull[track] - self.WEIGHT * levels[track])
        return [(click, 1.0, self.after(levels, track)), (1 - click, 0.0, self.after(levels, None))]

    def plan(self, far_sighted: bool):
        """(value, track) of satiation levels with so many pages to go."""
        return by_tree(self, far_sighted)

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        items = two_items(pull=self.pull)
        satiation = Satiation(items, decay=self.decay, strength=self.strength)
        world = Simulator(
            catalog=None, items=items, users=SameUser(), retrieval=BothItems(), features=BothItems(),
            response=FunnelResponse(items, 1, plain_habits(satiation=self.WEIGHT)), dynamics=(staying(), satiation),
            reward=MusicReward(items, only(MusicReward, click=1.0)),
        )  # fmt: skip
        best = self.plan(far_sighted)

        def choose(state, step):
            return np.array([best(tuple(map(float, levels)), self.HORIZON - step)[1] for levels in state["satiation"]])

        return play(world, choose, self.HORIZON, NUM_SESSIONS, seed)


FAVOURITE_TIRES = MusicService(pull=(3.0, -1.0), strength=(4.0, 0.25))


@pytest.mark.parametrize("far_sighted", [True, False])
def test_the_music_service_reaches_its_plan(far_sighted):
    value = FAVOURITE_TIRES.plan(far_sighted)((0.0, 0.0), MusicService.HORIZON)[0]
    held_against(value, FAVOURITE_TIRES.returns(far_sighted, seed=3))


def test_a_service_that_looks_ahead_lets_the_favourite_rest():
    best, myopic = (FAVOURITE_TIRES.plan(far_sighted)((0.0, 0.0), MusicService.HORIZON)
                    for far_sighted in (True, False))  # fmt: skip
    assert (best[0] - myopic[0]) / best[0] > 0.05


def test_equal_genres_are_no_reason_to_look_ahead():
    """The negative control: with identical arms greed is optimal (Leqi et al., NeurIPS 2021)."""
    service = MusicService(pull=(0.3, 0.3), strength=(1.0, 1.0), decay=(0.5, 0.5))
    best, myopic = (service.plan(far_sighted)((0.0, 0.0), service.HORIZON)[0] for far_sighted in (True, False))
    assert best == pytest.approx(myopic, rel=1e-12)


class Listener(SameUser):
    """Knows both tracks."""

    def sample(self, rng):
        state = super().sample(rng)
        state["favourites"] = np.tile([0, 1, 0], (state.num_envs, 1))
        return state


class Favourites:
    """Two tracks a listener knows, a hit and a calm one, and trust.

    A play wears the hit much, rest makes it good again. Out of habit the hit is clicked most, worn or not. Worn it is
    skipped, and that costs trust and clicks: it has to rest.
    """

    num_actions = 2
    HORIZON, PULL = 7, (0.0, -0.5)
    PLAY, KEEP = (2.0, 0.25), (0.5, 0.25)  # so that all numbers are exact in float32
    WEIGHTS = Weights(click=(1.0, 1.0, 1.0), stay=1.0, worn=3.0)
    STAY, TRUST = 2.0, 4.0
    GAIN, LOSS = 0.0625, 0.25
    Mind = tuple[Levels, float]  # wear, and trust
    START: Mind = ((0.0, 0.0), 0.5)

    def after(self, mind: Mind, played: int | None, pleased: bool) -> Mind:
        worn, trust = mind
        tracks = enumerate(zip(self.KEEP, worn, self.PLAY, strict=True))
        rested = tuple(keep * level + play * (track == played) for track, (keep, level, play) in tracks)
        moved = 0.0 if played is None else self.GAIN if pleased else -self.LOSS
        return rested, min(max(trust + moved, 0.0), 1.0)

    def outcomes(self, mind: Mind, track: int) -> list[tuple[float, float, Mind]]:
        """(probability, reward, next wear and trust)."""
        worn, trust = mind
        click = logistic(self.PULL[track] + self.WEIGHTS.click[0] + self.TRUST * (trust - 0.5))
        stay = logistic(self.STAY + self.WEIGHTS.stay - self.WEIGHTS.worn * worn[track])
        return [(click * stay, 1.0, self.after(mind, track, True)),
                (click * (1 - stay), 1.0, self.after(mind, track, False)),
                (1 - click, 0.0, self.after(mind, None, False))]  # fmt: skip

    def plan(self, far_sighted: bool):
        """(value, track) of a listener's mind with so many pages to go."""
        return by_tree(self, far_sighted)

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        items = two_items(pull=self.PULL)
        wear = Wear(np.array(self.PLAY), np.array(self.KEEP), np.ones(2))
        trust = Trust(start=0.5, spread=0.0, stay_gain=self.GAIN, disappointment_loss=self.LOSS, forgetting=0.0)
        habits = dataclasses.replace(plain_habits(trust=self.TRUST), stays={"bias": self.STAY})
        world = Simulator(
            catalog=None, items=items, users=Listener(), retrieval=BothItems(), features=BothItems(),
            response=FunnelResponse(items, 1, habits, fit=Familiar(self.WEIGHTS)),
            dynamics=(trust, staying(), Repertoire(items, np.zeros(2), wear)),
            reward=MusicReward(items, only(MusicReward, click=1.0)),
        )  # fmt: skip
        best = self.plan(far_sighted)

        def choose(state, step):
            minds = zip(state["worn"], state["trust"], strict=True)
            return np.array([best((tuple(map(float, worn)), float(trust)), self.HORIZON - step)[1]
                             for worn, trust in minds])  # fmt: skip

        return play(world, choose, self.HORIZON, NUM_SESSIONS, seed)


@pytest.mark.parametrize("far_sighted", [True, False])
def test_favourites_reach_their_plan(far_sighted):
    favourites = Favourites()
    planned = favourites.plan(far_sighted)(favourites.START, favourites.HORIZON)[0]
    held_against(planned, favourites.returns(far_sighted, seed=6))


def test_who_looks_ahead_lets_a_worn_favourite_rest():
    favourites = Favourites()
    best, myopic = (favourites.plan(far_sighted)(favourites.START, favourites.HORIZON)[0]
                    for far_sighted in (True, False))  # fmt: skip
    assert (best - myopic) / best > 0.05
    choice = favourites.plan(far_sighted=True)
    assert choice(((2.0, 0.0), 0.5), 6)[1] == 1 and choice(((0.0, 0.0), 0.5), 6)[1] == 0


class GamesStore:
    """Two games of two genres, of which one is tried more; two tries within two pages bore of a genre for four."""

    num_actions = 2
    HORIZON, WEIGHT = 10, 3.0
    PULL = (1.5, -0.5)
    LIMIT, WINDOW, LASTING = 2, 2, 4
    Memory = tuple[tuple[tuple[int, int], ...], tuple[int, int]]  # clicks of the last pages by genre, pages still bored
    START: Memory = (((0, 0),) * WINDOW, (0, 0))

    def after(self, memory: Memory, clicked: int | None) -> Memory:
        pages = (*memory[0][1:], tuple(int(genre == clicked) for genre in (0, 1)))
        bored = [max(left - 1, 0) for left in memory[1]]
        for genre in (0, 1):
            if sum(page[genre] for page in pages) >= self.LIMIT and not bored[genre]:
                bored[genre] = self.LASTING
        return pages, tuple(bored)

    def outcomes(self, memory: Memory, game: int) -> list[tuple[float, float, Memory]]:
        """(probability, reward, next memory)."""
        click = logistic(self.PULL[game] - self.WEIGHT * (memory[1][game] > 0))
        return [(click, 1.0, self.after(memory, game)), (1 - click, 0.0, self.after(memory, None))]

    def plan(self, far_sighted: bool):
        """(value, game) of a memory with so many pages to go."""
        return by_tree(self, far_sighted)

    def returns(self, far_sighted: bool, seed: int) -> np.ndarray:
        items = two_items(pull=self.PULL)
        boredom = Boredom(items, self.LIMIT, self.WINDOW, self.LASTING)
        world = Simulator(
            catalog=None, items=items, users=SameUser(), retrieval=BothItems(), features=BothItems(),
            response=FunnelResponse(items, 1, plain_habits(satiation=self.WEIGHT)), dynamics=(staying(), boredom),
            reward=GamesReward(items, only(GamesReward, click=1.0)),
        )  # fmt: skip
        best = self.plan(far_sighted)

        def choose(state, step):
            chosen = []
            for clicks, bored in zip(state["recent_clicks"], state["bored_pages"], strict=True):
                memory = tuple(tuple(map(int, page)) for page in clicks), tuple(map(int, bored))
                chosen.append(best(memory, self.HORIZON - step)[1])
            return np.array(chosen)

        return play(world, choose, self.HORIZON, NUM_SESSIONS, seed)


@pytest.mark.parametrize("far_sighted", [True, False])
def test_the_games_store_reaches_its_plan(far_sighted):
    store = GamesStore()
    held_against(store.plan(far_sighted)(store.START, store.HORIZON)[0], store.returns(far_sighted, seed=4))


def test_a_store_that_looks_ahead_changes_genres_before_they_bore():
    store = GamesStore()
    best, myopic = (store.plan(far_sighted)(store.START, store.HORIZON)[0] for far_sighted in (True, False))
    assert (best - myopic) / best > 0.05
