"""python -m baselines bounds: what there is to be learned, from random slates to a far-sighted reference."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from baselines import tables
from baselines.arguments import add_env_id, add_views, at_least
from baselines.classics import policies, variants
from baselines.files import MEASUREMENTS, read_json, write_json
from baselines.heuristics import HEURISTICS, RandomRecommender, heuristics, tuned_linear_ranker
from baselines.intervals import Estimate, mean_of, paired_p_value, ratio_of
from baselines.oracles import MYOPIC, REFERENCE, reference
from baselines.recommender import EVALUATION_SEED, Evaluation, Recommender, evaluate, make_lanes
from baselines.task import Unsuitable
from baselines.versions import check_return
from recgym.actions import VIEWS
from recgym.registration import CLASSICS, ENVIRONMENTS

if TYPE_CHECKING:
    from rich.table import Table

# What is told of sessions beside the score, per session; CTR is clicks per item shown.
MEASURES: Mapping[str, Callable[[Evaluation], Estimate]] = {
    "return": lambda sessions: mean_of(sessions.returns),
    "length": lambda sessions: mean_of(sessions.lengths),
    "CTR": lambda sessions: ratio_of(sessions.clicks, sessions.impressions),
    "clicks": lambda sessions: mean_of(sessions.clicks),
    "saved": lambda sessions: mean_of(sessions.saved),
    "committed": lambda sessions: mean_of(sessions.committed),
}
SHORT = ("return", "score", "length", "CTR")  # of a classic
COLUMNS = (*SHORT, "saved", "committed")
EPISODES = 500  # of what is published
# Where rows go that are measured otherwise, or of an environment of somebody's own.
UNPUBLISHED = Path("results") / "bounds"


class Gap(NamedTuple):
    """What looking ahead is worth."""

    share: Estimate  # (reference - myopic) / reference
    p_value: float  # of the paired t-test that both have the same mean return


@dataclass(frozen=True)
class Bounds:
    """The same sessions with every recommender that does not learn: name -> what it reached, in a table's order."""

    evaluations: Mapping[str, Evaluation]

    @property
    def random(self) -> Evaluation:
        """Score 0."""
        return self.evaluations[RandomRecommender.name]

    @property
    def reference(self) -> Evaluation:
        """Score 1; not proven to be the optimum."""
        return self.evaluations[REFERENCE]

    @property
    def best_heuristic(self) -> str:
        """The fixed rule with the highest mean return; empty for a classic, which has none."""
        rules = [name for name in self.evaluations if name in HEURISTICS]
        return max(rules, key=lambda name: self.evaluations[name].mean, default="")

    @property
    def gap(self) -> Gap:
        """Between the reference and the myopic privileged policy."""
        far, near = self.reference.returns, self.evaluations[MYOPIC.name].returns
        return Gap(ratio_of(far - near, far), paired_p_value(far, near))

    def score(self, sessions: Evaluation) -> Estimate:
        """(J - J_random) / (J_reference - J_random) of the same sessions with another recommender."""
        floor = self.random.returns
        return ratio_of(sessions.returns - floor, self.reference.returns - floor)

    def row(self, sessions: Evaluation, columns: Sequence[str]) -> dict[str, Estimate]:
        """Columns of the table, "score" or of MEASURES."""
        return {name: self.score(sessions) if name == "score" else MEASURES[name](sessions) for name in columns}


def measure(env_id: str, view: str, episodes: int, seed: int = EVALUATION_SEED) -> Bounds:
    """Run every recommender that does not learn on `episodes` sessions under an action view.

    What can be said of a classic is said in its slate view, whatever the view.

    Raises:
        baselines.tuned.NotTuned: The reference or the linear ranker is not tuned.
    """
    if env_id in CLASSICS:
        return measure_classic(env_id, episodes, seed)
    env = make_lanes(env_id, episodes, action=view)
    recommenders: list[Recommender] = [RandomRecommender(), *heuristics(env), tuned_linear_ranker(env), MYOPIC]
    recommenders.append(reference(env_id, view))
    return Bounds({recommender.name: evaluate(recommender, env, seed) for recommender in recommenders})


def measure_classic(env_id: str, episodes: int, seed: int = EVALUATION_SEED, **settings: Any) -> Bounds:
    """The same of a classic under some settings, such as its variant."""
    env = make_lanes(env_id, episodes, action="slate", **settings)
    recommenders = [RandomRecommender(), *policies(env.simulator)]
    return Bounds({recommender.name: evaluate(recommender, env, seed) for recommender in recommenders})


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    parser = commands.add_parser("bounds", help="compare everything that does not learn, on the same sessions")
    add_env_id(parser)
    add_views(parser)
    parser.add_argument("--episodes", type=at_least(2), default=EPISODES,
                        help=f"sessions of each recommender (default {EPISODES})")  # fmt: skip
    parser.add_argument("--seed", type=at_least(0), default=EVALUATION_SEED, help=f"default {EVALUATION_SEED}")
    parser.add_argument("--out", type=Path,
                        help=f"folder of the rows (default {MEASUREMENTS}; {UNPUBLISHED} with other "
                             "--episodes or --seed, or for an environment of yours)")  # fmt: skip
    parser.set_defaults(run=bounds)


