"""With numpy, numba and gymnasium and nothing else, everything that needs nothing else works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ONLY_THE_MANDATORY = """
import sys

ALLOWED = {
    "recgym", "numpy", "numba", "llvmlite", "gymnasium", "farama_notifications", "cloudpickle", "typing_extensions"
}

class Without:
    # A finder that does not find what is not allowed, as if it were not installed.
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        top = name.split(".")[0]
        known = top in ALLOWED or top in sys.stdlib_module_names or top in sys.builtin_module_names
        return self.finder.find_spec(name, path, target) if known else None

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path if hasattr(finder, "find_spec")]
for name in ("torch", "matplotlib", "scipy", "pytest"):
    try:
        __import__(name)
    except ModuleNotFoundError:
        continue
    raise SystemExit(f"{name} could be imported: the test blocks nothing")
"""

EVERY_ENVIRONMENT = """
import gymnasium, recgym
from recgym.actions import VIEWS

for env_id in recgym.ENVIRONMENTS:
    for view in VIEWS:
        env = gymnasium.make(env_id, action=view)
        env.reset(seed=0)
        for _ in range(5):
            *_, terminated, truncated, info = env.step(env.action_space.sample())
            if terminated or truncated:
                env.reset()
    env = gymnasium.make_vec(env_id, num_envs=3)
    env.reset(seed=0)
    for _ in range(5):
        env.step(env.action_space.sample())
    print("stepped", env_id)
"""

NOTHING_HEAVY = """
# Not scipy: numba looks for its BLAS where it is installed.
heavy = {"torch", "matplotlib", "sentence_transformers", "transformers", "pandas", "sklearn", "PIL",
         "stable_baselines3", "baselines", "pyarrow"} & set(sys.modules)
assert not heavy, f"imported by making and stepping environments: {sorted(heavy)}"
"""

ENCODER_MISSING = """
import tempfile, gymnasium, recgym
from recgym.testing import small_catalog
try:
    gymnasium.make("RecGym-Ecommerce-v0", catalog=small_catalog())
except ImportError as error:
    assert 'pip install -e ".[encoder]"' in str(error), error
else:
    raise SystemExit("expected an ImportError: other texts need the language model")
"""


def run(code: str) -> str:
    """The output of a fresh process; it fails with the process's own message."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_every_environment_steps_without_optional_packages():
    import recgym

    output = run(ONLY_THE_MANDATORY + EVERY_ENVIRONMENT)
    assert output.splitlines() == [f"stepped {env_id}" for env_id in recgym.ENVIRONMENTS]


def test_the_error_without_the_language_model_names_the_install():
    run(ONLY_THE_MANDATORY + ENCODER_MISSING)


def test_a_plain_process_imports_nothing_heavy():
    """With everything installed, stepping still loads none of it."""
    assert "stepped" in run("import sys\n" + EVERY_ENVIRONMENT + NOTHING_HEAVY)
