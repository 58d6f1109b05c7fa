"""python -m baselines report: known tables in, known numbers out, on one page that needs nothing else."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from benchmark_helpers import ENV_IDS, fabricated, noisy, row
from scipy import stats

from baselines import results
from baselines.__main__ import _parse, main
from baselines.files import BadTable
from baselines.report import page, pictures, summary
from baselines.report.summary import Summary
from baselines.results import Results
from baselines.versions import OtherRun

ROOT = Path(__file__).resolve().parent.parent
DOCS, TABLES = ROOT / "docs" / "benchmark.md", ROOT / "docs" / "measurements" / "benchmark"

KNOWN = fabricated({
    "steady": [[0.4, 0.4, 0.4, 0.4], [0.8, 0.8, 0.8, 0.8]],
    "wild": [[0.0, 0.5, 0.5, 1.4], [0.7, 0.7, 0.9, 0.9]],
    "myopic": [[0.6] * 4, [0.6] * 4],
})  # fmt: skip


def table(name: str, known: Results = KNOWN) -> dict[str, tuple]:
    """Baseline -> the rest of its line."""
    [found] = [one for one in summary.tables(Summary(known)) if one.name == name]
    return {str(line[0]): tuple(line[1:]) for line in found.rows}


def test_tables_survive_their_files(tmp_path):
    results.write(tmp_path, KNOWN)
    again = results.read(tmp_path)
    assert len(again.rows) == len(KNOWN.rows) and len(again.curves) == len(KNOWN.curves)
    by_key = {(one["env_id"], one["baseline"], one["seed"]): one for one in again.rows}
    for one in KNOWN.rows:
        same = by_key[one["env_id"], one["baseline"], one["seed"]]
        assert same["score"] == pytest.approx(one["score"], abs=1e-6)  # made anew, from the returns
        assert {**same, "score": 0} == {**{name: pytest.approx(value) if isinstance(value, float) else value
                                           for name, value in one.items()}, "score": 0}  # fmt: skip


def test_aggregates_are_the_known_ones():
    found = table("aggregates")
    assert next(iter(found)) == "wild" and set(found) == {"wild", "myopic (privileged)", "steady"}
    assert found["steady"][0] == pytest.approx((0.6, 0.6, 0.6)) and found["steady"][4] == 8  # four of each: no spread
    iqm, median, mean, gap, _ = found["wild"]
    assert iqm.value == pytest.approx(np.mean([0.5, 0.7, 0.7, 0.9]))  # without 0, 0.5 and 0.9, 1.4
    assert median.value == mean.value == pytest.approx((0.6 + 0.8) / 2)
    assert gap.value == pytest.approx(1 - (0 + 0.5 + 0.5 + 1 + 0.7 + 0.7 + 0.9 + 0.9) / 8)
    assert iqm.low < iqm.value < iqm.high


def test_improvement_is_of_the_best_that_is_no_yardstick():
    found = table("improvement")
    assert Summary(KNOWN).best == "wild" and set(found) == {"steady", "myopic (privileged)"}
    assert found["steady"][0].value == pytest.approx((3 / 4 + 2 / 4) / 2)
    assert found["steady"][1] == "not to be told apart"
    ahead = fabricated({"good": [[0.9, 0.8, 0.95]] * 2, "bad": [[0.1, 0.2, 0.3]] * 2})
    assert table("improvement", ahead)["bad"][1] == "better"


@pytest.mark.parametrize("seeds", [2, 3, 4, 5])
@pytest.mark.parametrize("num_envs", [1, 2])
def test_what_too_few_seeds_cannot_prove_is_not_claimed(seeds, num_envs):
    """Against the exact test of SciPy where all runs of one are better."""
    low, high = np.arange(seeds) * 0.1, 1 + np.arange(seeds) * 0.1
    known = fabricated({"good": [list(high)] * num_envs, "bad": [list(low)] * num_envs}, ENV_IDS[:num_envs])
    p_value = 2 * (stats.mannwhitneyu(high, low, alternative="greater", method="exact").pvalue ** num_envs)
    assert table("improvement", known)["bad"][1] == ("better" if p_value <= 0.05 else "too few seeds to tell")


def test_the_sentence_tells_what_comes_next_or_cannot_be_told_apart():
    """By the difference of the interquartile means, of which the intervals are in the same sentence."""
    ahead = fabricated({"good": [[0.9, 0.8, 0.95]] * 2, "bad": [[0.1, 0.2, 0.3]] * 2, "worse": [[0.0, 0.1, 0.1]] * 2})
    said = page.sentence(Summary(ahead))
    assert said.startswith("good reaches the highest interquartile mean, 0.89 (") and "bad comes next, 0.69 (" in said
    assert said.endswith("with probability 1.00 (1.00 to 1.00).") and "worse" not in said
    assert page.sentence(Summary(KNOWN)).endswith("steady cannot be told apart from it.")
    often = fabricated({"wins little": [[0.62, 0.63, 0.64]] * 2 + [[0.5, 0.51, 0.52]],
                        "wins big": [[0.60, 0.60, 0.61]] * 2 + [[0.9, 0.91, 0.92]]},
                       ENV_IDS + ("RecGym-Games-v0",))  # fmt: skip
    assert "wins little comes next" in page.sentence(Summary(often)), "though its runs are the higher ones more often"


def test_returns_groups_measures_and_costs():
    assert table("returns")["reference (privileged)"][0].value == 25 and table("returns")["random"][1].value == 5
    [groups] = [one for one in summary.tables(Summary(KNOWN)) if one.name == "groups"]
    steady = next(line for line in groups.rows if line[:2] == ("News", "steady"))
    assert steady[2] == "segment" and steady[-1] == "explorer"
    assert steady[3:6] == pytest.approx((13 - 1, 13 + 0.5, 3))  # min, mean and gap of 12, 13.5 and 15
    worse_off = [{**row, "return": -row["return"]} for row in KNOWN.groups]
    [turned] = [one for one in summary.tables(Summary(Results(KNOWN.rows, [], worse_off))) if one.name == "groups"]
    assert next(line for line in turned.rows if line[:2] == ("News", "steady"))[-1] == "cost-conscious"
    assert table("costs")["steady"] == ("deep", "slate", 1000, 8, 2.0, 1.0)
    [measures] = [one for one in summary.tables(Summary(KNOWN)) if one.name == "measures"]
    ctr = measures.header.index("ctr")
    assert [line[ctr] for line in measures.rows if line[:2] == ("Video", "steady")] == [pytest.approx(0.02 + 0.08)]


def test_a_baseline_that_lacks_an_environment_is_in_no_aggregate():
    partial = fabricated({"everywhere": [[0.5] * 3] * 2, "news only": [[0.9] * 3]})
    assert "news only" not in table("aggregates", partial) and "everywhere" in table("aggregates", partial)
    left_out = "Not measured in all of them, and therefore left out: news only."
    assert summary.aggregates(Summary(partial)).note.endswith(left_out)
    assert "left out" not in summary.aggregates(Summary(KNOWN)).note
    assert table("scores", partial)["news only"][1] == ""


def test_an_environment_without_a_reference_has_returns_and_no_scores():
    rows = [one for one in KNOWN.rows if (one["baseline"], one["env_id"]) != ("reference", ENV_IDS[0])]
    known = Results(results.scored(rows), KNOWN.curves, KNOWN.groups)
    assert Summary(known).scored == [ENV_IDS[1]]
    assert len(table("returns", known)["steady"]) == 2 and len(table("scores", known)["steady"]) == 1


def test_what_failed_is_told():
    broken = row(ENV_IDS[0], "broken", 0, float("nan"), status="failed", problem="ValueError: no luck")
    assert table("missing", Results([*KNOWN.rows, broken], [], []))["broken"] == (
        "News",
        "failed",
        1,
        "ValueError: no luck",
    )


def test_mixed_tables_are_refused(tmp_path):
    newer = [{**one, "torch": "2.0"} if one["baseline"] == "wild" else one for one in KNOWN.rows]
    with pytest.raises(BadTable, match="one set of versions, found 2: torch 1.0; torch 2.0"):
        Summary(Results(newer, [], []))
    other = [
        {**one, "config_hash": "x"} if (one["baseline"], one["seed"]) == ("wild", 1) else one for one in KNOWN.rows
    ]
    with pytest.raises(BadTable, match="one configuration of wild on RecGym-News-v0, found Newild"):
        Summary(Results(other, [], []))


def test_several_results_are_read_as_one(tmp_path, capsys):
    """What is in both is taken once, whatever the order; an own agent so stands beside the published ones."""
    own = [one for one in KNOWN.rows if one["baseline"] in ("random", "reference", "wild")]
    others = [one for one in KNOWN.rows if one["baseline"] != "wild"]
    parts = [Results(rows, [one for one in KNOWN.curves if one["baseline"] in names], [])
             for rows, names in ((own, {"wild"}), (others, {"steady"}))]  # fmt: skip
    for name, part in zip(("own", "others"), parts, strict=True):
        results.write(tmp_path / name, part)
    both = results.joined(parts)
    assert len(both.rows) == len(KNOWN.rows) and len(both.curves) == len(KNOWN.curves)
    assert table("aggregates", both) == table("aggregates")
    assert main(["report", str(tmp_path / "own"), str(tmp_path / "others")]) == 0
    assert "steady" in (tmp_path / "own" / "report" / "report.md").read_text() and "wild" in capsys.readouterr().out
    elsewhere = Results([{**one, "sessions": 60} for one in own], [], [])
    told = "News-v0, seed 0: expected the same held-out sessions.*found 50 from 1000000 and 60"
    with pytest.raises(BadTable, match=told):
        results.joined([parts[1], elsewhere])
    changed = Results([{**one, "return": one["return"] + 1} for one in own], [], [])
    told = "random pages returned 5.0000, and now 6.0000: the environment has changed. Measure anew"
    with pytest.raises(OtherRun, match=told):
        results.joined([parts[1], changed])


def test_one_is_one():
    one = fabricated({"steady": [[0.4]]}, ENV_IDS[:1])
    told = "3 rows: 3 baselines, 1 environment, 1 seed, 50 held-out sessions each"
    assert summary.facts(Summary(one)).startswith(told)


def test_empty_and_foreign_results_are_refused(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert "no such file" in capsys.readouterr().err
    results.write(tmp_path, Results([], [], []))
    assert main(["report", str(tmp_path)]) == 2
    assert "at least one row that was measured" in capsys.readouterr().err
    (tmp_path / "rows.csv").write_text("name,score\nPPO,1\n")
    assert main(["report", str(tmp_path)]) == 2
    assert "expected the columns env_id, baseline, seed" in capsys.readouterr().err
    results.write(tmp_path, KNOWN)
    text = (tmp_path / "rows.csv").read_text()
    (tmp_path / "rows.csv").write_text(text.replace(",50,1000000,", ",fifty,1000000,", 1))
    with pytest.raises(BadTable, match=r"rows.csv, line 2: invalid literal.*fifty"):
        results.read(tmp_path)


# The files


class Resources(HTMLParser):
    """What a browser would have to fetch, and whether the tags match."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if (name in ("src", "data", "action", "srcset") or (name.endswith("href"))) and not value.startswith("#"):
                self.wanted.append(f"{tag} {name}={value}")
        self.wanted += [tag] if tag in ("script", "link", "iframe", "img") else []


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("benchmark")
    results.write(folder, noisy(12, 3))
    assert main(["report", str(folder), "--out", str(folder / "out")]) == 0
    return folder / "out"


