"""The labs' notebooks from their one source, the teacher's scripts in `solutions/`.

    python build.py                          # writes the students' notebooks beside this file
    python build.py --teacher results/labs   # writes the notebooks with solutions, and the checks they call

A source is a script in jupytext's percent format. What stands between `# BEGIN SOLUTION` and `# END SOLUTION` becomes a
gap; the cell behind it checks what a student puts there.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
CHECKS = HERE / "checks"
GAP = "...  # your turn"
SOLUTION = re.compile(r"^( *)# BEGIN SOLUTION\n.*?^ *# END SOLUTION\n", re.MULTILINE | re.DOTALL)


def sources() -> list[Path]:
    """The teacher's scripts, in order."""
    return sorted((HERE / "solutions").glob("lab*.py"))


def student(source: str) -> str:
    """A script with gaps in place of its solutions."""
    return SOLUTION.sub(lambda found: f"{found[1]}{GAP}\n", source)


def teacher(source: str) -> str:
    """A script whose solutions are not marked."""
    return re.sub(r"^ *# (BEGIN|END) SOLUTION\n", "", source, flags=re.MULTILINE)


def notebook(script: str) -> Any:
    """The notebook of a script; equal scripts give equal notebooks."""
    import jupytext

    made = jupytext.reads(script, fmt="py:percent")
    made.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"
    return made


def write(folder: Path, solved: bool) -> list[Path]:
    """Write all notebooks into `folder`, and beside them the checks they import; the paths of the notebooks."""
    import nbformat

    folder.mkdir(parents=True, exist_ok=True)
    if folder.resolve() != HERE:
        shutil.copytree(CHECKS, folder / CHECKS.name, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    paths = []
    for source in sources():
        script = source.read_text(encoding="utf-8")
        paths.append(folder / f"{source.stem}.ipynb")
        nbformat.write(notebook(teacher(script) if solved else student(script)), paths[-1])
    return paths


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", type=Path, metavar="FOLDER",
                        help="write the notebooks with solutions here instead")  # fmt: skip
    options = parser.parse_args()
    for path in write(options.teacher or HERE, solved=options.teacher is not None):
        print(path)
