"""Action views: every rule against brute force, masks as sb3-contrib reads them."""

from __future__ import annotations

import itertools

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

import recgym  # noqa: F401  registers the environments
from recgym.actions import VIEWS, ItemAction, ProtoAction, SequentialAction, SlateAction, make_view, next_free
from recgym.state import State
from recgym.testing import HashingEncoder, small_catalog

NUM_CANDIDATES, SLATE_SIZE = 6, 4
SMALL = {"catalog": small_catalog(), "encoder": HashingEncoder(16), "embedding_dim": 16, "slate_size": 3,
         "candidates_per_source": 2}  # fmt: skip
slates_wanted = st.lists(
    st.lists(st.integers(0, NUM_CANDIDATES - 1), min_size=SLATE_SIZE, max_size=SLATE_SIZE), min_size=1, max_size=5
)


def empty_state(num_envs: int) -> State:
    """The candidates are the rows 0, 1, 2, ..., so that a slate of rows is one of positions."""
    return State(step=np.zeros(num_envs, dtype=np.int64), candidates=np.tile(np.arange(8), (num_envs, 1)))


def first_free(taken: list[int], wanted: int, count: int = NUM_CANDIDATES) -> int:
    """The rule in plain words: go down the list from the wanted place, and on from the top, to one not taken."""
    while wanted in taken:
        wanted = (wanted + 1) % count
    return wanted


def by_hand(wanted: list[int], num_candidates: int = NUM_CANDIDATES) -> tuple[list[int], int]:
    """A slate without repeats, and how many slots were changed."""
    given_positions: list[int] = []
    for position in wanted:
        given_positions.append(first_free(given_positions, position, num_candidates))
    return given_positions, sum(a != b for a, b in zip(given_positions, wanted, strict=True))


@given(slates_wanted)
def test_a_repeat_moves_on_to_the_next_free_candidate(wanted):
    actions = np.array(wanted)
    decision = SlateAction(NUM_CANDIDATES, SLATE_SIZE).decode(empty_state(len(wanted)), actions)
    expected = [by_hand(line) for line in wanted]
    assert decision.slates.tolist() == [slate for slate, _ in expected]
    assert decision.replaced.tolist() == [changed for _, changed in expected]
    assert decision.complete.all()
    assert actions.tolist() == wanted  # the caller's array is the caller's


def test_all_slates_of_three_candidates():
    actions = np.array(list(itertools.product(range(3), repeat=3)))
    decision = SlateAction(3, 3).decode(empty_state(27), actions)
    assert (np.sort(decision.slates, axis=1) == [0, 1, 2]).all()
    kept = (decision.slates == actions).all(axis=1)
    assert kept.sum() == 6  # the permutations
    assert np.array_equal(kept, decision.replaced == 0)
    assert decision.slates[actions.tolist().index([1, 1, 1])].tolist() == [1, 2, 0]


@given(slates_wanted)
def test_one_slot_at_a_time_builds_the_slate_that_all_at_once_gives(wanted):
    view = SequentialAction(NUM_CANDIDATES, SLATE_SIZE)
    state = empty_state(len(wanted))
    view.reset(state)
    replaced = np.zeros(len(wanted), dtype=np.int64)
    for slot, actions in enumerate(np.array(wanted).T):
        masks = view.masks(state)
        assert (masks.sum(axis=1) == NUM_CANDIDATES - slot).all()
        seen = view.observe(state)
        assert np.array_equal(seen[:, :NUM_CANDIDATES] == 1, ~masks)
        position = seen[:, NUM_CANDIDATES:]
        assert (position.argmax(axis=1) == slot).all() and (position.sum(axis=1) == 1).all()
        before = state["picked"].copy()
        decision = view.decode(state, actions)
        assert np.array_equal(state["picked"], before)
        assert (decision.complete == (slot == SLATE_SIZE - 1)).all()
        replaced += decision.replaced
        state = decision.state
    at_once = SlateAction(NUM_CANDIDATES, SLATE_SIZE).decode(empty_state(len(wanted)), np.array(wanted))
    assert np.array_equal(decision.slates, at_once.slates)
    assert np.array_equal(replaced, at_once.replaced)
    assert (state["picked"] == -1).all() and view.masks(state).all()  # ready for the next slate


