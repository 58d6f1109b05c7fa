"""Dynamics all together: untouched states, owners of variables, determinism, bounds over whole sessions."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from recgym.randomness import BatchRNG
from recgym.scenarios import ecommerce
from recgym.scenarios import ecommerce_words as words
from recgym.scenarios.scenario import build
from recgym.state import State
from recgym.testing import HashingEncoder, small_catalog


@pytest.fixture(scope="module")
def simulator():
    sizes = {"embedding_dim": 16, "slate_size": 3, "candidates_per_source": 2}
    config = ecommerce.Ecommerce(small_catalog(), HashingEncoder(16), **sizes)
    return build(config).simulator


def digest(state: State) -> dict[str, str]:
    return {name: hashlib.sha256(values.tobytes()).hexdigest() for name, values in state.items()}


def sessions(simulator, steps: int = 25):
    """(state before, transition) of 40 users under random slates, every state frozen as soon as it is known."""
    rng = BatchRNG(np.random.default_rng(0).integers(2**64, size=40, dtype=np.uint64))
    draw = np.random.default_rng(1)
    state = simulator.reset(rng)
    for _ in range(steps):
        for values in state.values():
            values.flags.writeable = False  # who writes into it raises
        slots = draw.permuted(np.tile(np.arange(simulator.num_candidates), (40, 1)), axis=1)[:, :3]
        slates = np.take_along_axis(state["candidates"], slots, axis=1)
        slates[::7, 2] = -1
        before = digest(state)
        transition = simulator.step(state, slates, rng)
        assert digest(state) == before
        yield state, transition
        state = transition.state


def test_a_step_never_writes_into_the_state_before_it(simulator):
    assert len(list(sessions(simulator))) == 25


def test_parts_own_different_variables(simulator):
    rng = BatchRNG(np.arange(3, dtype=np.uint64))
    state = simulator.reset(rng)
    response = simulator.response.respond(state, state["candidates"][:, :3].copy(), rng)
    after, owned = State(state), []
    for part in simulator.dynamics:
        already = dict(after)
        part.step(state, after, state["candidates"][:, :3].copy(), response, np.full((3, part.num_uniforms), 0.5))
        owned += [name for name in state if after[name] is not already[name]]
    assert len(set(owned)) == len(owned) > 20
    assert set(after) == set(state)


def test_a_step_keeps_every_variable_its_type_and_shape(simulator):
    for before, transition in sessions(simulator, steps=3):
        described = [{name: (values.dtype, values.shape) for name, values in state.items()}
                     for state in (before, transition.state)]  # fmt: skip
        assert described[0] == described[1]


def test_a_step_is_a_function_of_state_slates_and_stream(simulator):
    one = [digest(transition.state) for _, transition in sessions(simulator, steps=5)]
    two = [digest(transition.state) for _, transition in sessions(simulator, steps=5)]
    assert one == two and len({str(one_step) for one_step in one}) == 5


def test_distractors_change_nothing(simulator):
    """Another age group, season, campaign, or a researcher instead of an explorer: all else goes the same way."""
    shape = tuple(map(len, (words.WEEKDAYS, words.DAYTIMES, words.DEVICES, words.SEASONS, words.CAMPAIGNS)))
    rng = BatchRNG(np.random.default_rng(4).integers(2**64, size=60, dtype=np.uint64))
    state = simulator.reset(rng)
    assert {"age_group", "segment", "context"} < set(state)
    other = State({name: values.copy() for name, values in state.items()})
    for _ in range(20):
        weekday, daytime, device, season, campaign = np.unravel_index(state["context"], shape)
        other["context"] = np.ravel_multi_index((weekday, daytime, device, (season + 1) % 4, (campaign + 1) % 4), shape)
        other["age_group"] = (state["age_group"] + 1) % len(words.AGE_GROUPS)
        other["segment"] = np.where(state["segment"] == 2, 2, 1 - state["segment"])
        slates = state["candidates"][:, :3]
        one, two = simulator.step(state, slates, rng), simulator.step(other, slates, rng)
        state, other = one.state, two.state
        assert np.array_equal(one.reward, two.reward) and np.array_equal(one.terminated, two.terminated)
        same = set(state) - {"age_group", "segment", "context"}
        assert all(np.array_equal(state[name], other[name]) for name in same)


def test_invariants_over_sessions(simulator):
    for before, transition in sessions(simulator):
        after = transition.state
        assert (after["step"] == before["step"] + 1).all()
        assert ((after["trust"] >= 0) & (after["trust"] <= 1)).all()
        assert ((after["readiness"] >= 0) & (after["readiness"] <= 1)).all()
        assert (after["satiation"] >= 0).all()
        assert np.allclose(np.linalg.norm(after["interest"], axis=1), 1, atol=1e-5)
        assert np.array_equal(after["visit"], before["visit"] + after["left"])
        assert np.array_equal(transition.terminated, after["churned"])
        assert all(np.isfinite(values).all() for values in after.values())
