"""speed: the arithmetic under a clock of our own, the kernel, and the table."""

from __future__ import annotations

import os
import time
import types

import numpy as np
import pytest

from recgym import speed

ENV_ID = "RecGym-Ecommerce-v0"


def test_rate_counts_calls_per_second():
    calls, elapsed = speed.rate(lambda: time.sleep(0.01), 0.1)
    assert 1 <= calls <= 10 and elapsed >= max(0.1, calls * 0.01)


def test_a_row_divides_by_time_and_multiplies_by_the_batch(monkeypatch):
    clock = iter(np.arange(0, 1000, 0.25).tolist())  # every look at the clock takes a quarter of a second
    monkeypatch.setattr(speed, "time", types.SimpleNamespace(perf_counter=lambda: next(clock)))
    row = speed._row("x", lambda: None, lambda: None, 64, seconds=8.0)
    # A round of 1 s: it starts with a look at the clock, and the looks .25, .5 and .75 s later are followed by a call.
    assert row.per_second == row.limit == pytest.approx(64 * 3)


def test_bare_kernel_clicks_with_the_chance_of_its_scores():
    clicks = speed.bare_kernel(num_envs=4000, num_items=50, embedding_dim=4, slate_size=5)()
    assert clicks.shape == (4000, 5) and clicks.dtype == bool
    assert clicks.mean() == pytest.approx(0.5, abs=0.1)  # symmetric scores


def test_render_has_the_ratio_in_both_forms():
    report = speed.Report([speed.Speed("one", 100.0, 1250.0)], memory=99.4)
    assert speed.render(report).splitlines()[1].split() == ["one", "100", "1,250", "12.5"]
    assert "| one | 100 | 1,250 | 12.5 |" in speed.render(report, markdown=True)
    assert "99 MB" in speed.render(report)


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="memory is read from /proc")
def test_memory_is_that_of_a_fresh_process():
    ballast = np.ones(50_000_000)  # 400 MB here must not count there
    assert 30 < speed.memory(ENV_ID, num_envs=2) < 350
    del ballast
