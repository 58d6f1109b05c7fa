"""The labs: every solution passes its check, every gap fails it, and the notebooks are those of the sources."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "labs"
sys.path.insert(0, str(FOLDER))  # as a notebook in that folder finds them
import build  # noqa: E402
from checks.telling import NotYet  # noqa: E402

SOURCES = build.sources()


def code_cells(script: str) -> list[str]:
    return [cell.source for cell in build.notebook(script).cells if cell.cell_type == "code"]


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_solutions_pass_and_gaps_fail(source, monkeypatch):
    """The cells one by one: before a solved cell runs, its gap meets the check behind it and has to fail."""
    import matplotlib.pyplot as plt

    monkeypatch.chdir(FOLDER)
    script = source.read_text(encoding="utf-8")
    solved, gaps = code_cells(build.teacher(script)), code_cells(build.student(script))
    assert len(solved) == len(gaps)
    module = ModuleType(f"labs.{source.stem}")
    monkeypatch.setitem(sys.modules, module.__name__, module)  # a lab registers a class of its own by its module's name
    names = vars(module)
    exercises = 0
    for number, (cell, gap) in enumerate(zip(solved, gaps, strict=True)):
        if build.GAP in gap:
            exercises += 1
            check = solved[number + 1]
            assert re.match(rf"{source.stem}\.check_", check), "the cell behind a gap is its check"
            unsolved = dict(names)
            exec(compile(gap, str(source), "exec"), unsolved)
            with pytest.raises(NotYet):
                exec(compile(check, str(source), "exec"), unsolved)
        exec(compile(cell, str(source), "exec"), names)
    plt.close("all")
    assert exercises >= 4


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_students_notebook_is_that_of_the_source(source):
    committed = nbformat.read(FOLDER / f"{source.stem}.ipynb", as_version=4)
    expected = build.notebook(build.student(source.read_text(encoding="utf-8")))
    assert [cell.source for cell in committed.cells] == [cell.source for cell in expected.cells], "run: python build.py"
    assert "SOLUTION" not in "".join(cell.source for cell in committed.cells)
    assert not any(cell.get("outputs") for cell in committed.cells)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_teachers_page_has_its_time_in_class_and_every_exercise(source):
    script, number = source.read_text(encoding="utf-8"), source.stem.removeprefix("lab")
    minutes = re.search(r"(\d+) minutes\.", re.sub(r"\n# ", " ", script))[1]
    page = (FOLDER.parent.parent / "docs" / "labs.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| {number}\. .*\| {minutes} min \|", page, re.MULTILINE)
    told = re.search(rf"^\| {number} \| (.+) \|$", page, re.MULTILINE)[1].split("; ")
    assert len(told) == script.count("## Exercise ") == script.count("# BEGIN SOLUTION")


def test_a_gap_takes_the_place_of_a_solution():
    script = "def f(x):\n    # BEGIN SOLUTION\n    y = x\n    return y\n    # END SOLUTION\n\nf(1)\n"
    assert build.student(script) == f"def f(x):\n    {build.GAP}\n\nf(1)\n"
    assert build.teacher(script) == "def f(x):\n    y = x\n    return y\n\nf(1)\n"
