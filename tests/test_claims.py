"""The experiment on the articles' claims: known answers, equal conditions, and the committed table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from baselines import claims, tuned
from baselines.__main__ import main
from baselines.claims import ARMS, LEADER, MEASURES, STATES, on_shared_pages
from baselines.documentation import claims as told
from baselines.documentation.claims import Comparison, block, everywhere, overall, percent, relative, verdict
from baselines.files import BadTable
from baselines.heuristics import RandomRecommender, heuristic
from baselines.intervals import Estimate
from baselines.oracles import MYOPIC
from baselines.registry import find
from baselines.task import Task
from baselines.versions import OtherRun
from recgym import metrics
from recgym.registration import DOMAINS

ENV_ID = "RecGym-News-v0"
ROOT = Path(__file__).resolve().parent.parent


def row(arm: str, seed: int, value: float, env_id: str = ENV_ID) -> claims.Row:
    """A run in which every measure has the same value."""
    return {"env_id": env_id, "arm": arm, "seed": seed, "state": ARMS[arm].state, "view": ARMS[arm].view,
            "config_hash": ARMS[arm].config_hash, "steps": 0, "sessions": 500, **dict.fromkeys(MEASURES, value),
            "cpu_seconds": 1.0}  # fmt: skip


# Known answers


def test_a_relative_difference_and_its_interval_by_hand():
    """Ratios of means 4 / 2; residuals 3 - 2 x 2 and 5 - 2 x 2, over the mean 2; Student's quantile of one degree."""
    rows = [row("content", 0, 2.0), row("content", 1, 2.0), row("PPO-language", 0, 3.0), row("PPO-language", 1, 5.0)]
    found = relative(rows, ENV_ID, Comparison("", "", "PPO-language", ("content",)), "f1")
    assert found.value == pytest.approx(100.0)
    half_width = 12.7062 * np.std([-0.5, 0.5], ddof=1) / np.sqrt(2)
    assert found.half_width == pytest.approx(100 * half_width, rel=1e-4)
    assert percent(found) == f"+100.0 ±{100 * half_width:.1f}"


def test_what_two_arms_have_in_common_cancels():
    rows = [row(arm, seed, factor * common) for arm, factor in (("content", 1.0), ("PPO-ids", 1.1))
            for seed, common in enumerate((1.0, 5.0, 3.0))]  # fmt: skip
    found = relative(rows, ENV_ID, Comparison("", "", "PPO-ids", ("content",)), "return")
    assert (found.value, found.half_width) == pytest.approx((10.0, 0.0), abs=1e-9)


def test_the_best_of_several_is_taken_on_the_seeds_that_both_have():
    rows = [row("PPO-ids", 0, 3.0), row("als", 0, 2.0), row("als", 1, 99.0), row("bpr", 0, 1.5),
            row("item-knn", 1, 7.0)]  # fmt: skip
    comparison = Comparison("", "", "PPO-ids", claims.COLLABORATIVE)
    found = relative(rows, ENV_ID, comparison, "recall")
    assert found.value == pytest.approx(50.0) and np.isnan(found.half_width) and percent(found) == "+50.0"
    assert relative(rows, "RecGym-Music-v0", comparison, "recall") is None and percent(None) == "–"
    assert [one.value for one in everywhere(rows, comparison, "recall")] == pytest.approx([50.0])


def test_the_mean_over_domains_takes_them_for_a_sample():
    found = overall([Estimate(value, 1.0) for value in (10.0, 20.0, 30.0)])
    assert found.value == pytest.approx(20.0) and found.half_width == pytest.approx(4.30265 * 10 / np.sqrt(3), rel=1e-5)


@pytest.mark.parametrize(
    ("value", "half_width", "said"),
    [
        (20.0, 5.0, "holds"),
        (20.0, 8.1, "higher, perhaps by so much"),
        (5.0, 4.0, "less than claimed"),
        (5.0, 6.0, "does not hold"),
        (5.0, 9.0, "not shown"),
        (-5.0, 4.0, "the opposite"),
        (20.0, float("nan"), "unknown"),
    ],
)
def test_verdicts_on_a_claim_of_twelve_per_cent(value, half_width, said):
    assert verdict(Estimate(value, half_width), 12.0) == said


def test_accuracy_counts_what_was_rightly_left_out():
    candidates = np.array([[1.0, 0.0, 1.0, 0.0], [0.5, 0.5, 0.5, 0.5], [1.0, 1.0, 0.0, 0.0]])
    assert metrics.accuracy(candidates[:, :2], candidates).tolist() == [0.5, 0.5, 1.0]


