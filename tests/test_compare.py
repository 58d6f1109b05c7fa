"""python -m baselines compare: known changes are told, and chance is not taken for one."""

from __future__ import annotations

import numpy as np
import pytest
from benchmark_helpers import ENV_IDS, fabricated
from scipy import stats

from baselines import results
from baselines.__main__ import main
from baselines.compare import compare_tables, differences, sentence
from baselines.files import BadTable

SEEDS = 8


def runs(rng: np.random.Generator, mean: float, spread: float = 0.1) -> list[list[float]]:
    return rng.normal(mean, spread, (len(ENV_IDS), SEEDS)).tolist()


def test_paired_seeds_show_a_change_that_their_spread_would_hide():
    rng = np.random.default_rng(0)
    before = runs(rng, 0.5, 0.2)
    after = (np.array(before) + rng.normal(0.05, 0.01, (2, SEEDS))).tolist()
    [change] = compare_tables(fabricated({"PPO": before}).rows, fabricated({"PPO": after}).rows)
    assert change.paired and change.verdict == "better" and change.seeds == SEEDS and change.num_envs == 2
    assert change.difference.value == pytest.approx(np.mean(after) - np.mean(before))
    assert change.improvement == (1, 1, 1)
    # Without their pairs the same numbers prove nothing.
    moved = [{**row, "seed": row["seed"] + 100, "first_session": 0} for row in fabricated({"PPO": after}).rows]
    [change] = compare_tables(fabricated({"PPO": before}).rows, moved)
    assert not change.paired and change.verdict == "not to be told apart"
    wins = [stats.mannwhitneyu(two, one).statistic / SEEDS**2 for one, two in zip(before, after, strict=True)]
    assert change.improvement.value == pytest.approx(np.mean(wins))


def test_seeds_that_met_other_sessions_are_no_pairs():
    before = fabricated({"PPO": [[0.4, 0.5]] * 2}).rows
    after = [{**row, "sessions": 60} for row in before]
    assert [change.paired for change in compare_tables(before, after)] == [False]


def test_one_environment_is_the_paired_t_test():
    rng = np.random.default_rng(1)
    before, after = rng.normal(0.5, 0.1, SEEDS), rng.normal(0.6, 0.1, SEEDS)
    tables = [fabricated({"PPO": [list(scores)]}, ENV_IDS[:1]).rows for scores in (before, after)]
    [change] = compare_tables(*tables)
    known = stats.ttest_rel(after, before).confidence_interval()
    value, half_width = change.difference
    assert (value - half_width, value + half_width) == pytest.approx((known.low, known.high))


def test_chance_alone_is_seldom_called_real():
    """Of 100 comparisons of twenty baselines that did not change, about five may find any; the limit is at p < .001."""
    rng = np.random.default_rng(2)
    alarms = 0
    for _ in range(100):
        tables = [fabricated({f"agent {number}": runs(rng, 0.5) for number in range(20)}).rows for _ in range(2)]
        alarms += any(change.verdict in ("better", "worse") for change in compare_tables(*tables))
    assert alarms <= stats.binom.ppf(0.999, 100, 0.05)


def test_the_sentence_says_it_plainly():
    rng = np.random.default_rng(3)
    same, good, bad = runs(rng, 0.5), runs(rng, 0.3, 0.02), runs(rng, 0.8, 0.02)
    before = fabricated({"PPO": good, "DQN": bad, "SAC": same}).rows
    after = fabricated({"PPO": bad, "DQN": good, "SAC": same}).rows
    changes = compare_tables(before, after)
    assert {change.baseline: change.verdict for change in changes} == {
        "PPO": "better",
        "DQN": "worse",
        "SAC": "the same",
    }
    told = sentence(changes)
    assert "PPO is better by 0.49" in told and "DQN is worse by 0.49" in told
    assert "Of the other 1 baseline none" in told
    assert (
        sentence(compare_tables(before, before))
        == "No change is real: of 3 baselines none can be told apart from chance."
    )


def test_scores_are_made_with_the_yardsticks_of_the_first():
    before = fabricated({"PPO": [[0.5, 0.5]] * 2}).rows
    after = [{**row, "return": 2 * row["return"]} if row["baseline"] == "reference" else row for row in before]
    assert compare_tables(before, after)[0].verdict == "the same"


def test_a_single_seed_tells_nothing():
    tables = [fabricated({"PPO": [[score]] * 2}).rows for score in (0.2, 0.9)]
    [change] = compare_tables(*tables)
    assert change.verdict == "a single seed tells nothing" and change.difference.value == pytest.approx(0.7)


def test_what_was_not_measured_alike_is_told():
    before = fabricated({"PPO": [[0.5, 0.5]] * 2}).rows
    after = [
        {**row, "torch": "2.0", "config_hash": "new" if row["baseline"] == "PPO" else row["config_hash"]}
        for row in before
    ]
    assert differences(before, after) == ["torch 1.0 in A, 2.0 in B", "other settings of PPO"]
    assert differences(before, before) == []


def test_tables_with_nothing_in_common_are_refused():
    one, two = fabricated({"PPO": [[0.5, 0.5]] * 2}).rows, fabricated({"DQN": [[0.5, 0.5]] * 2}).rows
    with pytest.raises(BadTable, match="a baseline and an environment in common"):
        compare_tables(one, two)
    with pytest.raises(BadTable, match="rows of 'random' and 'reference'"):
        compare_tables([row for row in one if row["baseline"] != "reference"], one)


def test_the_command(tmp_path, capsys):
    rng = np.random.default_rng(4)
    for name, mean in (("a", 0.3), ("b", 0.6)):
        results.write(tmp_path / name, fabricated({"PPO": runs(rng, mean)}))
    assert main(["compare", str(tmp_path / "a" / "rows.csv"), str(tmp_path / "b")]) == 0
    out = capsys.readouterr().out
    assert "8 pairs" in out and "better" in out and "Real, in units of the score: PPO is better by 0." in out
    assert main(["compare", str(tmp_path / "a"), str(tmp_path / "nothing.csv")]) == 2
    assert "no such file" in capsys.readouterr().err
