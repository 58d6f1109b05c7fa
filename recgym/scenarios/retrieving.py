"""What is retrieved in a domain: the lists that candidates come from, and the queries that name a need."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recgym.candidates import Retrieval, category_rankings, stretched
from recgym.catalog import Catalog
from recgym.items import Items
from recgym.scenarios.domain import Domain, Needs

TOP_SHARE = 0.05  # of what is on offer: the best sellers, and the latest arrivals
TOP_LEAST = 3  # times what a source gives: no list of these is shorter
EXPLORE_POPULARITY = 1.0  # how much more often exploration finds popular items


def query_vectors(found: NDArray[np.float32] | None, embedding_dim: int) -> NDArray[np.float32]:
    """The query vectors (num_queries + 1, embedding_dim), the last one, row -1, of no query."""
    no_query = np.zeros((1, embedding_dim), dtype=np.float32)
    return no_query if found is None else np.concatenate((found, no_query))


def category_needs(catalog: Catalog, num_queries: int) -> Needs:
    """A need for every category, the queries in their order; their rows are all -1 where nobody searches."""
    rows = np.arange(num_queries) if num_queries else np.full(2 * catalog.num_categories, -1)
    return Needs(catalog.category_names, rows.reshape(catalog.num_categories, 2, -1))


def query_intent(queries: NDArray[np.float32], query_rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(num_queries + 1,) position between the mean query of the first wish (-1) and the mean one of the second (1)."""
    if len(queries) == 1:
        return np.zeros(1)
    vectors = queries[:-1].astype(np.float64)
    first, second = (vectors[query_rows[:, wish].ravel()].mean(axis=0) for wish in (0, 1))
    axis = second - first
    length = max(float(axis @ axis), 1e-12)
    position = (vectors - (second + first) / 2) @ axis * 2 / length
    return np.append(np.clip(position, -2.0, 2.0), 0.0)


def retrieval(
    domain: Domain, catalog: Catalog, items: Items, neighbours: NDArray[np.int32], needs: Needs, per_source: int
) -> Retrieval:
    """The sources of candidates, `per_source` from each;
    `neighbours` (num_items, any number) are each item's in the texts."""
    rating, popularity = items.trait("rating"), items.trait("popularity")
    arrivals = catalog.attributes[domain.arrivals.removeprefix("-")] * (-1 if domain.arrivals.startswith("-") else 1)
    rated_first, popular_first, latest_first = (np.argsort(x, kind="stable") for x in (-rating, -popularity, arrivals))
    everything, best = np.arange(catalog.num_items, dtype=np.int32), min(2 * per_source, catalog.num_items)
    found = np.exp(EXPLORE_POPULARITY * popularity)
    times = np.ceil(4 * found / found.mean()).astype(np.int64)  # that an item stands in the list of all
    finds = [] if domain.needs is None else _found(items, needs.query_rows)

    def lists(by_arrival: NDArray[np.int64]) -> tuple[list[NDArray[np.integer]], ...]:
        top = max(round(TOP_SHARE * len(by_arrival)), TOP_LEAST * per_source)
        offered = np.zeros(catalog.num_items, dtype=bool)
        offered[by_arrival] = True
        by_rating, by_popularity = (order[offered[order]] for order in (rated_first, popular_first))
        rated = category_rankings(by_rating, items.categories, catalog.departments, best)
        # How often a list that is not a category's stands before the queries'.
        general = items.num_categories if finds else 1
        return (
            [*rated, *(by_rating[find[by_rating]] for find in finds)],
            [by_popularity[:top]] * general + [by_popularity[find[by_popularity]] for find in finds],
            [by_arrival[:top]] * general + [by_arrival[find[by_arrival]] for find in finds],
            [np.repeat(everything[offered], times[offered])],
        )

    num_candidates = per_source * len(Retrieval.SOURCES)
    editions = [latest_first] if domain.editions is None else domain.editions(catalog, num_candidates)
    rated, popular, new, explore = (stretched(of_days) for of_days in zip(*map(lists, editions), strict=True))
    return Retrieval(neighbours, rated, popular, new, explore[:, 0], rating, per_source, domain.own)


def _found(items: Items, query_rows: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    """(num_items,) for every query which items it finds: those of all needs it may stand for."""
    stands_for = np.zeros((int(query_rows.max()) + 1, len(query_rows)), dtype=bool)
    stands_for[query_rows, np.arange(len(query_rows))[:, None, None]] = True
    return [needs[items.needs] for needs in stands_for]


def entry_items(catalog: Catalog, popularity: NDArray[np.float64]) -> NDArray[np.int64]:
    """(num_categories,) the most popular item of each category."""
    return category_rankings(np.argsort(-popularity, kind="stable"), catalog.categories, catalog.departments, 1)[:, 0]