def bounds(options: argparse.Namespace) -> int:
    """Measure and print every view, and keep the rows.

    Raises:
        Unsuitable: A classic is asked for in a view that its policies do not speak.
    """
    console = tables.console()
    found = {}
    classic = options.env_id in CLASSICS
    if classic and options.views not in (VIEWS, ("slate",)):
        raise Unsuitable("the privileged policies of a classic speak in slates: leave out --action")
    published = options.env_id in ENVIRONMENTS and (options.episodes, options.seed) == (EPISODES, EVALUATION_SEED)
    path = (options.out or (MEASUREMENTS if published else UNPUBLISHED)) / f"{options.env_id}-bounds.json"
    kept = {} if classic else _kept(path, options)
    for name in variants(options.env_id) if classic else options.views:
        if classic:
            one = measure_classic(options.env_id, options.episodes, options.seed, variant=name)
        else:
            one = measure(options.env_id, name, options.episodes, options.seed)
        found[name] = one
        case = f"{'variant' if classic else 'action'}={name!r}"
        title = f"{options.env_id}, {case}: the same {options.episodes:,} sessions for all"
        console.print(table(title, one, SHORT if classic else COLUMNS))
        share, p_value = one.gap
        console.print(f"Looking ahead is worth {_percent(share)} of the reference's return (paired t-test, "
                      f"p = {p_value:.2g}).\n", soft_wrap=True)  # fmt: skip
    _save(path, options, found, kept)
    console.print(f"Rows: {path}", soft_wrap=True)
    return 0


def table(title: str, known: Bounds, columns: Sequence[str], learned: Mapping[str, Evaluation] | None = None) -> Table:
    """All rows of `known`, and below them those of trained agents (name -> the same sessions)."""

    def cells(evaluations: Mapping[str, Evaluation]) -> list[list[str]]:
        return [[name, *map(str, known.row(sessions, columns).values())] for name, sessions in evaluations.items()]

    return tables.table(title, ("", *columns), (cells(known.evaluations), cells(learned or {})))


def as_json(known: Bounds, columns: Sequence[str] = COLUMNS) -> dict[str, Any]:
    """Numbers only, rounded to what another machine reproduces."""
    share, p_value = known.gap
    rows = []
    for name, sessions in known.evaluations.items():
        row: dict[str, Any] = {"name": name}
        for column, estimate in known.row(sessions, columns).items():
            row |= _rounded(column, estimate)
        rows.append(row)
    return {**_rounded("gap", share), "p_value": float(f"{p_value:.3g}"), "rows": rows}


def _how(options: argparse.Namespace) -> dict[str, Any]:
    """What the rows of a file have in common."""
    return {"env_id": options.env_id, "episodes": options.episodes, "seed": options.seed}


def _kept(path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The other views of a file, if they were measured in the same way.

    Raises:
        OtherRun: Random pages return something else now.
    """
    known = read_json(path) or {}
    if any(known.get(name) != value for name, value in _how(options).items()):
        return {}
    kept = {view: rows for view, rows in known["views"].items() if view not in options.views}
    for view, measured in kept.items():
        [before] = [row["return"] for row in measured["rows"] if row["name"] == RandomRecommender.name]
        env = make_lanes(options.env_id, options.episodes, action=view)
        now = evaluate(RandomRecommender(), env, options.seed).mean
        check_return(f"{path}: {view}", "random pages", before, now, "Leave out --action to measure all views anew")
    return kept


def _save(path: Path, options: argparse.Namespace, found: Mapping[str, Bounds], kept: Mapping[str, Any]) -> None:
    """Write the views beside those that are kept, or a classic's variants."""
    if options.env_id in CLASSICS:
        write_json(path, _how(options) | {"variants": {name: as_json(known, SHORT) for name, known in found.items()}})
        return
    views = {**kept, **{view: as_json(known) for view, known in found.items()}}
    write_json(path, _how(options) | {"views": {view: views[view] for view in VIEWS if view in views}})


def _rounded(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: round(estimate.value, 4), f"{name}_half_width": round(estimate.half_width, 4)}


def _percent(share: Estimate) -> str:
    return f"{share.value:.1%} ±{share.half_width:.1%}"
