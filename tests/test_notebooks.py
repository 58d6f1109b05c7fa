"""The labs' notebooks, run from start to end by a Jupyter kernel. ./run notebooks runs these, ./run test does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "examples" / "labs"
sys.path.insert(0, str(FOLDER))
import build  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.notebooks]
NBMAKE = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--nbmake", "--nbmake-timeout=900"]


def executed(notebook: Path) -> subprocess.CompletedProcess[str]:
    """The run of a notebook in its folder, with this RecGym."""
    command = [sys.executable, *NBMAKE, notebook.name]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=notebook.parent, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("name", [source.stem for source in build.sources()])
def test_a_solved_notebook_runs_without_an_error(name, tmp_path):
    build.write(tmp_path, solved=True)
    done = executed(tmp_path / f"{name}.ipynb")
    assert done.returncode == 0, done.stdout


def test_a_notebook_with_gaps_stops_at_its_first_check(tmp_path):
    """What a teacher sees of an exercise that is not solved."""
    build.write(tmp_path, solved=False)
    done = executed(tmp_path / "lab5.ipynb")
    assert done.returncode == 1 and "Not yet: " in done.stdout
