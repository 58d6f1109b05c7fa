"""The scale figures on a tiny shop: what is counted is counted right. Seconds themselves are never tested."""

from __future__ import annotations

import csv
import re

import gymnasium
import numpy as np
import pytest

from recgym import scale
from recgym.catalog import Catalog
from recgym.cli import main
from recgym.compiled import kernel
from recgym.folder import build_folder
from recgym.prefetch import prefetch
from recgym.scenarios.ecommerce_words import SENTENCES
from recgym.testing import HashingEncoder


def test_the_shop_is_made_of_built_in_words_and_the_same_every_time(tmp_path, monkeypatch):
    monkeypatch.setattr(scale, "_ROWS", 64)
    scale.write_shop(tmp_path / "one.csv", 150)
    scale.write_shop(tmp_path / "two.csv", 150)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    catalog = Catalog.load(tmp_path / "one.csv", required=scale.NUMBERS)
    shop = scale.builtin_catalog("ecommerce")
    assert catalog.num_items == 150 and set(catalog.category_names) <= set(shop.category_names)
    assert all(title.rsplit(", ", 1)[0] in set(shop.titles) for title in catalog.titles)
    with open(tmp_path / "one.csv", newline="") as file:
        assert len({row["item_id"] for row in csv.DictReader(file)}) == 150


def test_every_streamed_user_is_another(tmp_path):
    scale.write_shop(tmp_path / "shop.csv", 200)
    build_folder(tmp_path / "shop.csv", tmp_path / "shop", HashingEncoder(16), SENTENCES.texts_of, embedding_dim=8)
    users = scale.stream_users(tmp_path / "shop", 8, num_users=100, lanes=16)
    assert users.sessions == users.distinct == 100 and users.steps % 16 == 0 and users.steps >= 100


def test_equal_users_have_equal_hashes():
    envs = gymnasium.make_vec(scale.ENV_ID, num_envs=4)
    envs.reset(seed=[1, 2, 1, 3])
    one, two, three, four = scale._hashes(envs).tolist()
    assert one == three and len({one, two, four}) == 3
    envs.step(envs.action_space.sample())
    assert len(scale._hashes(envs)) == 0  # no session has just begun


@pytest.mark.slow
def test_the_command_prints_every_figure(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(scale, "SMALL", 200)
    arguments = ["--items", "300", "--users", "120", "--lanes", "32", "--embedding-dim", "8", "--seconds", "0.1"]
    assert main(["speed", "--scale", *arguments, "--folder", str(tmp_path)]) == 0
    out = capfd.readouterr().out
    for figure in (r"build 200 items, embeddings +[\d.]+ s", r"build 300 items, neighbours",
                   r"300 items on disk +\d+ MB", r"recall of the neighbours +1.000", r"open 300 items .* [\d.]+ s",
                   r"102,400 user-steps .* MB of its own",
                   r"action=proto, against 200 items +[\d.]+ times", r"search=exact, a slate +[\d.]+ ms",
                   r"120 sessions through 32 lanes +120 distinct users"):  # fmt: skip
        assert re.search(figure, out), figure
    assert (tmp_path / "shop-300-8" / "manifest.json").exists()
    assert main(["speed", "--scale", "--items", "0"]) == 2


@kernel
def _asked(array, row):
    prefetch(array, row)
    return array[row].sum()


def test_asking_changes_nothing():
    """Also for rows that are short, long, not in one piece, or not there: asking is no access."""
    short, long = np.arange(6.0).reshape(3, 2), np.ones((3, 900), dtype=np.float32)
    for array in (short, long, np.arange(24.0).reshape(4, 6)[:, ::2]):
        before = array.copy()
        assert _asked(array, 2) == before[2].sum() and np.array_equal(array, before)
