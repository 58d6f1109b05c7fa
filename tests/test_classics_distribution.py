"""Whole sessions of the classic environments: beside RecSim's, and what looking ahead brings."""

from __future__ import annotations

import math

import classics_helpers
import numpy as np
import pytest
from classics_helpers import IDS, POLICIES, named, run, sessions, slates

from baselines.classics import budget_slates
from baselines.heuristics import RandomRecommender
from baselines.recommender import make_lanes

NAMES = ("interest_evolution", "interest_exploration", "long_term_satisfaction")
CASES = [(name, policy) for name in NAMES for policy in POLICIES]
NUM_SESSIONS = {"interest_evolution": 20_000, "interest_exploration": 60_000, "long_term_satisfaction": 20_000}
ALPHA_EQUIVALENT = 0.05
ALPHA_DIFFERENT = 0.001


@pytest.fixture(scope="module")
def both():
    """(environment, policy) -> (RecSim's columns, our sessions); computed when it is asked for."""
    found = {}

    def get(name, policy):
        if (name, policy) not in found:
            stored = classics_helpers.recsim(name)["sessions"][policy]
            theirs = {column: np.array(values) for column, values in stored.items()}
            ours = run(name, policy, NUM_SESSIONS[name], 100_000 * CASES.index((name, policy)))
            found[name, policy] = (theirs, ours)
        return found[name, policy]

    return get


def equivalent(theirs: np.ndarray, ours: np.ndarray, margin: float) -> bool:
    """Two one-sided tests (Schuirmann 1987): the means differ by less than `margin`."""
    from scipy.stats import norm

    error = math.sqrt(theirs.var(ddof=1) / len(theirs) + ours.var(ddof=1) / len(ours))
    return bool(abs(theirs.mean() - ours.mean()) + norm.isf(ALPHA_EQUIVALENT) * error < margin)


@pytest.mark.parametrize("name", NAMES)
def test_the_environments_have_the_sizes_that_recsim_was_run_with(name):
    stored, env = classics_helpers.recsim(name), make_lanes(IDS[name], 1)
    assert (env.simulator.slate_size, env.simulator.num_candidates) == (stored["slate_size"], stored["num_candidates"])


@pytest.mark.slow
@pytest.mark.parametrize(("name", "policy"), CASES)
def test_sessions_are_recsims(both, name, policy):
    """Means within 1 %, distributions not different, variances within 10 %; quality, which is -3 to 3, within 0.03."""
    from scipy.stats import ks_2samp

    theirs, ours = both(name, policy)
    for column, mine in (("return", ours.total), ("length", ours.length), ("clicks", ours.clicks)):
        his = theirs[column]
        if his.std() == 0:  # sessions of fixed length
            assert (mine == his[0]).all(), column
            continue
        assert equivalent(his, mine, 0.01 * his.mean()), column
        assert ks_2samp(his, mine).pvalue > ALPHA_DIFFERENT / (2 * len(CASES)), column
        assert 0.9 < mine.var() / his.var() < 1.1, column
    assert equivalent(theirs["quality"], ours.quality, 0.03)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_policies_rank_as_in_recsim(both, name):
    for side in ([both(name, policy)[0]["return"].mean() for policy in POLICIES],
                 [both(name, policy)[1].total.mean() for policy in POLICIES]):  # fmt: skip
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
def test_references_of_interest_evolution(both):
    """Known returns, with the standard errors of an independent implementation.

    Random, myopic and highest quality; and exact slates for a linear value of the budget without and with the no-click
    outcome. Leaving that out of the choice of the slate, as RecSim's SlateQ does, loses most of what planning gains.
    """
    num_sessions = NUM_SESSIONS["interest_evolution"]
    env = make_lanes(IDS["interest_evolution"], num_sessions)
    model = env.simulator
    found = {policy: both("interest_evolution", policy)[1] for policy in POLICIES}
    found["without"] = sessions(env, slates(lambda state: budget_slates(model, state, 0.87, none_counts=False)), 10**6)
    found["planned"] = sessions(env, named(model, "reference"), 10**6)
    known = {"random": (160.56, 0.13), "greedy": (167.77, 0.24), "quality": (264.65, 0.39), "without": (182.5, 0.65),
             "planned": (279.7, 1.2)}  # fmt: skip
    for name, (expected, error) in known.items():
        total = found[name].total
        assert abs(total.mean() - expected) < 3 * math.hypot(error, total.std() / math.sqrt(num_sessions)), name
    quality = {name: sessions.quality.mean() for name, sessions in found.items()}
    assert quality["greedy"] < quality["without"] < 0 < quality["planned"]
    assert (quality["greedy"], quality["planned"]) == pytest.approx((-0.616, 1.52), abs=0.03)
    assert (found["planned"].length < model.session_length).all()  # no session is cut short


@pytest.mark.slow
def test_greed_bores():
    """SARDINE's slates of ten from all items: its greedy oracle gets 145.9 clicks there; sparing the topics, more than
    2.5 times as many."""
    env = make_lanes(IDS["boredom"], 200, num_candidates=1000)
    greedy, spared = (sessions(env, named(env.simulator, name), 5).total.mean() for name in ("myopic", "reference"))
    random = sessions(env, RandomRecommender(), 5).total.mean()
    assert greedy == pytest.approx(145.9, rel=0.05)
    assert random < 0.5 * greedy and 2.5 * greedy < spared
    never = make_lanes(IDS["boredom"], 200, num_candidates=1000, threshold=10**6)
    untiring, alike = (sessions(never, named(env.simulator, name), 5).total.mean() for name in ("myopic", "reference"))
    assert untiring > alike  # nothing to spare where nothing bores
