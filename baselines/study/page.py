"""What docs/baselines.md says of the studies, from their tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isnan
from pathlib import Path

from baselines import tuned
from baselines.study import space, trials
from baselines.study.trials import Trial
from recgym.markdown import table
from recgym.registration import DOMAINS

HEADER = ("algorithm", "environment", "steps", "tried", "committed", "found", "CPU seconds")
UNBEATEN, UNDECIDED = "unbeaten", "not finished"


def section(folder: Path) -> str:
    """In Markdown, from the tables of `folder`."""
    return f"""### Settings found by a study

Stable-Baselines3's algorithms are trained with the settings of `baselines/algorithms.py`, which were found on the shop.
`python -m baselines study` searches for better ones, one domain at a time, with [Optuna](https://optuna.org) (Akiba et
al., KDD 2019), and goes on from its table where it was killed:

```console
pip install -e ".[study]"
python -m baselines study RecGym-News-v0 --algos PPO --trials 8 --steps 30000
```

The first trial is the committed settings. The others are points of the space in `baselines/study/space.py`, trained
from seed {trials.SEEDS[0]} and given up where they fall behind the median. The best {trials.FINALISTS} that return more
than the committed settings meet them again from seeds {_listed(map(str, trials.SEEDS[1:]))}, and the mean of these
decides. What returns more is used wherever the algorithm is trained in this domain, in whichever view: by `train`, by
`run`, whose cells hold the settings they were trained with, and by the files for rl_zoo3. A training is valued by the
mean return of {trials.SESSIONS} validation sessions, whose seeds begin at {trials.VALIDATION_SEED:,}: no training meets
them, and they are not the held-out ones.

{table(HEADER, _rows(folder))}

"Committed" and "found" are means over the seeds that decide; "{UNBEATEN}" says that no point of the search returned
more, an empty cell that those which did fell behind with the seeds that decide. Every trial is kept in
`docs/measurements/study`, the winners are in `baselines/tuned/{tuned.SETTINGS.name}`. Where no line stands, no study
was made: the committed settings are used. Two seeds tell large gains from none, no more, and short trainings prefer
what learns fast: after 200,000 steps the order can be another.

### With rl_zoo3

The same settings as YAML, one file per algorithm, written by `python -m baselines zoo`, for every algorithm that
[rl_zoo3](https://github.com/DLR-RM/rl-baselines3-zoo) knows, which is all but MaskablePPO:

```console
pip install -e ".[zoo]"
python -m rl_zoo3.train --algo ppo --env RecGym-News-v0 --gym-packages recgym \\
    --conf-file baselines/rl_zoo3/ppo.yml --env-kwargs "action:'proto'"
```

The action view stands in the file too, but its evaluations only hear of `--env-kwargs`. `examples/11_rl_zoo3.py` runs
this command and lets the agent recommend.
"""


def _rows(folder: Path) -> list[tuple[str, ...]]:
    tables = ((algorithm, env_id, trials.load(trials.path(folder, env_id, algorithm), algorithm))
              for algorithm in space.SPACES for env_id in DOMAINS)  # fmt: skip
    return [row(algorithm, env_id, found) for algorithm, env_id, found in tables if found]


def row(algorithm: str, env_id: str, found: Sequence[Trial]) -> tuple[str, ...]:
    """What a study found, under HEADER."""
    numbers = [trial.number for trial in trials.finalists(found)]
    means = {number: trials.decisive(found, number) for number in numbers}
    best = trials.winner(found).number
    decided = not any(isnan(mean) for mean in means.values())
    outcome = (f"{means[0]:.2f}", f"{means[best]:.2f}" if best else "") if decided else (UNDECIDED, "")
    return (
        algorithm, env_id, f"{found[0].steps:,}", str(len(trials.searched(found))),
        *(outcome if len(numbers) > 1 else (UNBEATEN, "")),
        f"{sum(trial.cpu_seconds for trial in found):,.0f}",
    )  # fmt: skip


def _listed(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
