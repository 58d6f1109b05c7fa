"""The learning table, which survives what happens to it, and the demo."""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from baselines import demo, learn, learning, saved, tuned
from baselines.__main__ import main
from baselines.algorithms import DEFAULTS, TUNED, VIEWS
from baselines.files import BadTable, write_whole
from baselines.heuristics import LINEAR_TUNED
from baselines.learning import POINTS, ROWS, Outcome, Row, Yardsticks
from baselines.oracles import MYOPIC, REFERENCE
from baselines.versions import OtherRun
from recgym.registration import DOMAINS

ENV_ID = "RecGym-Ecommerce-v0"
KNOWN = {view: Yardsticks(1.0, 5.0, 0.6, 0.2, 0.4) for view in ("slate", "item", "proto")}
TABLE = (Row("one", "PPO", "slate", 100, DEFAULTS, 0.5), Row("two", "DQN", "item", 200, {"num_envs": 2}, 0.4))


# Cells that cost nothing. They run in processes of their own, which find them by the name of this module.


def instant(env_id: str, row: Row, seed: int) -> Outcome:
    return Outcome([row.steps / 100 + seed + point / 10 for point in range(POINTS)], 0.5)


def troubled(env_id: str, row: Row, seed: int) -> Outcome:
    """Row "one" raises with seed 0 and its process dies with seed 1."""
    if row.name == "one" and seed == 0:
        raise ValueError("no luck today")
    if row.name == "one":
        os._exit(3)
    return instant(env_id, row, seed)


def endless(env_id: str, row: Row, seed: int) -> Outcome:
    """Seed 0 is instant; the others say every tenth of a second that they are alive, and never end."""
    while seed:
        Path(env_id, f"{row.name}-{seed}.pulse").write_text(str(time.time()))
        time.sleep(0.1)
    return instant(env_id, row, seed)


def run(path: Path, cell=instant, rows=TABLE, seeds=2, env_id=ENV_ID, known=KNOWN) -> list[tuple[str, int, bool]]:
    """What was run, sorted: row, seed, whether it went well."""
    done = learning.run(env_id, rows, seeds, 2, path, known, cell)
    return sorted((row.name, seed, record is not None) for row, seed, record in done)


