"""README and docs: every Python block runs, every file and every command they name is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from baselines.__main__ import main as baselines_main
from baselines.documentation import gallery
from recgym.cli import main as recgym_main

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """The fenced code blocks of a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.name)
def test_python_blocks_run(page, monkeypatch, capsys):
    """One after the other in one namespace, as a reader would type them; training is cut short."""
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    for block in blocks(page, "python"):
        short = re.sub(r"\.learn\([\d_]+", ".learn(64", block).replace(", env, ", ", env, n_steps=64, ")
        exec(compile(short, str(page), "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)", text):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


def test_the_commands_it_names_exist(capsys):
    for line in "\n".join(blocks(PAGES[0], "console")).splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0] == "recgym":
            assert recgym_main([words[1], "--help"]) == 0
        elif words[:3] == ["python", "-m", "baselines"]:
            assert baselines_main(["--help"]) == 0
        else:
            assert words[0] == "./run" and (ROOT / "run").exists()
    assert capsys.readouterr().out


def test_the_returns_it_gives_are_the_committed_ones():
    text = PAGES[0].read_text(encoding="utf-8")
    bounds = ROOT / "docs" / "measurements" / "RecGym-Ecommerce-v0-bounds.json"
    measured = json.loads(bounds.read_text())["views"]["slate"]
    returns = {row["name"]: row["return"] for row in measured["rows"]}
    given = re.findall(r"^\| ([a-z][^|]+?) \| (\d+\.\d\d) \|$", text, re.MULTILINE)
    assert len(given) == 5
    for name, value in given:
        assert f"{returns[name]:.2f}" == value, name
    assert f"Looking ahead is worth {measured['gap']:.1%}".replace("%", " %") in text


def test_the_scores_it_gives_are_the_committed_ones(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    assert baselines_main(["learn", "RecGym-Ecommerce-v0", "--markdown"]) == 0
    assert capsys.readouterr().out.strip() in PAGES[0].read_text(encoding="utf-8")
    for table in (gallery.table, gallery.classics_table):
        assert table("docs/environments/") in PAGES[0].read_text(encoding="utf-8")
