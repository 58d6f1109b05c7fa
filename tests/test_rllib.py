"""RLlib trains on RecGym, in single environments and in the vector environment: ./run test-ray."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import ray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples"))
rllib = import_module("10_rllib")


@pytest.fixture(scope="module", autouse=True)
def cluster():
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def test_it_learns_and_both_ways_of_stepping_are_the_same():
    """Two iterations: better than random pages, which return about 5.8; and lanes are what single environments are."""
    vector, single = (rllib.train(2, vector) for vector in (True, False))
    assert np.allclose(vector, single)
    assert vector[1] > 6.5