def test_the_table_is_data():
    assert len({row.name for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row.view in VIEWS[row.algorithm] and row.settings in (DEFAULTS, TUNED.get(row.algorithm))
    with pytest.raises(dataclasses.FrozenInstanceError):
        ROWS[0].steps = 1


def test_a_table_is_measured_once_and_added_to(tmp_path):
    path = tmp_path / "table.csv"
    assert run(path) == [("one", 0, True), ("one", 1, True), ("two", 0, True), ("two", 1, True)]
    with open(path, newline="") as file:
        records = list(csv.DictReader(file))
    assert ["-".join((record["row"], record["seed"])) for record in records] == ["one-0", "one-1", "two-0", "two-1"]
    last = records[3]
    about = [last[name] for name in ("algorithm", "view", "steps", "settings")]
    assert about == ["DQN", "item", "200", '{"num_envs": 2}']
    assert float(last["return"]) == pytest.approx(2 + 1 + 0.7) == float(last[f"return_{POINTS}"])
    assert float(last["return_1"]) == pytest.approx(3) and float(last["score"]) == pytest.approx((3.7 - 1) / (5 - 1))
    assert [last[name] for name in ("myopic_score", "best_heuristic_score", "linear_score", "seconds")] == [
        "0.6000", "0.2000", "0.4000", "0.5",
    ]  # fmt: skip
    before = path.read_bytes()
    assert run(path) == [] and path.read_bytes() == before
    assert run(path, seeds=3) == [("one", 2, True), ("two", 2, True)]


def test_other_settings_are_measured_anew_in_the_place_of_the_old(tmp_path):
    path = tmp_path / "table.csv"
    run(path)
    other = (TABLE[0], dataclasses.replace(TABLE[1], settings={"num_envs": 4}))
    assert learning.missing(learning.load(path), other, 2) == [(other[1], 0), (other[1], 1)]
    assert run(path, rows=other, seeds=1) == [("two", 0, True)]
    records = learning.load(path)
    assert len(records) == 4 and len(learning.of_row(records, other[1])) == 1 == len(learning.of_row(records, TABLE[1]))


def test_a_cell_that_fails_or_dies_costs_only_itself(tmp_path, capfd):
    path = tmp_path / "table.csv"
    assert run(path, troubled) == [("one", 0, False), ("one", 1, False), ("two", 0, True), ("two", 1, True)]
    told = capfd.readouterr().err
    assert "one, seed 0 failed:" in told and "ValueError: no luck today" in told and "in troubled" in told
    assert "one, seed 1 failed:" in told and "terminated abruptly" in told
    assert run(path) == [("one", 0, True), ("one", 1, True)]


def test_a_kill_between_cells_loses_nothing_and_leaves_nothing_running(tmp_path):
    path = tmp_path / "table.csv"
    program = f"import test_learning as t; t.run(t.Path({str(path)!r}), t.endless, env_id={str(tmp_path)!r})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(Path(__file__).parent), *sys.path))}
    with subprocess.Popen([sys.executable, "-c", program], env=environment) as process:
        pulses = [tmp_path / "one-1.pulse", tmp_path / "two-1.pulse"]
        wait(lambda: len(learning.load(path)) == 2 and all(pulse.exists() for pulse in pulses))
        process.kill()
    assert process.returncode != 0
    survivors = path.read_bytes()
    wait(lambda: all(time.time() - pulse.stat().st_mtime > 1 for pulse in pulses))
    assert [one.name for one in tmp_path.iterdir() if one.suffix != ".pulse"] == ["table.csv"]
    assert run(path, env_id=str(tmp_path)) == [("one", 1, True), ("two", 1, True)]
    assert set(survivors.splitlines()) < set(path.read_bytes().splitlines())


def wait(until, seconds: float = 60) -> None:
    """Until something is so."""
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_write_that_fails_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "new" / "file.txt"
    write_whole(path, "old")

    def broken(source, target):
        raise OSError("disk on fire")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="fire"):
        write_whole(path, "new")
    assert path.read_text() == "old" and [one.name for one in path.parent.iterdir()] == ["file.txt"]


def test_a_changed_environment_is_noticed_and_nothing_is_mixed(tmp_path):
    path = tmp_path / "table.csv"
    run(path, seeds=1)
    before = path.read_bytes()
    changed = {view: dataclasses.replace(known, reference=6.0) for view, known in KNOWN.items()}
    told = "one, seed 0 was measured where reference returned 5.0000, and now 6.0000.*Move the file"
    with pytest.raises(OtherRun, match=told):
        run(path, known=changed)
    assert path.read_bytes() == before
    path.write_text("row,seed\none,0\n")
    with pytest.raises(BadTable, match="expected the columns row, algorithm.*found row, seed. Name another file"):
        run(path)


def test_the_printed_table_has_the_mean_over_seeds_beside_what_is_wanted(tmp_path):
    from rich.console import Console

    path = tmp_path / "table.csv"
    run(path, rows=TABLE[:1])
    out = io.StringIO()
    Console(file=out, width=140).print(learn.table("title", TABLE, learning.load(path), KNOWN))
    one, two = (re.split(r"\s*│\s*", line)[1:-1] for line in out.getvalue().splitlines() if "│" in line)
    scores = np.array([0.7, 1.7]) / 4  # returns 1.7 and 2.7
    width = 12.7062 * scores.std(ddof=1) / np.sqrt(2)
    assert one == ["one (slate)", "100", "2", f"{scores.mean():.2f} ±{width:.2f}", "0.50", "0.60", "0.20", "0.40"]
    assert two[:5] == ["two (item)", "200", "0", "not measured", "0.40"]


def test_nothing_is_trained_without_the_reference(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tuned, "FOLDER", tmp_path)
    assert main(["learn", ENV_ID, "--rows", "DQN-tuned", "--out", str(tmp_path)]) == 2
    assert f"python -m baselines tune {ENV_ID} --action item" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_real_cell_learns_and_measures(monkeypatch):
    monkeypatch.setattr(learning, "EPISODES", 4)
    row = Row("tiny", "PPO", "item", 256, {"num_envs": 2, "n_steps": 32, "policy_kwargs": {"net_arch": [8]}}, 0.5)
    one, two, other = (learning.train(ENV_ID, row, seed) for seed in (0, 0, 1))
    assert len(one.returns) == POINTS and np.isfinite(one.returns).all() and one.seconds > 0
    assert one.returns == two.returns != other.returns


@pytest.mark.slow
def test_the_learn_command(tmp_path, monkeypatch, capsys):
    row = Row("tiny", "PPO", "item", 256, {"num_envs": 2, "n_steps": 32, "policy_kwargs": {"net_arch": [8]}}, 0.5)
    monkeypatch.setattr(learn, "ROWS", (row,))
    command = ["learn", ENV_ID, "--seeds", "2", "--out", str(tmp_path)]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "tiny, seed 1: score" in out and "tiny (item)" in out
    assert len(learning.load(tmp_path / f"{ENV_ID}-learning.csv")) == 2
    assert main(command) == 0 and "seed 1: score" not in capsys.readouterr().out


# The demo


@pytest.mark.parametrize("env_id", [ENV_ID, "RecGym-News-v0", "RecGym-Boredom-v0"])
def test_the_demo_shows_its_stages_and_leaves_a_picture_and_the_models(env_id, tmp_path, monkeypatch, capsys):
    """With settings that a study is said to have found in this domain."""
    tiny = {"num_envs": 4, "policy_kwargs": {"net_arch": [8]}}
    monkeypatch.setattr(tuned, "SETTINGS", tmp_path / "algorithms.json")
    tuned.keep_settings("PPO", env_id, {**tiny, "n_steps": 32, "batch_size": 64})
    tuned.keep_settings("DQN", env_id, {**tiny, "learning_starts": 50})
    monkeypatch.setattr(demo, "AGENTS", {"PPO": 512, "DQN": 512})
    monkeypatch.setattr(demo, "SESSIONS", 10)
    monkeypatch.setattr(demo, "TELL_EVERY", 2)
    folder = tmp_path / "demo"
    assert main(["demo", env_id, "--out", str(folder)]) == 0
    out = capsys.readouterr().out
    positions = [out.index(f"\n{stage}. ") for stage in (1, 2, 3, 4)]
    assert positions == sorted(positions) and not re.search("customer|shop", out)
    for algorithm in ("PPO", "DQN"):
        told = rf"^{algorithm}  episode +2   reward +-?\d+\.\d\d   length +\d+   mean reward of the last 2: "
        assert re.search(told, out, re.MULTILINE)
        assert re.search(rf"│ {algorithm} +│ +-?\d+\.\d\d ±\d+\.\d\d │", out)
    for name in ("random", *(("best rated", LINEAR_TUNED) if env_id in DOMAINS else ()), MYOPIC.name, REFERENCE):
        assert f"│ {name} " in out
    assert ("best heuristic" in out) == (env_id in DOMAINS)
    assert sorted(path.name for path in folder.iterdir()) == ["demo-dqn.zip", "demo-ppo.zip", "demo.png"]
    assert all(f"Saved: {path}" in out for path in folder.iterdir())
    assert (folder / "demo.png").read_bytes().startswith(b"\x89PNG")
    for algorithm in ("PPO", "DQN"):
        about, env, recommender = saved.load(folder / f"demo-{algorithm.lower()}.zip", num_envs=1)
        assert (about.baseline, about.env_id, about.view, about.steps) == (algorithm, env_id, demo.VIEW, 512)
        assert about.settings["policy_kwargs"] == {"net_arch": [8]}
        assert env.action_space.contains(recommender.act(env, env.reset(seed=0)[0]))


def test_the_demo_is_small_enough_for_its_promise():
    assert sum(demo.AGENTS.values()) <= 500_000 and set(demo.AGENTS) == {"PPO", "DQN"}
    assert all(demo.VIEW in VIEWS[algorithm] for algorithm in demo.AGENTS)
