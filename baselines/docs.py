"""python -m baselines docs: writes all generated pages; docs/baselines.md from the list and its kinds."""

from __future__ import annotations

import argparse
from pathlib import Path

from baselines import slateq
from baselines.documentation import claims, gallery, pages, pictures
from baselines.files import MEASUREMENTS, ROOT, write_whole
from baselines.kinds import KINDS
from baselines.registry import BASELINES
from baselines.study import page as study_page
from baselines.study import trials
from recgym.markdown import table

FOLDER = Path("docs")
INTRO = f"""# Baselines

{len(BASELINES)} recommenders, one list (`baselines.registry.BASELINES`), one protocol. A baseline is trained on a
task, acts on a batch of sessions, and comes back from a folder:

```python
from pathlib import Path

from baselines import registry
from baselines.recommender import EVALUATION_SEED, evaluate
from baselines.task import Task

task = Task("RecGym-News-v0", "slate", steps=2_000, seed=0)
recommender = registry.find("linucb").train(task)
sessions = evaluate(recommender, task.lanes(50), EVALUATION_SEED)
print(sessions.mean, sessions.half_width)

registry.save(recommender, Path("results/linucb"), "linucb", task)
again = registry.load(Path("results/linucb"), task.lanes(50))
```

`Task.settings` changes a baseline's own settings, which are the arguments of the class that its entry names. Steps in
the tables are those that a baseline is trained for unless a task says otherwise. An own baseline is one line in the
list and a class with `train` and `load` (`baselines.task.Method`); `tests/test_registry.py` then holds it to what all
promise: a batch equals single sessions, what was saved acts the same, every view works that it claims, and only the
privileged look at what no service knows. [The benchmark](benchmark.md#your-own-agent-beside-the-others) then measures
it beside the others.
"""


def page() -> str:
    """The whole page in Markdown."""
    sections = [f"## {kind.title}\n\n{_table(name)}\n\n{kind.text}" for name, kind in KINDS.items()]
    measured = (study_page.section(ROOT / trials.FOLDER), slateq.section(ROOT / MEASUREMENTS))
    after = list(KINDS).index("deep") + 1
    sections[after:after] = [section.strip() for section in measured]
    return "\n\n".join(("<!-- Written by `python -m baselines docs`. -->", INTRO.strip(), *sections)) + "\n"


def _table(kind: str) -> str:
    rows = [
        (f"`{baseline.name}`", baseline.summary, ", ".join(f"`{view}`" for view in baseline.views),
         f"{baseline.steps:,}" if baseline.steps else "–")
        for baseline in BASELINES.values() if baseline.kind == kind
    ]  # fmt: skip
    return table(("baseline", "", "action views, the best first", "steps"), rows)


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("docs", help="write the pages of this repository that are made from its measurements")
    parser.add_argument("--out", type=Path, default=FOLDER, help=f"folder (default {FOLDER})")
    parser.set_defaults(run=write)


def write(options: argparse.Namespace) -> int:
    """Write the pages and name them."""
    environments = options.out / pages.FOLDER.name
    written = [options.out / "baselines.md", *pages.write(environments), gallery.write(environments),
               *pictures.write(environments), *claims.write(options.out)]  # fmt: skip
    write_whole(written[0], page())
    for path in written:
        print(path)
    return 0
