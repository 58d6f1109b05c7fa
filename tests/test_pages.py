"""The generated pages: that they say all there is to say, and that the committed ones are current."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import gymnasium
import pytest

from baselines import learning
from baselines.__main__ import main
from baselines.documentation import gallery, measured, pages
from recgym import described
from recgym.actions import VIEWS
from recgym.markdown import table
from recgym.registration import DOMAINS, ENVIRONMENTS

ENV_ID = "RecGym-Ecommerce-v0"
ROOT = Path(__file__).resolve().parent.parent


def test_committed_pages_are_up_to_date(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # whatever the working folder
    for env_id, scenario in ENVIRONMENTS.items():
        path = ROOT / "docs" / "environments" / f"{scenario}.md"
        assert path.read_text(encoding="utf-8") == pages.page(env_id), (
            f"run: python -m baselines docs  ({path.name} is old)"
        )
    committed = (ROOT / "docs" / "environments" / "README.md").read_text(encoding="utf-8")
    assert committed == gallery.gallery(), "run: python -m baselines docs"


def test_page_has_every_setting_term_view_and_ending():
    text = pages.page(ENV_ID)
    config = described.config_class(ENV_ID)
    for name, field in ((field.name, field) for field in dataclasses.fields(config)):
        assert (f"| `{name}` |" in text) == field.init
    env = gymnasium.make(ENV_ID).unwrapped
    for name, weight in env.simulator.reward.DEFAULT_WEIGHTS.items():
        assert f"| `{name}` | {weight:g} | " in text
    for name in (*VIEWS, "flat", "dict", "sequence"):
        assert f'="{name}"`' in text
    assert "Termination" in text and "default 60) | Truncation" in text
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == [name for name in pages.SECTIONS if name in headings]  # their order


def training(row: learning.Row, seed: int, returns: list[float]) -> learning.Record:
    """One record where random returns 2 and the reference 12."""
    known = {"row": row.name, "algorithm": row.algorithm, "view": row.view, "steps": str(row.steps), "seed": str(seed),
             "settings": json.dumps(dict(row.settings)), "random": "2", "reference": "12", "seconds": "1",
             "score": f"{(returns[-1] - 2) / 10}"}  # fmt: skip
    curve = dict(zip(learning.CURVE, map(str, returns), strict=True))
    return dict.fromkeys(learning.COLUMNS, "0") | known | curve


def test_price_of_not_knowing_compares_trainings_of_the_same_length(tmp_path, monkeypatch):
    monkeypatch.setattr(measured, "FOLDER", tmp_path)
    assert measured.learning(ENV_ID) == "" and gallery._learned(ENV_ID) == ("–", "–")
    half, end = measured.SEEN, measured.TOLD
    assert half.steps == 2 * end.steps
    records = [training(half, seed, [3, 4, 5, 6 + seed, 7, 8, 9, 10 + seed]) for seed in (0, 2)]
    records += [training(end, seed, [3, 4, 5, 6, 7, 8, 9, 10]) for seed in (0, 1)]
    learning.save(tmp_path / f"{ENV_ID}-learning.csv", records)
    text = measured.learning(ENV_ID)
    assert "| PPO | `proto` | SB3's defaults | 200,000 | 2 | 0.90 " in text
    # told (10 - 2) / 10, history after the same steps ((6 - 2) + (8 - 2)) / 20
    assert "**Being told what is hidden** changes the score by +0.30" in text
    assert "scores 0.800 ±0.000 where" in text and "0.50 ±" in text
    assert gallery._learned(ENV_ID) == ("0.90 (2)", "+0.30 (2)")


def test_a_score_is_known_only_where_it_was_measured():
    record = training(measured.SEEN, 0, [3, 4, 5, 6, 7, 8, 9, 12])
    assert learning.score_after(record, 25_000) == pytest.approx(0.1)
    assert learning.score_after(record, 200_000) == 1.0
    for steps in (0, 30_000, 225_000):
        with pytest.raises(ValueError, match="expected a multiple of 25000 up to 200000"):
            learning.score_after(record, steps)


def test_command_writes_pages_and_pictures(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    assert main(["docs", "--out", str(tmp_path / "docs")]) == 0
    folder = tmp_path / "docs" / "environments"
    named = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert named == [
        tmp_path / "docs" / "baselines.md",
        *(folder / f"{name}.md" for name in ENVIRONMENTS.values()),
        folder / "README.md",
        *(folder / "pictures" / f"{name}.svg" for name in DOMAINS.values()),
        tmp_path / "docs" / "claims.md",
        tmp_path / "docs" / "images" / "claims.svg",
    ]
    assert (folder / "ecommerce.md").read_text(encoding="utf-8") == pages.page(ENV_ID)
    drawn = (folder / "pictures" / "ecommerce.svg").read_text(encoding="utf-8")
    for words in ("What looking ahead is worth", "linear ranker (tuned)", "PPO, embedded history (5 seeds)"):
        assert f">{words}</text>" in drawn


def test_tables_escape_bars():
    assert table(("a", "b"), [("x | y", "z")]) == "| a | b |\n| --- | --- |\n| x \\| y | z |"