def test_the_page_needs_nothing_else_and_has_every_picture(written):
    text = (written / "report.html").read_text()
    resources = Resources()
    resources.feed(text)
    assert not resources.wanted
    assert not re.search(r"url\((?!#|&quot;#|\"#)", text) and "@import" not in text
    assert text.count("<svg") == text.count("</svg>") == 5
    for name in ("aggregates", "profiles", "improvement", "curves", "groups"):  # and each as a file of its own
        assert (written / f"{name}.svg").read_text() in text
    for title in ("All environments", "Performance profiles", "Learning curves", "Outcomes by group of users"):
        assert f">{title}</h2>" in text
    for name in ("agent 11", "myopic (privileged)", "agent 0"):
        assert name in text


def test_text_from_tables_is_no_html(tmp_path):
    results.write(tmp_path, fabricated({"<script>alert(1)</script>": [[0.5, 0.6]] * 2}))
    known = Summary(results.read(tmp_path))
    assert "<script>" not in page.html(known, summary.tables(known), pictures.pictures(known))


def test_the_same_tables_give_the_same_files(written, tmp_path):
    assert main(["report", str(written.parent), "--out", str(tmp_path)]) == 0
    for path in written.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_csv_files_have_the_ends_of_the_intervals(written):
    with open(written / "aggregates.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {"baseline", "IQM", "IQM low", "IQM high", "optimality gap low", "runs"} <= set(lines[0])
    best = lines[0]
    assert best["baseline"] == "agent 11"
    assert float(best["IQM low"]) <= float(best["IQM"]) <= float(best["IQM high"])
    text = (written / "report.md").read_text()
    assert f"| agent 11 | {float(best['IQM']):.2f} ({float(best['IQM low']):.2f} to " in text


def test_more_baselines_than_colours_can_be_told_apart():
    known = Summary(noisy(15, 2))
    looks = {name: (pictures.colour(known, name), pictures.dashes(known, name)) for name in known.strata}
    assert len(set(looks.values())) == len(looks) == 16


def test_report_sees_tables_only():
    """No environment, no agent: nothing that could measure anew what it tells of."""
    program = "import sys, baselines.report; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    loaded = set(done.stdout.split())
    assert "baselines.report.summary" in loaded
    assert not {"recgym.env", "recgym.simulator", "recgym.sessions", "baselines.registry", "baselines.recommender",
                "baselines.cells", "torch", "stable_baselines3"} & loaded  # fmt: skip


# The page in the docs


def test_the_commands_of_the_page_are_understood():
    commands = re.findall(r"^(?:`)?python -m baselines ([^#`\n]+)", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert {line.split()[0] for line in commands} >= {"run", "report", "compare", "train", "play", "latency"}
    for line in commands:
        assert _parse(line.split()).run


def test_the_docs_get_the_tables_and_keep_their_text(tmp_path, capsys):
    results.write(tmp_path, KNOWN)
    target = tmp_path / "page.md"
    target.write_text(f"# Title\n\nBefore.\n\n{page.BEGIN}\nstale words\n{page.END}\n\nAfter.\n")
    assert main(["report", str(tmp_path), "--docs", str(target)]) == 0
    text = target.read_text()
    assert text.startswith(f"# Title\n\nBefore.\n\n{page.BEGIN}\n") and text.endswith(f"{page.END}\n\nAfter.\n")
    assert "stale words" not in text and "| steady | 0.60 (0.60 to 0.60) |" in text and "### What was run" in text
    assert page.PICTURE_LINE in text and (tmp_path / page.PICTURE).read_text().startswith("<svg")
    target.write_text("# Title\n")
    assert main(["report", str(tmp_path), "--docs", str(target)]) == 2
    assert "expected a Markdown file with the lines" in capsys.readouterr().err


def test_the_committed_page_tells_what_the_committed_tables_hold():
    before, after = page.split(DOCS)
    generated = DOCS.read_text(encoding="utf-8").removeprefix(before).removesuffix(after)
    if TABLES.exists():
        assert generated == page.block(Summary(results.read(TABLES))), (
            "run: python -m baselines report docs/measurements/benchmark --out results/report --docs docs/benchmark.md"
        )
    else:
        assert generated == f"{page.BEGIN}\n\nNot measured yet.\n\n{page.END}"