# Equal conditions


class Recorded:
    """A recommender that keeps the candidates it is asked about."""

    privileged = False

    def __init__(self, recommender):
        self.recommender, self.name, self.asked = recommender, recommender.name, []

    def act(self, env, observations):
        assert observations.shape == env.observation_space.shape
        self.asked.append(env.state["candidates"].copy())
        return self.recommender.act(env, observations)


@pytest.mark.parametrize("view", ["slate", "proto"])
def test_all_arms_are_asked_about_the_same_pages(view):
    """Whatever they answer, whichever state they see."""
    asked = {}
    for state, settings in STATES.items():
        for seed in (0, 1):
            recorded = Recorded(RandomRecommender(seed))
            on_shared_pages(recorded, Task(ENV_ID, view, 0, env_settings=settings), 6, 1_000_000)
            asked[state, seed] = recorded.asked
    first = asked.popitem()[1]
    for pages in asked.values():
        assert len(pages) == len(first) > 20
        assert all(np.array_equal(one, other) for one, other in zip(pages, first, strict=True))


def test_the_pages_are_measured_against_the_truth():
    task = Task(ENV_ID, "slate", 0)
    best, popular = (on_shared_pages(recommender, task, 40, 1_000_000)
                     for recommender in (MYOPIC, heuristic(LEADER, task.lanes(1))))  # fmt: skip
    assert best["ndcg"] == pytest.approx(1.0)  # it shows what brings most, the most first
    assert all(best[name] > popular[name] > 0 for name in ("accuracy", "recall", "precision", "f1"))


def test_a_changed_environment_is_noticed():
    [row] = claims.measure(ENV_ID, 0, ["random"], 0, 10)
    claims.check_environments([row], [ENV_ID])
    changed = row | {"return": row["return"] + 0.1}
    claims.check_environments([changed], ["RecGym-Video-v0"])
    with pytest.raises(OtherRun, match="seed 0, was measured where random pages returned .*has changed"):
        claims.check_environments([changed], [ENV_ID])


def test_arms_differ_in_the_state_alone():
    for agent in told.AGENTS:
        language, ids = ARMS[f"{agent}-language"], ARMS[f"{agent}-ids"]
        assert (language.baseline, language.view, language.settings) == (ids.baseline, ids.view, ids.settings)
        assert {language.state, ids.state} == set(STATES)


# The command


def test_the_command_measures_once_and_goes_on(tmp_path, capsys):
    path = tmp_path / "claims.csv"
    tiny = ["claims", "--envs", ENV_ID, "--steps", "1024", "--sessions", "10", "--jobs", "1", "--out", str(path)]
    assert main([*tiny, "--seeds", "1", "--arms", "content", "als"]) == 0
    assert "2 arms" in capsys.readouterr().out
    assert main([*tiny, "--seeds", "1", "--arms", "content", "als", "REINFORCE-ids"]) == 0
    assert "1 arms" in capsys.readouterr().out
    rows = claims.load(path)
    assert [(one["arm"], one["state"], one["steps"]) for one in rows] == [
        ("content", "language", 0), ("als", "ids", 1024), ("REINFORCE-ids", "ids", 1024)]  # fmt: skip
    assert all(0 < one[name] <= 1 for one in rows for name in MEASURES[:-1])
    kept = path.read_text()
    claims.save(path, rows)
    assert path.read_text() == kept  # a table comes back whole
    assert main([*tiny, "--seeds", "1", "--arms", "content", "als"]) == 0
    assert path.read_text() == kept
    other = [word if word != "10" else "11" for word in tiny]
    assert main([*other, "--seeds", "1", "--arms", "content"]) == 2
    assert "was measured with 10 sessions, now 11 are asked for. Choose another" in capsys.readouterr().err


def test_rows_of_other_settings_are_not_mixed_with(tmp_path, capsys, monkeypatch):
    path = tmp_path / "claims.csv"
    claims.save(path, [{**row("content", 0, 1.0), "config_hash": "another"}])
    assert main(["claims", "--envs", ENV_ID, "--arms", "content", "--out", str(path)]) == 2
    assert "was measured with another config_hash, now" in capsys.readouterr().err


