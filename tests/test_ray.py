"""A benchmark on a Ray cluster of two workers gives what processes of one machine give: ./run test-ray."""

from __future__ import annotations

import os
import sys

import pytest
import ray
from ray.cluster_utils import Cluster

from baselines import cells, ray_cluster, run
from baselines.processes import Failure
from baselines.results import MEASURED

ENV_ID = "RecGym-News-v0"


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """Two nodes with one CPU each, whose workers find what this process finds, this file included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
        nodes.add_node(num_cpus=1)
        ray.init(address=nodes.address, log_to_driver=False)
        yield
        ray.shutdown()
        nodes.shutdown()


def node_of(number: int) -> tuple[int, str]:
    import time

    time.sleep(1.0)  # so that both nodes are needed
    return number, ray.get_runtime_context().get_node_id()


def troubled(number: int) -> int:
    if number == 0:
        raise ValueError("no luck today")
    if number == 1:
        os._exit(3)
    return number


def test_both_nodes_work_and_every_call_comes_back_once():
    outcomes = list(ray_cluster.run(node_of, [(number,) for number in range(6)], 2))
    assert sorted(position for position, _ in outcomes) == list(range(6))
    assert all(position == number for position, (number, _) in outcomes)
    assert len({node for _, (_, node) in outcomes}) == 2


def test_a_call_that_raises_or_dies_is_a_failure_of_its_own():
    outcomes = dict(ray_cluster.run(troubled, [(number,) for number in range(4)], 2))
    assert outcomes[2] == 2 and outcomes[3] == 3
    assert isinstance(outcomes[0], Failure) and "no luck today" in outcomes[0].trace
    assert isinstance(outcomes[1], Failure) and "died" in outcomes[1].trace


def test_cells_measured_there_are_those_measured_here(tmp_path):
    planned = run.plan([ENV_ID], ["popular", "A2C"], 1, sessions=5, steps=50)
    told = list(run.measure(tmp_path, run.missing(tmp_path, planned), run.BACKENDS["ray"], 2))
    assert {cell.baseline for cell, _ in told} == {"random", "reference", "popular", "A2C"} and len(told) == 4
    for cell, record in told:
        assert record["status"] == MEASURED, record.get("trace")
        assert record["returns"] == cells.measure(cell)["returns"]
    assert run.missing(tmp_path, planned) == []
