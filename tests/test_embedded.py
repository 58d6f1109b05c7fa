"""Embedded texts: groups keep their order, files come back whole, and the shipped vectors are of the shipped texts."""

from __future__ import annotations

import numpy as np
import pytest

from recgym.embedded import ITEMS, NUM_NEIGHBOURS, Embedded
from recgym.scenarios import builtin, ecommerce, ecommerce_words
from recgym.testing import HashingEncoder

TEXTS = {ITEMS: ["red lamp", "blue lamp", "red chair", "blue chair", "green desk"], "others": ["red", "blue desk"]}


def built(whiten: str = "center", embedding_dim: int = 3) -> Embedded:
    return Embedded.build(TEXTS, HashingEncoder(16), whiten, embedding_dim)


def test_groups_are_projected_like_the_items():
    embedded = built()
    raw = HashingEncoder(16).encode([*TEXTS[ITEMS], *TEXTS["others"]])
    expected = embedded.projection.apply(raw)
    assert list(embedded.groups) == [ITEMS, "others"] and embedded.embedding_dim == 3
    assert np.array_equal(np.concatenate(list(embedded.groups.values())), expected)
    assert np.allclose(embedded.projection.mean, raw[:5].mean(axis=0))


def test_neighbours_are_the_most_similar_items():
    embedded = built()
    cosines = embedded.groups[ITEMS] @ embedded.groups[ITEMS].T
    np.fill_diagonal(cosines, -np.inf)
    assert embedded.neighbours.shape == (5, 4)
    assert np.array_equal(embedded.neighbours[:, 0], cosines.argmax(axis=1))


def test_a_file_comes_back_whole(tmp_path):
    path, embedded = tmp_path / "prepared.npz", built("relaxed")
    embedded.save(path)
    first = path.read_bytes()
    again = Embedded.load(path)
    assert again.whiten == "relaxed" and list(again.groups) == list(embedded.groups)
    for name, values in embedded.groups.items():
        assert np.array_equal(again.groups[name], values) and again.groups[name].dtype == np.float32
    assert np.array_equal(again.neighbours, embedded.neighbours)
    assert np.array_equal(again.projection.matrix, embedded.projection.matrix)
    again.save(path)
    assert path.read_bytes() == first and [file.name for file in tmp_path.iterdir()] == ["prepared.npz"]


def test_a_damaged_file_is_an_error_that_names_it(tmp_path):
    path = tmp_path / "prepared.npz"
    built().save(path)
    whole = path.read_bytes()
    for length in (0, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="prepared.npz.*reinstall"):
            Embedded.load(path)
    with pytest.raises(FileNotFoundError):
        Embedded.load(tmp_path / "nothing.npz")


def test_the_shipped_vectors_are_those_of_the_shipped_texts():
    shipped, defaults = builtin.builtin_vectors("ecommerce"), ecommerce.Ecommerce()
    texts = ecommerce_words.SENTENCES.texts_of(builtin.builtin_catalog("ecommerce"))
    built_now = Embedded.build(texts, builtin.builtin_table("ecommerce"), defaults.whiten, defaults.embedding_dim)
    assert (shipped.whiten, shipped.embedding_dim) == (defaults.whiten, defaults.embedding_dim)
    assert list(shipped.groups) == list(texts)
    for name, values in built_now.groups.items():
        assert np.allclose(shipped.groups[name], values, atol=2e-5), f"{name}: run python -m recgym.data.prepare"
    assert shipped.neighbours.shape == (3840, NUM_NEIGHBOURS)
    assert (shipped.neighbours == built_now.neighbours).mean() > 0.999