def test_lanes_may_differ_in_how_full_their_slates_are():
    view = SequentialAction(4, 2)
    state = empty_state(2)
    state["picked"] = np.array([[3, -1], [-1, -1]])
    decision = view.decode(state, np.array([3, 3]))
    assert decision.complete.tolist() == [True, False]
    assert decision.slates.tolist() == [[3, 0], [3, -1]]
    assert decision.replaced.tolist() == [1, 0]
    assert decision.state["picked"].tolist() == [[-1, -1], [3, -1]]


def test_sequential_and_slate_environments_have_the_same_sessions():
    """The users see the same slates, so they do the same; only the number of steps differs."""
    slate_env = gymnasium.make("RecGym-Ecommerce-v0", action="slate", **SMALL)
    slot_env = gymnasium.make("RecGym-Ecommerce-v0", action="sequential", **SMALL)
    slate_env.reset(seed=3)
    slot_env.reset(seed=3)
    slate_env.action_space.seed(0)
    for _ in range(30):
        slate = slate_env.action_space.sample()
        _, reward, terminated, truncated, info = slate_env.step(slate)
        parts = [slot_env.step(position) for position in slate]
        assert [part[1] for part in parts[:-1]] == [0.0] * (len(slate) - 1)
        assert not any(part[2] or part[3] for part in parts[:-1])
        assert parts[-1][1:4] == (reward, terminated, truncated)
        assert np.array_equal(parts[-1][4]["slate"], info["slate"])
        assert np.array_equal(parts[-1][4]["clicked"], info["clicked"])
        if terminated or truncated:
            slate_env.reset()
            slot_env.reset()


@given(st.integers(0, 2**32 - 1), st.integers(1, NUM_CANDIDATES))
def test_item_fill_is_the_nearest_candidates_nearest_first(seed, slate_size):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(3, NUM_CANDIDATES, 5)).astype(np.float32)
    lead = rng.integers(NUM_CANDIDATES, size=3)
    state = empty_state(3)
    state["candidate_features"] = features
    positions = ItemAction(NUM_CANDIDATES, slate_size).decode(state, lead).slates
    for lane in range(3):
        distance = [float(((features[lane, m] - features[lane, lead[lane]]) ** 2).sum()) for m in range(NUM_CANDIDATES)]
        others = sorted((m for m in range(NUM_CANDIDATES) if m != lead[lane]), key=distance.__getitem__)
        assert positions[lane].tolist() == [lead[lane], *others][:slate_size]


def test_item_fill_puts_the_lead_before_its_double():
    state = empty_state(1)
    state["candidate_features"] = np.array([[[1.0], [5.0], [1.0], [1.5]]], dtype=np.float32)
    assert ItemAction(4, 3).decode(state, np.array([2])).slates.tolist() == [[2, 0, 3]]
    assert ItemAction(4, 3, fill="none").decode(state, np.array([2])).slates.tolist() == [[2, -1, -1]]


@given(st.integers(0, 2**32 - 1), st.integers(1, NUM_CANDIDATES))
def test_proto_ranks_by_dot_product_ties_to_the_earlier(seed, slate_size):
    rng = np.random.default_rng(seed)
    state = empty_state(4)
    # Small whole numbers and halves: products are exact, ties are common.
    state["candidate_features"] = rng.integers(-1, 2, size=(4, NUM_CANDIDATES, 3)).astype(np.float32)
    queries = rng.integers(-2, 3, size=(4, 3)).astype(np.float32) / 2
    positions = ProtoAction(3, slate_size).decode(state, queries).slates
    for lane in range(4):
        score = [float(features @ queries[lane]) for features in state["candidate_features"][lane]]
        expected = sorted(range(NUM_CANDIDATES), key=lambda m: (-score[m], m))
        assert positions[lane].tolist() == expected[:slate_size]


