"""BatchRNG: published SplitMix64 numbers, uniformity and independence by chi-square, one lane as in any batch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recgym.randomness import BatchRNG, Purpose, normal

GOLDEN = 0x9E3779B97F4A7C15
KEYS = np.random.default_rng(5).integers(2**64, size=4096, dtype=np.uint64)
keys_lists = st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8).map(
    lambda keys: np.array(keys, dtype=np.uint64)
)


def steps(num_envs: int, step: int = 0) -> np.ndarray:
    return np.full(num_envs, step, dtype=np.int64)


def chi_square_z(counts: np.ndarray) -> float:
    """How many standard deviations Pearson's statistic of equal cells lies above its mean."""
    expected = counts.sum() / counts.size
    assert expected > 10
    statistic = ((counts - expected) ** 2 / expected).sum()
    freedom = counts.size - 1
    return (statistic - freedom) / math.sqrt(2 * freedom)


def joint_z(one: np.ndarray, two: np.ndarray, bins: int = 16) -> float:
    """The same for the joint distribution of two samples."""
    cells = (one.ravel() * bins).astype(int) * bins + (two.ravel() * bins).astype(int)
    return chi_square_z(np.bincount(cells, minlength=bins * bins))


def test_the_numbers_are_those_of_splitmix64():
    """The first outputs of SplitMix64 for the seed 1234567, as its reference implementation prints them."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431,
                 16408922859458223821]  # fmt: skip
    key = np.array([1234567 + GOLDEN], dtype=np.uint64)  # the reference adds the constant before its first output
    drawn = BatchRNG(key).uniform(steps(1), Purpose.POPULATION, 5)
    assert drawn[0].tolist() == [(number >> 11) / 2**53 for number in published]


def test_uniform():
    drawn = BatchRNG(KEYS).uniform(steps(4096), Purpose.RESPONSE, 50)
    assert drawn.shape == (4096, 50) and drawn.dtype == np.float64
    assert drawn.min() >= 0 and drawn.max() < 1
    assert abs(chi_square_z(np.bincount((drawn.ravel() * 256).astype(int), minlength=256))) < 4.5
    last_bits = (drawn.ravel() * 2**53).astype(np.int64) & 255
    assert abs(chi_square_z(np.bincount(last_bits, minlength=256))) < 4.5


def test_lanes_steps_purposes_indices_and_episodes_are_independent():
    rng = BatchRNG(KEYS)
    here = rng.uniform(steps(4096, 3), Purpose.RESPONSE, 16)
    next_step = rng.uniform(steps(4096, 4), Purpose.RESPONSE, 16)
    next_episode = rng.next_episode(np.arange(4096)).uniform(steps(4096, 3), Purpose.RESPONSE, 16)
    pairs = {
        "lanes": (here[:-1], here[1:]),
        "steps": (here, next_step),
        "episodes": (here, next_episode),
        "indices": (here[:, :-1], here[:, 1:]),
        "step and index": (here[:, 1:], next_step[:, :-1]),
        "lanes and episodes": (here[1:], next_episode[:-1]),
        **{
            purpose.name: (here, rng.uniform(steps(4096, 3), purpose, 16))
            for purpose in Purpose
            if purpose != Purpose.RESPONSE
        },
    }
    for name, (one, two) in pairs.items():
        assert abs(joint_z(one, two)) < 4.5, name
        assert not (one == two).any(), name


def test_streams_of_one_lane_do_not_meet_in_a_session():
    """200 steps of all purposes: no number comes twice."""
    rng = BatchRNG(KEYS[:1])
    drawn = [rng.uniform(steps(1, step), purpose, 64) for step in range(-1, 200) for purpose in Purpose]
    assert len(np.unique(drawn)) == 201 * len(Purpose) * 64


@given(keys_lists, st.integers(-1, 10**6), st.sampled_from(Purpose), st.integers(1, 40))
def test_a_lane_alone_draws_what_it_draws_in_a_batch(keys, step, purpose, size):
    moments = steps(len(keys), step) + np.arange(len(keys))
    together = BatchRNG(keys).uniform(moments, purpose, size)
    for i in range(len(keys)):
        alone = BatchRNG(keys[i : i + 1]).uniform(moments[i : i + 1], purpose, size)
        assert np.array_equal(alone[0], together[i])
    lanes = np.arange(0, len(keys), 2)
    assert np.array_equal(BatchRNG(keys).take(lanes).uniform(moments[lanes], purpose, size), together[lanes])
    assert np.array_equal(BatchRNG(keys).uniform(moments, purpose, size + 3)[:, :size], together)


@given(keys_lists, st.data())
def test_next_episode_moves_the_given_lanes_and_no_others(keys, data):
    lanes = np.array(sorted(data.draw(st.sets(st.integers(0, len(keys) - 1)))), dtype=np.int64)
    given_keys = keys.copy()
    rng = BatchRNG(keys)
    moved = rng.next_episode(lanes)
    assert np.array_equal(rng.keys, given_keys)
    others = np.setdiff1d(np.arange(len(keys)), lanes)
    assert np.array_equal(moved.keys[others], keys[others])
    assert (moved.keys[lanes] != keys[lanes]).all()
    for i in lanes:
        assert BatchRNG(keys[i : i + 1]).next_episode(np.array([0])).keys[0] == moved.keys[i]


def test_many_episodes_do_not_repeat():
    rng, seen = BatchRNG(KEYS[:4]), []
    for _ in range(2000):
        seen += rng.keys.tolist()
        rng = rng.next_episode(np.arange(4))
    assert len(set(seen)) == 8000


@pytest.fixture(scope="module")
def normals() -> np.ndarray:
    return normal(BatchRNG(KEYS).uniform(steps(4096), Purpose.POPULATION, 64))


def test_normal_moments(normals):
    values, count = normals.ravel(), normals.size
    # Standard errors of the first four moments of a standard normal: sqrt(1, 2, 15, 96) / sqrt(count).
    for power, expected, variance in ((1, 0.0, 1), (2, 1.0, 2), (3, 0.0, 15), (4, 3.0, 96)):
        assert abs((values**power).mean() - expected) < 4 * math.sqrt(variance / count), power


def test_normal_distribution_by_kolmogorov_and_smirnov(normals):
    values = np.sort(normals.ravel())[::7]
    below = np.array([0.5 * (1 + math.erf(value / math.sqrt(2))) for value in values])
    distance = np.abs(below - (np.arange(len(values)) + 0.5) / len(values)).max()
    assert distance * math.sqrt(normals.size) < 1.95  # exceeded once in a thousand


def test_normal_columns_are_independent(normals):
    for shift in (1, 32):  # the cosine and the sine of one angle are 32 columns apart
        product = (normals[:, :-shift] * normals[:, shift:]).ravel()
        assert abs(product.mean()) < 4 / math.sqrt(product.size)
        squares = ((normals[:, :-shift] ** 2 - 1) * (normals[:, shift:] ** 2 - 1)).ravel()
        assert abs(squares.mean()) < 4 * 2 / math.sqrt(squares.size)


def test_normal_known_answers_and_extremes():
    """Box and Muller: sqrt(-2 log(1 - u)) times the cosine and the sine of 2 pi v."""
    values = normal(np.array([[1 - math.exp(-0.5), 1 - math.exp(-2.0), 0.25, 0.5]]))
    assert np.allclose(values, [[0.0, -2.0, 1.0, 0.0]], atol=1e-12)
    extremes = normal(np.array([[0.0, 1 - 2.0**-53, 0.0, 0.0]]))
    assert np.isfinite(extremes).all() and extremes[0, 0] == 0 and 8 < extremes[0, 1] < 9
