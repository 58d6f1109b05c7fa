"""python -m baselines run: what is measured, that it survives what happens to it, and what its tables hold."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines import cells, processes, results, run, tuned
from baselines.__main__ import main
from baselines.cells import Cell, measure
from baselines.oracles import MYOPIC
from baselines.processes import Failure, failure
from baselines.quality import SlateQuality, relevance
from baselines.recommender import EVALUATION_SEED, evaluate, make_lanes
from baselines.registry import BASELINES
from baselines.results import FAILED, MEASURED, MEASURES, UNSUITABLE
from recgym import metrics
from recgym.registration import DOMAINS

ENV_ID = "RecGym-News-v0"


def here(function, calls, jobs):
    """A backend without processes."""
    for position, arguments in enumerate(calls):
        try:
            yield position, function(*arguments)
        except (ValueError, LookupError) as error:
            yield position, failure(error)


def measured(folder: Path, planned: list[Cell], retry_failed: bool = False) -> dict[tuple, str]:
    """(baseline, seed) -> status of what was measured now."""
    todo = run.missing(folder, planned, retry_failed)
    return {(cell.baseline, cell.seed): record["status"] for cell, record in run.measure(folder, todo, here, 1)}


def rows(folder: Path) -> list[dict]:
    return results.read_table(folder / "rows.csv")


# What is measured


@pytest.fixture(scope="module")
def watched():
    env = make_lanes(ENV_ID, 12)
    quality = SlateQuality(env)
    return env, quality, evaluate(MYOPIC, env, EVALUATION_SEED, quality)


def test_watching_changes_nothing(watched):
    env, _, sessions = watched
    np.testing.assert_array_equal(evaluate(MYOPIC, env, EVALUATION_SEED).returns, sessions.returns)


def test_measures_are_those_of_the_log_page_by_page(watched):
    """The same sessions once more, one lane after the other, measured with the pure functions."""
    _, quality, sessions = watched
    slates, clicked, found, shown_drift, click_drift = [], [], [], [], []
    for lane in range(12):
        env = make_lanes(ENV_ID, 1)
        observations, _ = env.reset(seed=EVALUATION_SEED + lane)
        topics, clicks, over = [], [], False
        while not over:
            before = env.state
            candidates = env.simulator.response.funnel(before, before["candidates"]).click[0]
            observations, _, terminated, truncated, info = env.step(MYOPIC.act(env, observations))
            slate = info["slate"]
            chances = env.simulator.response.funnel(before, slate).click[0]
            precision, recall = metrics.precision(chances), metrics.recall(chances, candidates)
            found.append((precision, recall, metrics.f1(precision, recall)))
            slates.append(slate[0])
            clicked.append(info["clicked"][0])
            topics.extend(env.simulator.items.categories[slate[0]])
            clicks.extend(env.simulator.items.categories[slate[info["clicked"]]])
            over = terminated[0] or truncated[0]
        shown_drift.append(metrics.entropy_drift(topics))
        click_drift.append(metrics.entropy_drift(clicks))
    measures = quality.measures(sessions)
    slates, items = np.array(slates), env.simulator.items
    assert tuple(measures) == tuple(MEASURES)
    assert measures["return"] == sessions.mean and measures["length"] == len(slates) / 12
    assert measures["ctr"] == pytest.approx(np.mean(clicked))
    assert (measures["precision"], measures["recall"], measures["f1"]) == pytest.approx(tuple(np.mean(found, axis=0)))
    assert measures["diversity"] == pytest.approx(np.nanmean(metrics.intra_list_diversity(slates, items.embeddings)))
    counts = np.bincount(slates.ravel(), minlength=items.num_items)
    assert (measures["coverage"], measures["gini"]) == pytest.approx((metrics.coverage(counts), metrics.gini(counts)))
    assert measures["exposure_drift"] == pytest.approx(np.nanmean(shown_drift))
    assert measures["consumption_drift"] == pytest.approx(np.nanmean(click_drift))
    # The myopic policy takes the best by expected reward: nothing can have a higher gain.
    assert measures["ndcg"] == pytest.approx(1)


def test_what_must_not_be_shown_is_not_relevant(watched):
    env, *_ = watched
    env.reset(seed=3)
    rows = np.where(np.arange(20) < 18, env.state["candidates"], -1)

    class Odd:
        def forbids(self, state, rows):
            return (rows % 2 == 1) & (rows >= 0)

    free = relevance(env.simulator, env.state, rows)
    limited = relevance(replace(env.simulator, limits=Odd()), env.state, rows)
    for one, other in zip(free, limited, strict=True):
        np.testing.assert_array_equal(other, np.where(rows % 2 == 1, 0, one))
        assert (one[:, 18:] == 0).all() and (one >= 0).all() and one.any()


def test_groups_are_the_users_who_say_the_same(watched):
    env, quality, sessions = watched
    groups = quality.groups(sessions)
    assert set(groups) == {"segment", *env.sessions.setting.domain.statements}
    segments = []
    for lane in range(12):
        alone = make_lanes(ENV_ID, 1)
        alone.reset(seed=EVALUATION_SEED + lane)
        segments.append(env.simulator.users.SEGMENTS[alone.state["segment"][0]])
    for name, mean_return in groups["segment"].items():
        assert mean_return == pytest.approx(sessions.returns[np.array(segments) == name].mean())
    assert set(groups["segment"]) == set(segments)


def test_a_learner_has_a_curve_and_equal_cells_give_equal_results():
    cell = Cell(ENV_ID, "A2C", 1, "slate", 100, 5, {**BASELINES["A2C"].settings, "num_envs": 1, "n_steps": 5})
    one, two = measure(cell), measure(cell)
    assert one["status"] == MEASURED and [step for step, _ in one["curve"]] == list(range(10, 101, 10))
    assert one["curve"][-1][1] == one["measures"]["return"] == pytest.approx(np.mean(one["returns"]))
    assert one["cpu_seconds"] > 0 and one["wall_seconds"] > 0
    for record in (one, two):
        del record["cpu_seconds"], record["wall_seconds"]
    assert one == two
    assert json.loads(json.dumps(one))["measures"] == one["measures"]


def test_every_seed_meets_other_sessions_and_all_baselines_the_same():
    planned = run.plan([ENV_ID], ["popular"], 3, sessions=20)
    assert [(cell.baseline, cell.seed) for cell in planned[:4]] == [
        ("random", 0),
        ("reference", 0),
        ("popular", 0),
        ("random", 1),
    ]
    assert [cell.first_session for cell in planned if cell.baseline == "popular"] == [1_000_000, 1_000_020, 1_000_040]
    assert len({cell.config_hash for cell in planned}) == 3  # the seed is no part of it
    assert planned[0].config_hash != replace(planned[0], sessions=21).config_hash
    learner = run.plan([ENV_ID], ["A2C", "linear"], 1, steps=77)
    assert [cell.steps for cell in learner] == [0, 0, 77, 0]  # what learns nothing takes no steps


def test_every_baseline_can_be_planned_and_comes_back_from_its_file(tmp_path):
    for cell in run.plan([ENV_ID], list(BASELINES), 1):
        cells.save(tmp_path, cells.failed(cell, Failure("Traceback\nValueError: nothing")))
    assert run.missing(tmp_path, run.plan([ENV_ID], list(BASELINES), 1)) == []
    assert len(run.missing(tmp_path, run.plan([ENV_ID], list(BASELINES), 1), retry_failed=True)) == len(BASELINES)


# What survives


def test_a_run_is_added_to_and_nothing_is_measured_twice(tmp_path):
    planned = run.plan([ENV_ID], ["popular", "cheapest"], 1, sessions=5)
    assert measured(tmp_path, planned) == {("random", 0): MEASURED, ("reference", 0): MEASURED,
                                           ("popular", 0): MEASURED, ("cheapest", 0): UNSUITABLE}  # fmt: skip
    before = (tmp_path / "rows.csv").read_bytes()
    assert measured(tmp_path, planned) == {} and (tmp_path / "rows.csv").read_bytes() == before
    more = run.plan([ENV_ID], ["popular", "newest"], 2, sessions=5)
    assert set(measured(tmp_path, more)) == {
        ("newest", 0),
        *((name, 1) for name in ("random", "reference", "popular", "newest")),
    }
    found = rows(tmp_path)
    assert len(found) == len({(row["baseline"], row["seed"]) for row in found}) == 9
    by_name = {(row["baseline"], row["seed"]): row for row in found}
    for seed in (0, 1):
        floor, top, popular = (by_name[name, seed]["return"] for name in ("random", "reference", "popular"))
        assert by_name["popular", seed]["score"] == pytest.approx((popular - floor) / (top - floor), abs=1e-4)
        assert by_name["random", seed]["score"] == 0 and by_name["reference", seed]["score"] == 1
    cheapest = by_name["cheapest", 0]
    assert "relative_price" in cheapest["problem"] and np.isnan(cheapest["return"])
    assert (
        by_name["popular", 0]["recgym"] == cells.installed()["recgym"]
        and by_name["popular", 0]["numpy"] == np.__version__
    )


def test_a_cell_that_fails_is_kept_with_its_trace_and_costs_no_other(tmp_path, monkeypatch):
    planned = run.plan([ENV_ID], ["popular", "linear"], 1, sessions=5)
    with monkeypatch.context() as patch:
        patch.setattr(tuned, "FOLDER", tmp_path / "empty")
        assert measured(tmp_path, planned) == {("random", 0): MEASURED, ("reference", 0): FAILED,
                                               ("popular", 0): MEASURED, ("linear", 0): FAILED}  # fmt: skip
    record = json.loads((tmp_path / "cells" / ENV_ID / "linear" / "0.json").read_text())
    assert record["trace"].startswith("Traceback") and "in _train_and_evaluate" in record["trace"]
    row = next(row for row in rows(tmp_path) if row["baseline"] == "linear")
    assert row["status"] == FAILED and "has not been tuned" in row["problem"] and np.isnan(row["return"])
    assert measured(tmp_path, planned) == {}
    assert measured(tmp_path, planned, retry_failed=True) == {("reference", 0): MEASURED, ("linear", 0): MEASURED}
    assert all(row["status"] == MEASURED and not row["problem"] for row in rows(tmp_path))


def test_other_settings_and_other_versions_are_not_mixed(tmp_path, monkeypatch):
    measured(tmp_path, run.plan([ENV_ID], [], 1, sessions=5))
    with pytest.raises(
        run.OtherRun, match=r"random.0.json was measured with other settings: sessions 5, now 6. Choose"
    ):
        run.missing(tmp_path, run.plan([ENV_ID], [], 1, sessions=6))
    monkeypatch.setattr(cells, "installed", lambda: {**dict.fromkeys(results.PACKAGES, ""), "recgym": "9.9"})
    with pytest.raises(run.OtherRun, match="other versions: recgym '.*', now '9.9'"):
        run.missing(tmp_path, run.plan([ENV_ID], [], 1, sessions=5))


def test_a_changed_environment_is_noticed(tmp_path):
    planned = run.plan([ENV_ID], [], 1, sessions=5)
    measured(tmp_path, planned)
    run.check_environments(tmp_path, [ENV_ID])
    path = planned[0].path(tmp_path)
    record = json.loads(path.read_text())
    record["measures"]["return"] += 0.01
    path.write_text(json.dumps(record))
    run.check_environments(tmp_path, ["RecGym-Video-v0"])
    with pytest.raises(
        run.OtherRun, match="where random pages returned .* the environment has changed. Choose another"
    ):
        run.check_environments(tmp_path, [ENV_ID])


COMMAND = ["run", "--envs", ENV_ID, "--algos", "popular", "--seeds", "3", "--sessions", "20", "--jobs", "2"]


def test_killed_at_any_point_it_resumes_with_nothing_lost_or_doubled(tmp_path):
    """Killed twice, after some cells and at once after the next: the end is that of a run that nobody disturbed."""
    disturbed, whole = tmp_path / "disturbed", tmp_path / "whole"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def files():
        return sorted(disturbed.glob("cells/*/*/*.json"))

    kept: dict[Path, bytes] = {}
    for enough in (2, 4):
        command = [sys.executable, "-m", "baselines", *COMMAND, "--out", str(disturbed)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            end = time.monotonic() + 120
            while len(files()) < enough:
                assert time.monotonic() < end and process.poll() is None, "waited in vain"
                time.sleep(0.01)
            process.kill()
        assert process.returncode == -9
        kept |= {path: path.read_bytes() for path in files()}
        assert enough <= len(kept) < 9
    assert main([*COMMAND, "--out", str(disturbed)]) == 0
    measured(whole, run.plan([ENV_ID], ["popular"], 3, sessions=20))
    assert all(path.read_bytes() == content for path, content in kept.items())

    def without_clocks(folder: Path) -> list[dict]:
        with open(folder / "rows.csv", newline="") as file:
            return [{name: text for name, text in row.items() if "seconds" not in name} for row in csv.DictReader(file)]

    assert without_clocks(disturbed) == without_clocks(whole) and len(without_clocks(whole)) == 9
    assert (disturbed / "groups.csv").read_bytes() == (whole / "groups.csv").read_bytes()


def test_linear_algebra_takes_one_thread_a_process_unless_asked_for_more():
    """In a fresh interpreter: the server that processes are forked from keeps the environment it was started in."""
    program = (
        "import os; from baselines import processes\n"
        "if __name__ == '__main__':\n"
        "    print(sorted(processes.run(os.getenv, [(name,) for name in processes.THREADS], 1)))"
    )
    unset = {name: value for name, value in os.environ.items() if name not in processes.THREADS}
    environment = {**unset, "MKL_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == str([(0, "1"), (1, "1"), (2, "2")]), done.stderr


def test_a_command_trains_with_one_thread():
    program = "from baselines.__main__ import main; main(['--help']); import torch; print(torch.get_num_threads())"
    unset = {name: value for name, value in os.environ.items() if name not in processes.THREADS}
    done = subprocess.run([sys.executable, "-c", program], env=unset, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "1", done.stderr


def test_a_process_that_dies_is_a_failure_of_its_own_cell():
    outcomes = dict(processes.run(os._exit, [(3,)], 1)) | {1: dict(processes.run(abs, [(-2,)], 1))[0]}
    assert isinstance(outcomes[0], Failure) and "terminated abruptly" in outcomes[0].reason and outcomes[1] == 2


# The command


@pytest.mark.parametrize(("arguments", "told"), [
    (["--algos", "PP0"], "Did you mean 'PPO'"),
    (["--envs", "RecGym-Newz-v0"], "Did you mean 'RecGym-News-v0'"),
    (["--seeds", "0"], "at least 1"),
    (["--backend", "slurm"], "choose from"),
])  # fmt: skip
def test_bad_requests_are_told(arguments, told, capsys):
    assert main(["run", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_file_in_place_of_the_folder_is_told(tmp_path, capsys):
    path = tmp_path / "rows.csv"
    path.write_text("mine")
    assert main(["run", "--envs", ENV_ID, "--algos", "popular", "--seeds", "1", "--out", str(path)]) == 2
    assert "expected a folder, got a file" in capsys.readouterr().err and path.read_text() == "mine"


def test_the_command_tells_of_cells_and_of_failures(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(run.BACKENDS, "processes", here)
    monkeypatch.setattr("baselines.privileged.Privileged.train", lambda *_: {}["price"])
    command = [
        "run",
        "--envs",
        ENV_ID,
        "--algos",
        "popular",
        "cheapest",
        "--seeds",
        "1",
        "--sessions",
        "5",
        "--out",
        str(tmp_path),
    ]
    assert main(command) == 1
    told = capsys.readouterr()
    assert f"popular on {ENV_ID}, seed 0: return" in told.out and "not suitable: cheapest" in told.out
    assert f"reference on {ENV_ID}, seed 0: FAILED: KeyError" in told.out
    assert "1 cells have failed" in told.err and "--retry-failed" in told.err
    monkeypatch.undo()
    monkeypatch.setitem(run.BACKENDS, "processes", here)
    assert main([*command, "--retry-failed"]) == 0


def test_what_is_not_tuned_is_told_before_the_first_cell(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tuned, "FOLDER", tmp_path / "empty")
    assert main(["run", "--envs", ENV_ID, "--algos", "popular", "--out", str(tmp_path / "out")]) == 2
    assert f"{ENV_ID} has not been tuned" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_all_means_all():
    assert run._expand(["all", "PPO"], run.ALGO_GROUPS) == list(BASELINES)
    assert run._expand(["PPO", "DQN", "PPO"], run.ALGO_GROUPS) == ["PPO", "DQN"]
    assert run._expand(["domains", "RecGym-Boredom-v0"], run.ENV_GROUPS) == [*DOMAINS, "RecGym-Boredom-v0"]


def test_ray_is_asked_for_where_it_is_missing(tmp_path, capsys):
    pytest.importorskip("baselines.ray_cluster")
    try:
        import ray  # noqa: F401
    except ModuleNotFoundError:
        assert main(["run", "--envs", ENV_ID, "--algos", "popular", "--backend", "ray", "--out", str(tmp_path)]) == 2
        assert 'pip install -e ".[ray]"' in capsys.readouterr().err
    else:
        pytest.skip("ray is installed here")
