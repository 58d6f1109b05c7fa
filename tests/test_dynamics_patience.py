"""What tires within a visit: attention that fast items use up, and categories that bore."""

from __future__ import annotations

import numpy as np
import pytest

from recgym.dynamics import Attention, Boredom
from recgym.response import Funnel
from recgym.testing import random_items
from tests.dynamics_helpers import ITEMS, lane, moved, page

TIRING = np.array([0.8, -0.5, 0.1] + [0.0] * (ITEMS.num_items - 3))
ALWAYS = Funnel(*[np.ones((1, 3))] * 5, np.zeros((1, 3), dtype=bool))
SOMETIMES = Funnel(np.full((1, 3), 0.25), *[np.ones((1, 3))] * 4, np.zeros((1, 3), dtype=bool))


def test_attention_is_used_up_by_clicks_and_never_more_than_the_users_own():
    part, tired = Attention(ITEMS, TIRING), lane(patience=-0.3, rested=0.1)
    after = {name: moved(part, tired, page([0, 1, 2], clicked=slots), left=False)["patience"][0]
             for name, slots in (("fast", [0]), ("calm", [1]), ("both", [0, 1]), ("none", []))}  # fmt: skip
    assert after == pytest.approx({"fast": -1.1, "calm": 0.1, "both": -0.6, "none": -0.3})
    assert moved(part, tired, page([0, 1, 2], clicked=[0]), left=True)["patience"][0] == 0.1


def test_what_attention_foresees_is_what_a_click_does():
    part, state = Attention(ITEMS, TIRING), lane(patience=-0.3, rested=0.1)
    shown = np.array([[0, 1, 2]])
    done = [moved(part, state, page([row], clicked=[0]), left=False)["patience"][0] + 0.3 for row in shown[0]]
    np.testing.assert_allclose(part.effects(state, shown, ALWAYS)["attention"], [done])
    np.testing.assert_allclose(part.effects(state, shown, SOMETIMES)["attention"], 0.25 * np.array([done]))


@pytest.fixture
def bored() -> tuple[Boredom, object]:
    """Category 0 was clicked twice within three pages, category 1 bores for two pages more, category 2 is fresh."""
    clicks = np.zeros((3, 3), dtype=np.float32)
    clicks[1, 0], clicks[2, 0] = 1.0, 1.0
    state = lane(satiation=np.array([0, 1, 0], dtype=np.float32), recent_clicks=clicks, patience=-0.9, rested=0.1,
                 bored_pages=np.array([0, 2, 0], dtype=np.float32))  # fmt: skip
    return Boredom(random_items(num_items=3, num_categories=3), limit=3, window=3, lasting=10, weariness=0.5), state


def test_the_third_click_bores_and_who_is_bored_has_less_patience(bored):
    part, state = bored
    after = moved(part, state, page([0, 1, 2], clicked=[0]))
    assert after["satiation"].tolist() == [[1, 1, 0]] and after["bored_pages"].tolist() == [[10, 1, 0]]
    assert after["patience"][0] == pytest.approx(0.1 - 0.5 * 2)
    rested = moved(part, after, page([0, 1, 2]))
    assert rested["satiation"].tolist() == [[1, 0, 0]] and rested["patience"][0] == pytest.approx(0.1 - 0.5)


def test_what_boredom_foresees_is_how_near_a_click_brings_it(bored):
    part, state = bored
    shown = np.array([[0, 1, 2]])
    np.testing.assert_allclose(part.effects(state, shown, ALWAYS)["wearing"], [[1.0, 0.0, 1 / 9]])
    np.testing.assert_allclose(part.effects(state, shown, SOMETIMES)["wearing"], [[0.25, 0.0, 0.25 / 9]])
