"""One study: Optuna proposes points, each is trained and valued, and the best meet again with other seeds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from baselines.algorithms import VIEWS
from baselines.heuristics import RandomRecommender
from baselines.recommender import Recommender, evaluate, make_lanes
from baselines.study import space, trials
from baselines.study.trials import Trial
from baselines.task import Task
from baselines.versions import check_return
from baselines.watching import LearningCurve

if TYPE_CHECKING:
    import optuna

Behind = Callable[[int, float], bool]  # of a point of a training, from 0 on, and its mean return: give it up?
STARTUP = 3  # points before Optuna's estimator (TPE) proposes: the committed one, the others drawn at random


class Study(NamedTuple):
    """What is searched, and how thoroughly."""

    env_id: str
    algorithm: str
    steps: int
    """Of every training."""
    points: int
    """Tried in all, the committed settings among them."""
    file: Path

    @property
    def view(self) -> str:
        """The best that the algorithm can take."""
        return VIEWS[self.algorithm][0]


Train = Callable[[Study, Trial, Behind], Trial]  # the trial with its returns


class GivenUp(Exception):
    """A training that falls behind."""


def run(study: Study, train: Train | None = None) -> Iterator[Trial]:
    """Do what the study's table lacks, and yield each training when the table holds it.

    Args:
        study: What is searched.
        train: In place of `training`.

    Raises:
        baselines.files.BadTable: The table cannot be gone on with.
        baselines.versions.OtherRun: It is of another version of the environment.
    """
    train = train or training
    found = trials.load(study.file, study.algorithm, study.steps)
    random = random_return(study)
    for trial in found:
        where = f"{study.file}: trial {trial.number}, seed {trial.seed},"
        check_return(where, "random pages", trial.random, random, "Move the file away to search anew")

    def kept(trial: Trial) -> Trial:
        found.append(trial)
        trials.save(study.file, found)
        return trial

    for number in range(len(trials.searched(found)), study.points):
        memory = optuna_study(study.algorithm, found)
        asked = memory.ask(space.distributions(study.algorithm))

        def behind(point: int, value: float, asked: optuna.Trial = asked) -> bool:
            asked.report(value, point)
            return bool(asked.should_prune())

        parameters = space.rounded(study.algorithm, asked.params)
        planned = Trial(number, trials.SEEDS[0], study.steps, (), random, 0.0, parameters)
        yield kept(train(study, planned, behind))
    done = {(trial.number, trial.seed) for trial in found}
    finalists = trials.finalists(found)
    for seed in trials.SEEDS[1:] if len(finalists) > 1 else ():
        for finalist in finalists:
            if (finalist.number, seed) not in done:
                again = Trial(finalist.number, seed, study.steps, (), random, 0.0, finalist.parameters)
                yield kept(train(study, again, lambda point, value: False))


def optuna_study(algorithm: str, found: list[Trial]) -> optuna.Study:
    """The search so far as a study of Optuna, the same whether it is built anew or was never interrupted."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    before = trials.searched(found)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(n_startup_trials=STARTUP, seed=len(before)),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=1),  # from the committed point on
    )
    for trial in before:
        states = optuna.trial.TrialState
        study.add_trial(optuna.trial.create_trial(
            state=states.COMPLETE if trial.whole else states.PRUNED, value=trial.returns[-1],
            params=dict(trial.parameters), distributions=space.distributions(algorithm),
            intermediate_values=dict(enumerate(trial.returns)),
        ))  # fmt: skip
    if not before:
        study.enqueue_trial(space.start(algorithm))
    return study


def random_return(study: Study) -> float:
    """Mean return of random pages in the validation sessions."""
    sessions = make_lanes(study.env_id, trials.SESSIONS, action=study.view)
    return evaluate(RandomRecommender(), sessions, trials.VALIDATION_SEED).mean


def training(study: Study, planned: Trial, behind: Behind) -> Trial:
    """The planned trial with its returns; given up at the first point where `behind(point, mean return)` says so."""
    from baselines.sb3 import Trained

    sessions = make_lanes(study.env_id, trials.SESSIONS, action=study.view)
    returns: list[float] = []

    def value(recommender: Recommender) -> float:
        returns.append(round(evaluate(recommender, sessions, trials.VALIDATION_SEED).mean, 4))
        if behind(len(returns) - 1, returns[-1]):
            raise GivenUp
        return returns[-1]

    started = time.process_time()
    curve = LearningCurve(value, study.steps, trials.POINTS)
    task = Task(study.env_id, study.view, study.steps, planned.seed, progress=curve)
    try:
        recommender = Trained(study.algorithm, **space.settings(study.algorithm, planned.parameters)).train(task)
        value(recommender)
    except GivenUp:
        pass
    return Trial(planned.number, planned.seed, planned.steps, tuple(returns), planned.random,
                 time.process_time() - started, planned.parameters)  # fmt: skip
