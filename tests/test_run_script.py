"""The ./run script: which installs it makes, what it passes on, and its error messages."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "run"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, working in a temporary folder; calls of venv and pip are recorded, not made."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader = SourceFileLoader("run_script", str(SCRIPT))
    module = module_from_spec(spec_from_loader("run_script", loader))
    loader.exec_module(module)
    module.PROJECT, constraints = tmp_path / "pyproject.toml", tmp_path / "constraints.txt"
    module.PROJECT.write_text("one")
    constraints.write_text("torch==1")
    module.here = module.Place(tmp_path / ".venv", "test", constraints)
    module.TASKS = {name: (what, module.here, command) for name, (what, _, command) in module.TASKS.items()}
    module.calls = []

    def create(folder: Path, with_pip: bool) -> None:
        module.calls.append("venv")
        (folder / "bin").mkdir()
        (folder / "bin" / "python").touch()

    monkeypatch.setattr(module.venv, "create", create)
    module.torch_index = list
    module.pip_install = lambda place, *arguments: module.calls.append(" ".join(arguments))
    return module


INSTALL = ["torch", "-e .[test]"]


def test_installs_once_and_again_only_when_the_requirements_change(run):
    run.install(run.here)
    assert run.calls == ["venv", *INSTALL]
    run.install(run.here)
    assert run.calls == ["venv", *INSTALL]
    run.PROJECT.write_text("two")
    run.install(run.here)
    assert run.calls == ["venv", *INSTALL, *INSTALL]
    run.here.constraints.write_text("torch==2")
    run.install(run.here)
    assert run.calls == ["venv", *INSTALL, *INSTALL, *INSTALL]


def test_an_interrupted_install_starts_from_nothing(run, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    working, run.pip_install = run.pip_install, interrupted
    assert run.main(["setup"]) == 130
    half_installed = run.here.folder / "half-installed"
    half_installed.touch()
    run.pip_install = working
    run.calls.clear()
    assert run.main(["setup"]) == 0
    assert run.calls == ["venv", *INSTALL]
    assert not half_installed.exists()
    assert "did not finish" in capsys.readouterr().out


def test_a_venv_made_by_hand_is_kept(run):
    run.here.folder.mkdir()
    run.venv.create(run.here.folder, with_pip=True)
    mine = run.here.folder / "mine"
    mine.touch()
    run.install(run.here)
    assert run.calls == ["venv", *INSTALL]
    assert mine.exists()


def test_a_failed_install_is_told_and_nothing_runs(run, capsys):
    def failing(*arguments):
        raise subprocess.CalledProcessError(3, "pip")

    run.pip_install = failing
    assert run.main(["test"]) == 1
    assert "exit code 3" in capsys.readouterr().out


def test_arguments_and_the_exit_code_are_passed_on(run, monkeypatch):
    commands = []
    monkeypatch.setattr(run.subprocess, "call", lambda command, **options: commands.append((command, options)) or 5)
    assert run.main(["test", "-k", "foo"]) == 5
    command, options = commands[0]
    assert command[:4] == [str(run.here.python), "-m", "pytest", "-q"] and command[-2:] == ["-k", "foo"]
    assert options["env"]["OMP_NUM_THREADS"] == "1"


@pytest.mark.parametrize(
    "codes, expected", [([0, 0, 0], 0), ([0, 4, 0], 4), ([1, 0, 5], 1), ([0, 130], 130)],
    ids=["all pass", "one fails", "two fail", "an interrupt ends it"],
)  # fmt: skip
def test_a_task_of_several_runs_them_in_order_and_fails_if_one_fails(run, monkeypatch, capsys, codes, expected):
    commands, left = [], list(codes)
    monkeypatch.setattr(run.subprocess, "call", lambda command, **options: commands.append(command[1:]) or left.pop(0))
    assert run.main(["test-all", "-x"]) == expected
    tasks = ("test", "notebooks", "test-ray")
    assert commands == [[*run.TASKS[task][2], "-x"] for task in tasks[: len(codes)]]
    assert capsys.readouterr().out.splitlines()[-1].count("passed") == codes.count(0)


def test_unknown_task_and_old_python(run, capsys):
    assert run.main(["tset"]) == 2
    message = capsys.readouterr().err
    assert "unknown task 'tset'. Did you mean 'test'?" in message
    assert "./run demo" in message and "./run test-all" in message
    assert run.calls == []
    assert "needs Python 3.11 or newer" in run.python_problem((3, 9, 2))
    assert run.python_problem((3, 11, 0)) is None


def test_help_needs_no_install():
    done = subprocess.run([sys.executable, str(SCRIPT), "--help"], capture_output=True, text=True, check=True)
    assert "./run test" in done.stdout


def test_every_task_has_its_place_and_every_place_its_constraints(run):
    loader = SourceFileLoader("untouched", str(SCRIPT))
    module = module_from_spec(spec_from_loader("untouched", loader))
    loader.exec_module(module)
    places = {place.folder.name: place for _, place, _ in module.TASKS.values()}
    assert set(places) == {".venv", ".venv-ray", ".venv-oldest"}
    for place in places.values():
        pinned = place.constraints.read_text()
        assert "\ntorch==" in f"\n{pinned}" and "\ngymnasium==" in pinned
        assert f"\n{place.extra} = [" in module.PROJECT.read_text()


@pytest.mark.parametrize("reachable", [True, False])
def test_torch_without_cuda_where_its_index_can_be_reached(run, monkeypatch, reachable):
    fresh = SourceFileLoader("run_again", str(SCRIPT))
    module = module_from_spec(spec_from_loader("run_again", fresh))
    fresh.exec_module(module)

    def urlopen(address: str, timeout: float) -> object:
        if not reachable:
            raise module.urllib.request.URLError("no route")
        return nullcontext()

    monkeypatch.setattr(module.urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(module.sys, "platform", "linux")
    expected = ["--extra-index-url", "https://download.pytorch.org/whl/cpu"] if reachable else []
    assert module.torch_index() == expected
    monkeypatch.setattr(module.sys, "platform", "darwin")
    assert module.torch_index() == []
