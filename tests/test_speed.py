"""speed: the arithmetic under a clock of our own, the limits, and the table. Seconds themselves are never tested."""

from __future__ import annotations

import os
import time
import types

import numpy as np
import pytest

from recgym import growth, speed
from recgym.actions import VIEWS
from recgym.observation import KINDS
from recgym.scenarios.builtin import builtin_catalog

ENV_ID = "RecGym-Ecommerce-v0"


def test_rate_counts_calls_per_second():
    assert 0 < speed.rate(lambda: time.sleep(0.01), 0.1) <= 100


def test_a_speed_divides_by_time_and_multiplies_by_the_batch(monkeypatch):
    clock = iter(np.arange(0, 100_000, 0.25).tolist())  # every look at the clock takes a quarter of a second
    monkeypatch.setattr(speed, "time", types.SimpleNamespace(perf_counter=lambda: next(clock)))
    measured = speed.measure_here(speed.Case(ENV_ID, 64), seconds=36.0)
    # A turn of 1 s: it starts with a look at the clock, and the looks .25, .5 and .75 s later are followed by a call.
    assert measured == pytest.approx((64 * 3, 64 * 3, 64 * 3))


def test_two_cores_add_up(monkeypatch):
    line = speed.measure(speed.Case(ENV_ID, 2), cores=2, seconds=0.2)
    assert line.cores == 2 and min(line.speed) > 0


def test_the_cases_cover_batches_cores_views_and_observations():
    found = list(speed.cases())
    assert {(case.num_envs, cores) for case, cores in found if not case.settings} == {
        (num_envs, cores) for num_envs in (1, 64, 1024, 8192) for cores in (1, 2)
    }
    combined = {(case.settings["action"], case.settings["observation"]) for case, _ in found if len(case.settings) == 2}
    assert combined == {(view, kind) for view in VIEWS for kind in KINDS}
    assert [case.env_id for case, _ in speed.one_line_each(["a", "b"])] == ["a", "a", "b", "b"]


def test_bare_kernel_clicks_with_the_chance_of_its_scores():
    clicks = speed.bare_kernel(num_envs=4000, num_items=50, embedding_dim=4, slate_size=5)()
    assert clicks.shape == (4000, 5) and clicks.dtype == bool
    assert clicks.mean() == pytest.approx(0.5, abs=0.1)  # symmetric scores


def test_the_bytes_of_a_step_grow_with_the_embedding():
    small, large = (
        speed.Running(speed.Case(ENV_ID, 4, {"embedding_dim": dim})).bytes_of_a_step() for dim in (16, 32)
    )
    # Per lane: five vectors of the state read and written, twenty gathered, five fused parts observed, of 4 bytes each.
    assert large - small == 4 * 16 * 4 * (2 * 5 + 20 + 5)


def test_render_has_the_share_in_both_forms():
    lines = [speed.Line(speed.Case(ENV_ID, 1024, {"action": "item"}), 1, speed.Speed(250.0, 1250.0, 5000.0))]
    text = speed.render(lines, 99.4, speed.Start(0.123, 0.456))
    assert text.splitlines()[1].split()[-5:] == ["1", "250", "1,250", "5,000", "20%"]
    assert "| RecGym-Ecommerce make_vec, 1,024, action=item | 1 | 250 | 1,250 | 5,000 | 20% |" in speed.render(
        lines, 1, speed.Start(1, 2), True
    )
    assert "99 MB" in text and "0.12 s" in text and "0.46 s" in text


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read from /proc")
def test_memory_is_that_of_a_fresh_process():
    ballast = np.ones(50_000_000)  # 400 MB here must not count there
    assert 30 < speed.memory(ENV_ID, num_envs=2) < 350
    del ballast


def test_a_start_is_that_of_fresh_processes(monkeypatch):
    monkeypatch.setattr(speed, "STARTS", 1)
    assert min(speed.start(ENV_ID)) > 0


def test_a_part_of_a_catalogue_has_some_of_every_category():
    shop = builtin_catalog("ecommerce")
    few = growth.copies(shop, growth.FEW)
    assert few.num_items == growth.FEW < shop.num_items and set(few.categories) == set(range(shop.num_categories))


def test_copies_of_a_catalogue_are_items_of_their_own():
    catalog = builtin_catalog("news")
    many = growth.copies(catalog, 2 * catalog.num_items + 5)
    assert many.num_items == 2 * catalog.num_items + 5 == len(set(many.item_ids)) == len(set(many.texts))
    again = catalog.num_items + 3
    assert many.categories[again] == catalog.categories[3] and many.titles[again] == f"{catalog.titles[3]} 1"
    assert {name: values[again] for name, values in many.attributes.items()} == {
        name: values[3] for name, values in catalog.attributes.items()
    }


def test_the_growth_is_a_ratio_of_the_fastest_rounds(monkeypatch):
    monkeypatch.setattr(growth, "MANY", 1_100)
    times = iter(range(1, 100))  # few: 1, 3, 5, ...; many: 2, 4, 6, ...
    monkeypatch.setattr(growth, "_cpu_of_a_step", lambda shop, seconds: next(times))
    assert growth.growth("RecGym-News-v0", 4, 1.0) == 2.0
