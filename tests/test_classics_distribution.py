"""Whole sessions of the classic models: beside RecSim's, and what looking ahead brings."""

from __future__ import annotations

import math

import classics_helpers
import numpy as np
import pytest
from classics_helpers import GREEDY, PLANNED, POLICIES, RANDOM, bored, evolution, exploration, keys, satisfaction

from recgym.classics import Boredom

SESSIONS = {"interest_evolution": evolution, "interest_exploration": exploration, "long_term_satisfaction": satisfaction}
CASES = [(name, policy) for name in SESSIONS for policy in POLICIES]
NUM_SESSIONS = 20_000
ALPHA_EQUIVALENT = 0.05
ALPHA_DIFFERENT = 0.001


@pytest.fixture(scope="module")
def both():
    """(environment, policy) -> (RecSim's columns, our sessions)."""
    found = {}
    for number, (name, policy) in enumerate(CASES):
        stored = classics_helpers.recsim(name)["sessions"][policy]
        theirs = {column: np.array(values) for column, values in stored.items()}
        found[name, policy] = (theirs, SESSIONS[name](keys(NUM_SESSIONS, number), POLICIES[policy]))
    return found


def equivalent(theirs: np.ndarray, ours: np.ndarray, margin: float) -> bool:
    """Two one-sided tests (Schuirmann 1987): the means differ by less than `margin`."""
    from scipy.stats import norm

    error = math.sqrt(theirs.var(ddof=1) / len(theirs) + ours.var(ddof=1) / len(ours))
    return bool(abs(theirs.mean() - ours.mean()) + norm.isf(ALPHA_EQUIVALENT) * error < margin)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "policy"), CASES)
def test_sessions_are_recsims(both, name, policy):
    """Means within 1 %, distributions not different, variances within 10 %."""
    from scipy.stats import ks_2samp

    theirs, ours = both[name, policy]
    for column, mine in (("return", ours.total), ("length", ours.length), ("clicks", ours.clicks)):
        his = theirs[column]
        if his.std() == 0:  # sessions of fixed length
            assert (mine == his[0]).all(), column
            continue
        assert equivalent(his, mine, 0.01 * his.mean()), column
        assert ks_2samp(his, mine).pvalue > ALPHA_DIFFERENT / (2 * len(CASES)), column
        assert 0.9 < mine.var() / his.var() < 1.1, column
    assert equivalent(theirs["quality"], ours.quality, 0.02)


@pytest.mark.slow
def test_policies_rank_as_in_recsim(both):
    for name in SESSIONS:
        for side in ([both[name, policy][0]["return"].mean() for policy in POLICIES],
                     [both[name, policy][1].total.mean() for policy in POLICIES]):  # fmt: skip
            random, greedy, quality = side
            if name == "interest_evolution":
                assert random < greedy < quality
            else:
                assert greedy == max(side)


def test_equivalence_is_refused_where_it_does_not_hold():
    rng = np.random.default_rng(0)
    sample = rng.normal(100, 10, 5000)
    assert equivalent(sample, rng.normal(100, 10, 20_000), 1.0)
    assert not equivalent(sample, rng.normal(101.5, 10, 20_000), 1.0)
    assert not equivalent(sample[:50], rng.normal(100, 10, 20_000), 1.0)  # too few to know


@pytest.mark.slow
def test_references_of_interest_evolution():
    """The myopic slate, and exact slates for a linear value of the budget without and with the no-click outcome.

    The numbers are those of an independent implementation, with their standard errors. Leaving the no-click outcome out of
    the choice of the slate, as RecSim's SlateQ does, loses most of what planning gains.
    """
    references = (
        (GREEDY, {}, 167.77, 0.24),
        (PLANNED, {"rho": 0.87, "bottom": False}, 182.5, 0.65),
        (PLANNED, {"rho": 1.39}, 279.7, 1.2),
    )
    qualities = []
    for policy, settings, expected, error in references:
        found = evolution(keys(NUM_SESSIONS, 99), policy, **settings)
        own_error = found.total.std() / math.sqrt(NUM_SESSIONS)
        assert abs(found.total.mean() - expected) < 3 * math.hypot(error, own_error)
        qualities.append(found.quality.mean())
    myopic, without, planned = qualities
    assert myopic < without < 0 < planned
    assert (myopic, planned) == pytest.approx((-0.616, 1.52), abs=0.03)


@pytest.mark.slow
def test_greed_bores():
    """SARDINE's slates of ten: its greedy oracle gets 145.9 clicks there, and sparing the topics 2.5 to 3 times as many."""
    random, greedy, spared = (bored(keys(400, 5), policy).mean() for policy in (RANDOM, GREEDY, PLANNED))
    assert greedy == pytest.approx(145.9, rel=0.05)
    assert random < 0.5 * greedy and 2.5 * greedy < spared
    never = Boredom(threshold=10**6)
    untiring, alike = (bored(keys(400, 5), policy, model=never).mean() for policy in (GREEDY, PLANNED))
    assert untiring > alike  # nothing to spare where nothing bores
