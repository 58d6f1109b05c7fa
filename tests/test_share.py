"""share: the stop-watches, and that the parts add up to a real training."""

from __future__ import annotations

import types

import pytest

from baselines import share
from baselines.__main__ import main


def test_a_stop_watch_adds_up_and_passes_on(monkeypatch):
    clock = iter(range(0, 100, 3))
    monkeypatch.setattr(share, "time", types.SimpleNamespace(perf_counter=lambda: next(clock)))

    class Thing:
        def twice(self, value: int, more: int = 0) -> int:
            if value < 0:
                raise ValueError("negative")
            return 2 * value + more

    thing, watch = Thing(), share.StopWatch()
    watch.watch(thing, "twice")
    assert thing.twice(4, more=1) == 9 and watch.seconds == 3
    with pytest.raises(ValueError, match="negative"):
        thing.twice(-1)
    assert watch.seconds == 6
    assert Thing().twice(1) == 2 and watch.seconds == 6  # other objects are not watched


def test_the_parts_of_a_training(capsys):
    measured = share.measure("RecGym-Ecommerce-v0", "A2C", num_envs=2, steps=40)
    assert measured.total > measured.environment > 0 and measured.adapter > 0 and measured.learning > 0
    assert measured.learning + measured.environment + measured.adapter == pytest.approx(measured.total)
    assert main(["share", "--algorithm", "A2C", "--num-envs", "2", "--steps", "40"]) == 0
    out = capsys.readouterr().out
    assert "environment (RecGym)" in out and "learning (A2C)" in out and "100.0%" in out
