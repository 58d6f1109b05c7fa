"""The shared loops against NumPy, and the word to whoever waits for the compiler."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recgym.compiled import dot, dots, drawn, purchase_change, sigmoid, sigmoids, top

ROOT = Path(__file__).resolve().parent.parent


@given(st.integers(0, 2**32 - 1), st.integers(1, 70))
def test_dot_and_dots(seed, length):
    rows = np.random.default_rng(seed).integers(-9, 10, size=(4, length)).astype(np.float32)  # sums are exact
    expected = [float(rows[0] @ row) for row in rows[1:]]
    assert [float(dot(rows[0], row)) for row in rows[1:]] == expected
    assert [float(product) for product in dots(*rows)] == expected


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=12), st.data())
def test_top_is_a_stable_sort(values, data):
    count = data.draw(st.integers(1, len(values)))
    chosen = np.empty(count, dtype=np.int64)
    top(np.array(values, dtype=np.float32), chosen)
    assert chosen.tolist() == sorted(range(len(values)), key=lambda i: (-values[i], i))[:count]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9), st.floats(0, 1, exclude_max=True))
def test_drawn_is_a_binary_search(weights, u):
    cumulative = np.cumsum(np.array(weights) + 0.01)
    cumulative /= cumulative[-1]
    assert drawn(cumulative, u) == min(np.searchsorted(cumulative, u, side="right"), len(weights) - 1)


def test_sigmoid_and_purchase_change_take_numbers_and_arrays():
    x = np.array([-2.0, 0.0, math.log(3)])
    assert np.allclose(sigmoids(x), [1 / (1 + math.e**2), 0.5, 0.75], atol=1e-15)
    assert [sigmoid(one) for one in x] == sigmoids(x).tolist()
    assert purchase_change(2.0, 0.1, 0.3) == pytest.approx(0.1 * math.tanh(2))
    assert np.allclose(purchase_change(np.array([-1.0, 0.0]), 0.1, 0.3), [-0.3 * math.tanh(1), 0.0])


def test_compiling_is_announced_once_and_kept_on_disk(tmp_path):
    code = (
        "import numpy as np; from recgym.compiled import dot, top\n"
        "for _ in range(2): dot(np.ones(2), np.ones(2))\n"
        "top(np.ones(3), np.zeros(1, dtype=np.int64))"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    said = [
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert said[0].stderr.count("compiling") == 1 and "compiling" not in said[1].stderr
    assert not said[0].stdout


@pytest.mark.slow
def test_what_is_on_disk_runs_without_the_compiler():
    """Numba's registries, which only compiling needs, take half of the time to the first page."""
    code = (
        "import sys, gymnasium, recgym\n"
        "for env_id in recgym.ENVIRONMENTS:\n"
        "    env = gymnasium.make(env_id)\n"
        "    env.reset(seed=0)\n"
        "    env.step(env.action_space.sample())\n"
        "print('numba.np.linalg' in sys.modules)"
    )
    said = [subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
            for _ in range(2)]  # fmt: skip
    assert said[1] == "False\n"


@pytest.mark.slow
@pytest.mark.parametrize("elsewhere", [False, True], ids=["beside the sources", "in NUMBA_CACHE_DIR"])
def test_a_changed_helper_reaches_the_kernels_of_other_files(tmp_path, elsewhere):
    """`_drift` in dynamics/interest.py calls `add` in compiled.py."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept")} if elsewhere else os.environ
    shutil.copytree(ROOT / "recgym", tmp_path / "recgym", ignore=shutil.ignore_patterns("__pycache__", "*.npz"))
    code = (
        "import numpy as np; from recgym.dynamics.interest import _drift\n"
        "interest = np.array([[1, 0]], dtype=np.float32)\n"
        "_drift(interest, np.zeros((1, 1), dtype=np.int64), np.ones((1, 1), dtype=bool),\n"
        "       np.array([[0, 1]], dtype=np.float32), 1.0)\n"
        "print(interest[0, 1] > 0)"
    )

    def moved_towards_the_item() -> bool:
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True,
                              text=True, check=True)  # fmt: skip
        return done.stdout.strip() == "True"

    assert moved_towards_the_item()
    helper = tmp_path / "recgym" / "compiled.py"
    helper.write_text(helper.read_text().replace("total[i] += weight * vector[i]", "total[i] -= weight * vector[i]"))
    assert not moved_towards_the_item()
