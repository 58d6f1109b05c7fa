"""Settings for every test: one thread, no display, and real data sets only where they are present."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

# Before anything imports numpy or torch, which read these once. Two processes share the cores by design (pytest -n 2).
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["MPLBACKEND"] = "Agg"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
if "torch" in sys.modules:  # a plugin was faster
    sys.modules["torch"].set_num_threads(1)

# The first example may have to wait for a kernel to be compiled.
settings.register_profile("recgym", deadline=None)
settings.load_profile("recgym")

ROOT = Path(__file__).resolve().parent.parent

# Ray wants an environment of its own, where ./run test-ray runs these files.
collect_ignore = [] if find_spec("ray") else ["test_rllib.py", "test_ray.py"]


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Find a real data set that is not part of the project: real_data("msweb") is its folder, or skips the test.

    The folders are looked for in $RECGYM_REAL_DATA, or in shared/data beside the project.
    """

    def find(name: str) -> Path:
        folder = Path(os.environ.get("RECGYM_REAL_DATA") or ROOT.parent / "shared" / "data") / name
        if not folder.is_dir():
            pytest.skip(f"needs the real data set {name!r}; set RECGYM_REAL_DATA to the folder that holds it")
        return folder

    return find


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """A folder that looks like a sentence-transformers model of `encoder_helpers.DIM` dimensions."""
    from encoder_helpers import DIM  # here, because it imports numpy

    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text(json.dumps({"hidden_size": DIM}))
    return folder
