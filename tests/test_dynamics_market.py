"""The market: a chain between visits, by its formula."""

from __future__ import annotations

import numpy as np
import pytest
from dynamics_helpers import lane, moved, page

from recgym.dynamics import Market, Visits
from recgym.randomness import BatchRNG
from recgym.state import State

JUMPS = np.array([[0.0, 0.25, 0.75], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
MARKET = Market(JUMPS, lasting=20.0)
DONE = page([0])


def after(market: int, days: float, u: tuple[float, float], drawn: int = 4) -> int:
    """The context after a page; before it the circumstances were 7, and `Visits` has drawn 5 and the market `drawn`."""
    before = lane(context=7 * 3 + market)
    return int(moved(MARKET, before, DONE, u, context=5 * 3 + drawn % 3, days_away=days)["context"][0])


@pytest.mark.parametrize(
    ("market", "days", "u", "expected"),
    [
        (0, 0.0, (0.0, 0.9), 0),  # within a visit
        (0, 20.0, (0.64, 0.9), 0),  # 1 - 1/e = .632
        (0, 20.0, (0.63, 0.24), 1),
        (0, 20.0, (0.63, 0.26), 2),
        (1, 20.0, (0.63, 0.99), 0),
        (2, 1e9, (0.99, 0.5), 1),
    ],
)
def test_the_market_by_hand(market, days, u, expected):
    assert after(market, days, u) == 5 * 3 + expected


def test_what_visits_drew_for_the_market_does_not_matter():
    assert len({after(2, 3.0, (0.5, 0.5), drawn) for drawn in range(3)}) == 1


def test_the_long_run_is_that_of_the_chain():
    """Shares of markets over many visits, beside the stationary distribution of staying and jumping."""
    visits = Visits(np.zeros(3), (1, 1, 1, 1, 3), leave_bias=100.0, return_bias=100.0, gap_days=15.0, gap_trust=0.0)
    num_envs, steps = 4000, 40
    rng = BatchRNG(np.arange(num_envs, dtype=np.uint64) + np.uint64(17))
    state = State(step=np.zeros(num_envs, dtype=np.int64), trust=np.full(num_envs, 0.5), patience=np.zeros(num_envs))
    slates, done = DONE
    done = done._replace(
        **{name: np.repeat(getattr(done, name), num_envs, axis=0) for name in ("clicked", "stayed", "purchased")}
    )
    numbers = (visits.num_uniforms, MARKET.num_uniforms)
    visits.reset(state, np.full((num_envs, 8), 0.999))
    changed = []
    for step in range(steps):
        state = State(state, step=np.full(num_envs, step))
        then = State(state)
        for part, u in zip((visits, MARKET), rng.uniforms(state["step"], 2, numbers), strict=True):
            part.step(state, then, slates, done, u)
        changed.append((MARKET.of(then) != MARKET.of(state)).mean())
        state = then
    share = np.mean(changed[10:])
    chain = (1 - share) * np.eye(3) + share * JUMPS
    stationary = np.linalg.matrix_power(chain, 500)[0]
    np.testing.assert_allclose(np.bincount(MARKET.of(state), minlength=3) / num_envs, stationary, atol=0.03)


def test_rows_that_are_no_chances_are_refused():
    with pytest.raises(ValueError, match="rows of chances that sum to 1"):
        Market(np.array([[0.5, 0.4], [0.5, 0.5]]))
