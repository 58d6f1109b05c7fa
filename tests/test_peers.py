"""peers: turns, the best of them, and what is said when a peer cannot be had. None is installed here."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from recgym import peers
from recgym.cli import main
from recgym.peers import Comparison, Peer, PeerError

COUNTING = "import json, sys, pathlib; p = pathlib.Path(r'{}'); n = int(p.read_text()) + 1; p.write_text(str(n)); " \
           "print(json.dumps({{'fast': 100.0 + n, 'slow': 10.0 - n}}))"  # fmt: skip


@pytest.fixture
def installed(monkeypatch):
    monkeypatch.setattr(peers, "_installed", lambda peer, folder: Path(sys.executable))


def test_the_best_of_all_turns_counts(installed, tmp_path):
    counter = tmp_path / "turns"
    counter.write_text("0")
    found = peers.compare("RecGym-Ecommerce-v0", 0.02, 2, [Peer("Other", (), COUNTING.format(counter))])
    rates = dict(found)
    assert counter.read_text() == str(peers.ROUNDS)
    assert rates["Other, fast"] == 100.0 + peers.ROUNDS and rates["Other, slow"] == 9.0
    assert rates["RecGym-Ecommerce-v0, one"] > 0 and rates["RecGym-Ecommerce-v0, 2"] > 0


def test_a_peer_that_fails_is_told_in_its_own_words(installed, monkeypatch, capsys):
    broken = [Peer("Other", (), "raise SystemExit('no such simulator')")]
    with pytest.raises(PeerError, match="no such simulator"):
        peers.compare("RecGym-Ecommerce-v0", 0.01, 2, broken)
    monkeypatch.setattr(peers, "compare", lambda *arguments: (_ for _ in ()).throw(PeerError("pip has no network")))
    assert main(["speed", "--peers"]) == 1
    assert "pip has no network" in capsys.readouterr().err


@pytest.mark.parametrize(("system", "python"), [("posix", "bin/python"), ("nt", "Scripts/python.exe")])
def test_the_python_of_a_new_environment(system, python, tmp_path, monkeypatch):
    commands: list[list[str]] = []
    monkeypatch.setattr(peers, "os", SimpleNamespace(name=system))
    monkeypatch.setattr(peers.venv, "create", lambda folder, with_pip: None)
    monkeypatch.setattr(peers, "_run", commands.append)
    assert peers._installed(Peer("Other", ("other==1",), ""), tmp_path) == tmp_path / python
    assert commands[0][0] == str(tmp_path / python) and commands[0][-1] == "other==1"


def test_render_says_how_much_faster_the_fastest_is():
    lines = peers.render([Comparison("one", 500.0), Comparison("another", 250_000.0)]).splitlines()
    assert lines[0].split() == ["one", "500", "1/500"] and lines[1].split() == ["another", "250,000", "1/1"]
