"""The online shop's catalogue: its numbers look like a real shop's, and the builder makes exactly this file."""

import csv
import gzip
import re
import zlib
from collections import Counter

import numpy as np
import pytest

from recgym.catalog import Catalog
from recgym.data.ecommerce import build
from recgym.scenarios import ecommerce_words as words

PATH = build.FOLDER / "catalog.csv.gz"


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog.load(PATH, required=("price", "list_price", "margin", "rating", "num_ratings", "days_online"))


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with gzip.open(PATH, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def archetypes() -> np.ndarray:
    return np.array([product.archetype for product in build.build_products()])


def ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"))


def test_the_builder_reproduces_the_file():
    content = build.to_bytes(build.build_products())
    assert gzip.decompress(content) == gzip.decompress(PATH.read_bytes())
    if "ng" not in zlib.ZLIB_RUNTIME_VERSION:  # zlib-ng packs the same text into other bytes
        assert content == PATH.read_bytes()


def test_counts(catalog):
    assert catalog.num_items == 3840 and catalog.num_categories == 96
    assert (np.bincount(catalog.categories) == 40).all()
    places = set(zip(catalog.departments.tolist(), catalog.categories.tolist(), strict=True))
    assert len(places) == 96 and Counter(department for department, _ in places) == dict.fromkeys(range(16), 6)
    assert list(catalog.department_names) == sorted(catalog.department_names)


def test_ids_titles_and_brands(catalog, rows):
    assert all(re.fullmatch(r"[A-Z]{3}-\d{4}", item_id) for item_id in catalog.item_ids)
    assert len(set(catalog.titles)) == 3840
    assert len({row["description"] for row in rows}) > 0.98 * 3840
    brands = {department: {r["brand"] for r in rows if r["department"] == department}
              for department in catalog.department_names}  # fmt: skip
    assert all(len(names) == 5 for names in brands.values())


def test_texts_are_copywriting(rows):
    for row in rows:
        for text in (row["title"], row["description"]):
            assert not re.search(r"[{}@|<>]|lorem|todo|product \d|  | ,|\.\.", text, re.I), text
        assert row["description"][0].isupper() or row["description"][0].isdigit()
        assert row["description"][-1] in ".!?", row["description"]
        assert 40 < len(row["description"]) < 400 and 10 < len(row["title"]) < 130
    # No sentence is said in more than one department, save the bargain hunters' cries.
    homes: dict[str, set[str]] = {}
    for row in rows:
        for sentence in re.split(r"(?<=[.!?]) ", row["description"]):
            homes.setdefault(sentence, set()).add(row["department"])
    shared = [sentence for sentence, found in homes.items() if len(found) > 1 and not sentence.endswith("!")]
    assert not shared


def test_populations(catalog, archetypes):
    rating, margin = catalog.attributes["rating"], catalog.attributes["margin"]
    price, list_price = catalog.attributes["price"], catalog.attributes["list_price"]
    days, num_ratings = catalog.attributes["days_online"], catalog.attributes["num_ratings"]
    discount = 1 - price / list_price
    assert Counter(archetypes) == {name: 96 * count for name, count in build.ARCHETYPE_COUNTS.items()}
    flashy, solid, new, ordinary = (archetypes == name for name in ("flashy", "solid", "new", "ordinary"))
    # Averages of few ratings can only come near their target, hence the slack of .1.
    assert rating[flashy].min() > 2.3 and rating[flashy].max() < 3.6
    assert rating[solid].min() > 4.1 and rating[solid].max() < 4.9
    assert rating[ordinary].min() > 3.2 and rating[ordinary].max() < 4.4
    assert rating[new].std() > 0.6
    assert discount[flashy].min() >= 0.35 and discount[flashy].max() <= 0.7
    assert (discount[solid] == 0).mean() > 0.7 and discount[solid].mean() < 0.05
    assert margin[flashy].min() >= 0.35 and margin[flashy].max() <= 0.6
    assert margin[solid].min() >= 0.12 and margin[solid].max() <= 0.3
    assert days[new].max() < 45 <= days[~new].min() and days.min() >= 1
    assert num_ratings[new].max() <= 25 and num_ratings.min() >= 1


def test_hype_gives_flashy_offers_away_in_words_only_they_use(rows, archetypes):
    loud = np.array(["!" in row["description"] for row in rows])
    np.testing.assert_array_equal(loud, archetypes == "flashy")


def test_stars_and_popularity(catalog, archetypes):
    counts = np.stack([catalog.attributes[f"ratings_{star}"] for star in range(1, 6)])
    np.testing.assert_allclose(counts.sum(axis=1) / counts.sum(), [0.06, 0.11, 0.25, 0.34, 0.24], atol=0.04)
    popularity = np.sort(catalog.attributes["num_ratings"])
    num_items = len(popularity)
    gini = (2 * np.arange(1, num_items + 1) - num_items - 1) @ popularity / (num_items * popularity.sum())
    assert 0.70 < gini < 0.85
    assert 0.65 < popularity[int(0.8 * num_items) :].sum() / popularity.sum() < 0.92
    rank = ranks(catalog.attributes["num_ratings"])
    rating, days = catalog.attributes["rating"], catalog.attributes["days_online"]
    assert np.corrcoef(rank, ranks(days))[0, 1] > 0.4
    assert np.corrcoef(rank, ranks(rating))[0, 1] > 0
    honest = np.isin(archetypes, ["solid", "ordinary"])
    assert np.corrcoef(ranks(rank[honest]), ranks(rating[honest]))[0, 1] > 0.25


def test_prices(catalog):
    price, list_price = catalog.attributes["price"], catalog.attributes["list_price"]
    cents = np.round(100 * price).astype(int) % 100
    assert set(cents.tolist()) == {49, 99}
    assert (list_price >= price).all() and 0.28 < (list_price > price).mean() < 0.4
    medians = {name: np.median(price[catalog.categories == i]) for i, name in enumerate(catalog.category_names)}
    assert medians["Vegetable Seeds"] < 12 < 200 < medians["Standing Desks"]
    log_price = np.log(price)
    within = np.mean([log_price[catalog.categories == i].std() for i in range(96)])
    assert 0.2 < within < 0.8 < log_price.std()


def test_words_read_well():
    assert words.SENTENCES.interest_statement("Plates, Bowls & Mugs") == "I love plates, bowls and mugs."
    assert words.SENTENCES.interest_statement("TV Stands") == "I love TV stands."
    assert words.SENTENCES.queries("Bluetooth Speakers")["compare"][1] == "which Bluetooth speakers should I get"
    assert words.context_sentence("Saturday", "evening", "phone", "spring", "garden week") == (
        "A Saturday evening in spring, on a phone, during the garden week."
    )
    assert words.context_sentence("Monday", "night", "laptop", "winter", "none") == (
        "A Monday night in winter, on a laptop."
    )


def test_all_texts_covers_every_sentence_once(catalog):
    texts = words.SENTENCES.all_texts(catalog)
    assert len(texts) == len(set(texts)) == 3840 + 5 + 3 + 96 + 96 * 6 + 7 * 4 * 3 * 4 * 4
    assert tuple(texts[:3840]) == catalog.texts
    known = set(texts)
    for category in catalog.category_names:
        assert words.SENTENCES.interest_statement(category) in known
        assert set(words.SENTENCES.queries(category)) == set(words.STAGES)
        for paraphrases in words.SENTENCES.queries(category).values():
            assert len(paraphrases) == 3 and known.issuperset(paraphrases)
    assert words.context_sentence("Sunday", "morning", "tablet", "autumn", "gift season") in known
    assert known.issuperset([*words.AGE_GROUPS.values(), *words.BUDGETS.values()])