def test_proto_reaches_every_candidate_that_is_best_in_some_direction():
    """In two dimensions with unit vectors each candidate is the best for the query that is itself."""
    angles = np.arange(5) * 2 * np.pi / 5
    vectors = np.stack((np.cos(angles), np.sin(angles)), axis=1).astype(np.float32)
    state = empty_state(5)
    state["candidate_features"] = np.tile(vectors, (5, 1, 1))
    assert ProtoAction(2, 1).decode(state, vectors).slates[:, 0].tolist() == [0, 1, 2, 3, 4]


@given(st.lists(st.booleans(), min_size=1, max_size=9).filter(any), st.data())
def test_next_free(free, data):
    wanted = data.draw(st.integers(0, len(free) - 1))
    taken = [position for position, is_free in enumerate(free) if not is_free]
    assert next_free(np.array([free]), np.array([wanted])).tolist() == [first_free(taken, wanted, len(free))]


def test_spaces_and_masks():
    state = empty_state(3)
    state["candidates"] = np.tile(np.arange(7), (3, 1))
    spaces_and_sizes = {
        "slate": (spaces.MultiDiscrete([7, 7]), 14),
        "item": (spaces.Discrete(7), 7),
        "sequential": (spaces.Discrete(7), 7),
    }
    for name, (space, size) in spaces_and_sizes.items():
        view = make_view(name, 7, 4, 2, "similar")
        view.reset(state)
        assert view.space == space
        masks = view.masks(state)
        assert masks.shape == (3, size) and masks.dtype == bool and masks.all()
        assert view.observe(state).shape == (3, view.num_features)
        assert view.steps_per_slate == (2 if name == "sequential" else 1)
    proto = make_view("proto", 7, 4, 2, "similar")
    assert proto.space == spaces.Box(-1, 1, (4,), np.float32)
    with pytest.raises(TypeError, match="slate.*item.*sequential"):
        proto.masks(state)
    assert set(VIEWS) == {*spaces_and_sizes, "proto"}


def test_maskable_ppo_never_names_an_item_twice():
    """sb3-contrib finds the masks by itself, through Gymnasium's wrappers, and obeys them."""
    from sb3_contrib import MaskablePPO
    from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported

    replaced = []

    class Replaced(gymnasium.Wrapper):
        def step(self, action):
            result = self.env.step(action)
            replaced.append(int(result[4]["replaced"]))
            return result

    env = Replaced(gymnasium.make("RecGym-Ecommerce-v0", action="sequential", session_length=5, **SMALL))
    env.reset(seed=0)
    env.step(4)
    assert is_masking_supported(env)
    assert np.flatnonzero(~get_action_masks(env)).tolist() == [4]
    replaced.clear()
    MaskablePPO("MlpPolicy", env, n_steps=64, batch_size=32, n_epochs=1, seed=0, device="cpu").learn(192)
    assert len(replaced) >= 192 and sum(replaced) == 0


@pytest.fixture(scope="module")
def small_env() -> gymnasium.Env:
    return gymnasium.make("RecGym-Ecommerce-v0", **SMALL)


@settings(max_examples=40, deadline=None)
@given(wanted=st.lists(st.integers(0, 9), min_size=3, max_size=3))
def test_no_slate_of_the_environment_shows_an_item_twice(small_env, wanted):
    small_env.reset(seed=1)
    candidates = small_env.unwrapped.state["candidates"][0].copy()
    *_, info = small_env.step(np.array(wanted))
    positions, replaced = by_hand(wanted, num_candidates=10)
    assert info["slate"].tolist() == candidates[positions].tolist()
    assert len(set(info["slate"].tolist())) == 3
    assert info["replaced"] == replaced
