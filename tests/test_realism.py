"""The figures of every domain beside the ranges of public logs."""

from __future__ import annotations

from functools import cache

import gymnasium
import numpy as np
import pytest

from recgym.cli.realism import NUM_SESSIONS, REAL, Real, Row, random_sessions, report, statistics
from recgym.described import docstring_sections, scenario_module
from recgym.registration import DOMAINS

TEXT = "text probe (AUC per user)"
RANGED = (
    "Gini of clicks per item",
    "Gini of the catalogue's ratings",
    "pages per visit",
    TEXT,
    "popularity probe (AUC per user)",
)


@cache
def rows(env_id: str) -> dict[str, Row]:
    """What `recgym show ID --realism` prints."""
    log = random_sessions(env_id, NUM_SESSIONS)
    return {row.name: row for row in statistics(log, gymnasium.make(env_id).unwrapped.sessions.setting)}


def says(env_id: str) -> str:
    """What the page says of it beside the table."""
    return " ".join(docstring_sections(scenario_module(env_id))[2]["Realism"].split())


@pytest.mark.parametrize("env_id", DOMAINS)
def test_logs_lie_within_the_ranges_of_real_ones(env_id):
    found = rows(env_id)
    assert all(found[name].real for name in RANGED)
    assert not any(row.outside for row in found.values())


def test_a_shop_sells_as_real_ones_do_but_fills_more_carts():
    found = rows("RecGym-Ecommerce-v0")
    assert found["purchased per click"].real == REAL["purchase"].words
    assert float(found["carted per click"].here) == pytest.approx(2 * 0.026, rel=0.1)
    assert "twice as many lead to the cart" in says("RecGym-Ecommerce-v0")


def test_reading_times_are_those_of_a_real_newspaper():
    [times] = [row for name, row in rows("RecGym-News-v0").items() if name.startswith("seconds")]
    assert times.real == REAL["seconds"].words == "7, 22, 93, 325 (news)"
    here = np.array(times.here.split(", "), dtype=float)
    np.testing.assert_allclose(here, (7, 22, 93, 325), rtol=0.2)


def test_only_newspapers_have_reading_times_to_compare_with():
    [times] = [row for name, row in rows("RecGym-Video-v0").items() if name.startswith("seconds")]
    assert times.here and not times.real
    assert not any(name.startswith("seconds") for name in rows("RecGym-Health-v0"))


def test_most_of_what_listeners_play_they_know():
    [repeats] = [row for name, row in rows("RecGym-Music-v0").items() if "repeats" in name]
    assert 0.5 < float(repeats.here) < 0.75 and "More than half of the plays" in says("RecGym-Music-v0")
    assert not any("repeats" in name for name in rows("RecGym-Video-v0"))


def test_a_figure_is_held_against_its_own_range():
    real = Real("", ((1, 2), (3, 4)))
    assert not real.missed(1, 4) and real.missed(0.9, 3.5) and real.missed(1.5, 4.1)
    assert not real.missed(float("nan"), 3.5) and not Real("one log").missed(7.0)


def test_the_command_marks_what_lies_outside(monkeypatch):
    monkeypatch.setitem(REAL, "text", Real("none of it", ((2, 3),)))
    setting = gymnasium.make("RecGym-Games-v0").unwrapped.sessions.setting
    marked = [
        line for line in report("RecGym-Games-v0", setting, num_sessions=20).splitlines() if line.endswith("  OUTSIDE")
    ]
    assert TEXT in [line.split("  ")[0] for line in marked]
    assert len(marked) < 3  # of twenty sessions another may lie outside
