"""Search over the whole catalogue: the items with the largest inner product with a query vector.

`Index` is the protocol. `ExactIndex` looks at every item, `FaissIndex` at those of some cells of an inverted file.
`CatalogSearch` asks an index for the items whose candidate features would score highest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Ints, Singles, dot, kernel
from recgym.extras import install
from recgym.features import CandidateFeatures
from recgym.state import State

SEARCHES = ("candidates", "exact", "faiss")


class Index(Protocol):
    """Finds items. A query's answer does not depend on the queries it comes with."""

    def search(self, queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """The rows of the `count` largest inner products, the largest first.

        Args:
            queries: (num_queries, embedding_dim + num_traits): weights of an item's embedding, then of its traits.
            count: 1 .. num_items.

        Returns:
            (num_queries, count) distinct rows.
        """


class ExactIndex:
    """Compares every query with every item; ties go to the lower row.

    The items are read once for all queries of a call, in blocks that stay in the cache. Each product is summed in one
    fixed order, so that a query has the same answer in any batch.
    """

    def __init__(self, embeddings: NDArray[np.float32], traits: NDArray[np.float32]) -> None:
        """Items as (num_items, embedding_dim) and (num_items, num_traits), neither of which is copied."""
        self.embeddings = embeddings
        self.traits = traits

    def search(self, queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        found = np.full((len(queries), count), -1, dtype=np.int64)
        scores = np.full((len(queries), count), -np.inf, dtype=np.float32)
        _search(np.ascontiguousarray(queries), self.embeddings, self.traits, scores, found)
        return found


@kernel
def _search(queries: Singles, embeddings: Singles, traits: Singles, scores: Singles, found: Ints) -> None:
    """Fill `found` (num_queries, count), -1 where it comes in, and `scores`, which come in as minus infinity."""
    dim, last, block = embeddings.shape[1], found.shape[1] - 1, 256
    for start in range(0, len(embeddings), block):
        for lane in range(len(queries)):
            for_embedding, for_traits = queries[lane, :dim], queries[lane, dim:]
            for row in range(start, min(start + block, len(embeddings))):
                score = dot(embeddings[row], for_embedding) + dot(traits[row], for_traits)
                if score <= scores[lane, last]:
                    continue
                place = last
                while place > 0 and score > scores[lane, place - 1]:
                    scores[lane, place], found[lane, place] = scores[lane, place - 1], found[lane, place - 1]
                    place -= 1
                scores[lane, place], found[lane, place] = score, row


class FaissIndex:
    """An inverted file of faiss: a copy of the items in about sqrt(num_items) cells, one in `SHARE` of them looked at.

    Queries are searched one by one, since faiss sums in another order where there are many.
    """

    SHARE = 16
    AT_LEAST = 8  # cells

    def __init__(self, embeddings: NDArray[np.float32], traits: NDArray[np.float32]) -> None:
        """Items as for `ExactIndex`.

        Raises:
            ImportError: faiss is not installed.
        """
        try:
            import faiss
        except ImportError as error:
            raise ImportError(f'search="faiss" needs faiss: {install("faiss")}') from error
        self._exact = ExactIndex(embeddings, traits)
        size, cells = embeddings.shape[1] + traits.shape[1], max(1, round(len(embeddings) ** 0.5))
        # The index keeps the quantiser alive in Python too: faiss holds a bare pointer to it.
        self._quantiser = faiss.IndexFlatIP(size)
        self._index: Any = faiss.IndexIVFFlat(self._quantiser, size, cells, faiss.METRIC_INNER_PRODUCT)
        sample = np.random.default_rng(0).permutation(len(embeddings))[: 64 * cells]
        self._index.train(np.concatenate((embeddings[sample], traits[sample]), axis=1))
        for start in range(0, len(embeddings), 65_536):
            block = slice(start, start + 65_536)
            self._index.add(np.concatenate((embeddings[block], traits[block]), axis=1))
        self._index.nprobe = min(cells, max(self.AT_LEAST, cells // self.SHARE))

    def search(self, queries: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        found = np.empty((len(queries), count), dtype=np.int64)
        for lane in range(len(queries)):
            found[lane] = self._index.search(queries[lane : lane + 1], count)[1][0]
        short = np.flatnonzero((found < 0).any(axis=1))  # fewer than `count` items in the cells looked at
        if len(short):
            found[short] = self._exact.search(queries[short], count)
        return found


@dataclass(frozen=True, eq=False)
class CatalogSearch:
    """Ranks all items of the catalogue as action="proto" ranks the candidates: by query . candidate features."""

    features: CandidateFeatures
    index: Index

    def best(self, state: State, weights: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        """(num_envs, count) rows, the best first; `weights` (num_envs, num_features) weigh the candidate features."""
        return self.index.search(self.features.as_query(state, weights), count)


def make_search(search: str, features: CandidateFeatures) -> CatalogSearch | None:
    """The search by its name, one of SEARCHES; None ranks the step's candidates only.

    Raises:
        ValueError: Items have personal features, which no index can hold.
        ImportError: "faiss", and it is not installed.
    """
    if search == "candidates":
        return None
    if features.personal is not None:
        raise ValueError(
            f"search: here items differ by user in {', '.join(features.personal.names)}, which no index can hold; "
            f'expected search="candidates", got {search!r}'
        )
    index = ExactIndex if search == "exact" else FaissIndex
    return CatalogSearch(features, index(features.embeddings, features.traits))