def test_what_a_study_found_for_a_domain_is_left_out(monkeypatch):
    monkeypatch.setattr(tuned, "settings", lambda *_: pytest.fail("settings of one domain"))
    claims.measure(ENV_ID, 0, ["content"], 0, 4)
    assert all(ARMS[name].trained_with == find("PPO").settings for name in ("PPO-language", "PPO-ids"))


def test_a_table_that_is_none_is_told(tmp_path, capsys):
    path = tmp_path / "claims.csv"
    path.write_text("a,b\n")
    assert main(["claims", "--out", str(path)]) == 2
    assert "expected the columns env_id, arm" in capsys.readouterr().err
    claims.save(path, [row("content", 0, 1.0)])
    path.write_text(path.read_text().replace(",content,", ",contents,"))
    assert main(["claims", "--out", str(path)]) == 2
    assert "line 2: there is no arm 'contents'" in capsys.readouterr().err


# The page


def test_a_page_without_a_place_for_results_is_told(tmp_path):
    with pytest.raises(BadTable, match="expected a Markdown file with the lines"):
        told.page(tmp_path / "claims.md", [])


def test_the_page_says_nothing_of_what_was_not_measured():
    text = block([row("REINFORCE-language", 0, 3.0), row("content", 0, 2.0)])
    assert "| REINFORCE | content-based filtering | F1 | +12 | +50.0 | unknown | 1 | 1 | 0 | 0 |" in text
    assert "PPO" not in text and "collaborative filter |" not in text


def test_the_committed_page_is_of_the_committed_table():
    rows = claims.load(ROOT / claims.PATH)
    path = ROOT / "docs" / "claims.md"
    assert path.read_text(encoding="utf-8") == told.page(path, rows), "run: python -m baselines docs"


def test_the_committed_table_shows_what_the_page_concludes():
    rows = claims.load(ROOT / claims.PATH)

    def found(arm: str, others: tuple[str, ...], measure: str) -> Estimate:
        return overall(everywhere(rows, Comparison("", "", arm, others), measure))

    agent, filters = "REINFORCE-language", claims.COLLABORATIVE
    for others in (filters, ("content",)):
        earned, right = found(agent, others, "return"), found(agent, others, "accuracy")
        assert earned.value - earned.half_width > 15.0  # more than any claim
        assert right.value + right.half_width < told.CLAIMED["accuracy"]
        for one in (agent, "PPO-language"):
            assert all(found.value > 0 for found in everywhere(rows, Comparison("", "", one, others), "return"))
    for name, claimed in told.CLAIMED.items():
        shown = ("higher, perhaps by so much",) if name == "recall" else ("does not hold", "not shown")
        assert verdict(found(agent, filters, name), claimed) in shown
    precision = verdict(found("PPO-language", filters, "precision"), told.CLAIMED["precision"])
    assert precision == "higher, perhaps by so much"
    for name in ("recall", "f1"):
        assert verdict(found("PPO-language", filters, name), told.CLAIMED[name]) == "holds"
        for one in (agent, "PPO-language"):
            assert verdict(found(one, ("content",), name), told.CLAIMED[name]) == "holds"
    for name in ("precision", "recall", "f1"):
        right = found("short-sighted", filters, name)
        assert right.value - right.half_width > told.CLAIMED[name]
    added = [found(f"{learner}-language", (f"{learner}-ids",), "return") for learner in ("REINFORCE", "PPO")]
    assert abs(added[0].value) < added[0].half_width and 0 < added[1].value - added[1].half_width < 1
    assert found("REINFORCE-ids", filters, "return").value > 2 * found(agent, ("REINFORCE-ids",), "return").value
    accurate, ahead = found("short-sighted", filters, "f1"), found(agent, ("short-sighted",), "f1")
    assert accurate.value - accurate.half_width > 0 > ahead.value + ahead.half_width
    earned = found(agent, ("short-sighted",), "return")
    assert earned.value - earned.half_width > 0


@pytest.mark.parametrize("env_id", DOMAINS)
def test_the_committed_table_is_of_this_version(env_id):
    """What learns nothing again: an environment that changed has to be measured anew."""
    rows = claims.load(ROOT / claims.PATH)
    known = [row for row in rows if (row["env_id"], row["arm"], row["seed"]) == (env_id, "popular", 0)]
    for row in known:  # none where the table is not complete yet, which the page tells
        (again,) = claims.measure(env_id, 0, ["popular"], claims.STEPS, claims.SESSIONS)
        assert [again[name] for name in MEASURES] == pytest.approx([row[name] for name in MEASURES], rel=1e-3)
