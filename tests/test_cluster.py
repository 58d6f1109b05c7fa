"""cluster: the arithmetic of n workers, and that it is fed by a real training."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines import cluster
from baselines.__main__ import main
from baselines.cluster import Measured

FREE = 1e30  # bytes per second


def test_without_a_network_it_is_amdahls_law():
    measured = Measured(collect=90e-6, learn=10e-6, step_bytes=1000, weight_bytes=10**6, batch_steps=1000)
    assert measured.seconds(1, FREE) == pytest.approx(100e-6)
    assert measured.seconds(9, FREE) == pytest.approx(20e-6)  # five times as fast
    assert measured.seconds(1, 1.0) == pytest.approx(100e-6)  # one worker is the learner's own process


def test_the_network_adds_its_bytes():
    measured = Measured(collect=80e-6, learn=10e-6, step_bytes=1000, weight_bytes=50_000, batch_steps=1000)
    # 1,000 bytes of a step and 8 x 50 bytes of weights at 100 MB/s
    assert measured.seconds(8, 1e8) == pytest.approx(10e-6 + 10e-6 + 14e-6)


@given(st.floats(1e-6, 1e-3), st.floats(1e-6, 1e-3), st.integers(1, 10**4), st.integers(10**3, 10**7))
def test_the_best_number_of_workers_is_the_best_of_all(collect, learn, step_bytes, weight_bytes):
    measured = Measured(collect, learn, step_bytes, weight_bytes, batch_steps=2048)
    fastest = min(measured.seconds(workers, 125e6) for workers in range(1, 1500))
    assert measured.seconds(measured.best(125e6), 125e6) <= fastest * (1 + 1e-9)


def test_a_training_is_measured(capsys):
    measured = cluster.measure("RecGym-Ecommerce-v0", "A2C", num_envs=2, steps=40)
    assert measured.collect > 0 and measured.learn > 0 and measured.batch_steps == 10
    assert measured.weight_bytes > 4 * 340 * 64 and measured.step_bytes > 4 * 340
    assert main(["cluster", "--algorithm", "A2C", "--num-envs", "2", "--steps", "40"]) == 0
    out = capsys.readouterr().out
    assert "speed-up" in out and "Never more than" in out
