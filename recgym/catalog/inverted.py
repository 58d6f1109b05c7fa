"""The most similar items of large catalogues: all pairs of a million items take hours, an inverted file takes minutes.

Items are put into cells around k-means centres, and each is compared with the items of the cells nearest to its own
(Jégou et al., IEEE TPAMI 33(1), 2011). A few true neighbours lie in cells that are not looked at; `recall` counts them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recgym.catalog.items import nearest_neighbours
from recgym.catalog.rows import create_rows, read_rows, row_blocks, take_rows, write_rows
from recgym.compiled import Ints, Singles, allocating_kernel

EXACT_UP_TO = 20_000  # items; all pairs take about ten seconds there
PROBED = 16  # cells looked at
SAMPLE_PER_CELL = 32  # items the centres are fitted to
ROUNDS = 6  # of k-means
ROWS_AT_ONCE = 512  # bounds the similarities in memory, even where a cell is large
RECALL_ITEMS = 500
_EQUAL = 1e-5  # similarities in float32 that differ by less are equal


def similar_items(vectors: NDArray[np.float32], count: int) -> NDArray[np.int32]:
    """(num_items, count) the most similar other items of every item, nearest first; exact up to `EXACT_UP_TO` items.

    Args:
        vectors: (num_items, dim), rows of length 1 or 0.
        count: 1 .. num_items - 1.
    """
    if len(vectors) <= EXACT_UP_TO:
        return nearest_neighbours(vectors, count).astype(np.int32)
    with tempfile.TemporaryDirectory(prefix="recgym-") as folder:
        given, found = Path(folder) / "vectors.npy", Path(folder) / "neighbours.npy"
        np.save(given, vectors)
        write_neighbours(given, found, count, EXACT_UP_TO)
        return np.load(found)


def write_neighbours(vectors: Path, neighbours: Path, count: int, exact_up_to: int = EXACT_UP_TO) -> float:
    """Write the `count` most similar other items of every item to an array file, (num_items, count) int32.

    Args:
        vectors: Array file (num_items, dim) float32, rows of length 1 or 0.
        neighbours: The file to write.
        count: 1 .. num_items - 1.
        exact_up_to: Items up to which all pairs are compared.

    Returns:
        The measured share of the true neighbours, of a sample of items, that were found; 1 if all pairs were compared.
    """
    num_items = len(read_rows(vectors, 0, None))
    create_rows(neighbours, (num_items, count), np.int32)
    if num_items <= exact_up_to:
        write_rows(neighbours, 0, nearest_neighbours(read_rows(vectors, 0, None), count))
        return 1.0
    centres = _centres(vectors, num_items)
    order, ends = _in_cells(vectors, centres)
    by_cell = vectors.with_name(f"{vectors.stem}.by_cell.npy")
    try:
        _sort_rows(vectors, order, by_cell)
        _search(by_cell, order, ends, centres, neighbours, count)
    finally:
        by_cell.unlink(missing_ok=True)
    return recall(vectors, neighbours, count)


def recall(vectors: Path, neighbours: Path, count: int) -> float:
    """The share of neighbours at least as similar as the true `count`-th, over `RECALL_ITEMS` items drawn at random.

    Compared by similarity, since copies of an item are equally good neighbours.
    """
    num_items = len(read_rows(vectors, 0, None))
    rows = np.sort(np.random.default_rng(1).choice(num_items, min(RECALL_ITEMS, num_items), replace=False))
    sample = take_rows(vectors, rows)
    best = np.full((len(rows), count), -np.inf, dtype=np.float32)
    for start, block in row_blocks(vectors):
        similar = sample @ block.T
        inside = (rows >= start) & (rows < start + len(block))
        similar[inside, rows[inside] - start] = -np.inf  # an item is no neighbour of its own
        best = np.partition(np.concatenate((best, similar), axis=1), -count, axis=1)[:, -count:]
    found, places = np.unique(take_rows(neighbours, rows), return_inverse=True)
    given = np.einsum("nd,nkd->nk", sample, take_rows(vectors, found)[places.reshape(len(rows), count)])
    return float((given >= best.min(axis=1, keepdims=True) - _EQUAL).mean())


def _centres(vectors: Path, num_items: int) -> NDArray[np.float32]:
    """(num_cells, dim) k-means centres on the sphere, of a sample."""
    num_cells = round(num_items**0.5)
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(num_items, min(num_items, SAMPLE_PER_CELL * num_cells), replace=False))
    sample = take_rows(vectors, rows)
    centres = sample[rng.choice(len(sample), num_cells, replace=False)]
    for _ in range(ROUNDS):
        cells = _nearest_centre(sample, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, cells, sample)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), centres)
    return centres


def _nearest_centre(rows: NDArray[np.float32], centres: NDArray[np.float32]) -> NDArray[np.int64]:
    parts = [(rows[i : i + 4096] @ centres.T).argmax(axis=1) for i in range(0, len(rows), 4096)]
    return np.concatenate(parts)


def _in_cells(vectors: Path, centres: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows in the order of their cells, (num_items,), and where the cells begin and end, (num_cells + 1,)."""
    cells = np.concatenate([_nearest_centre(block, centres) for _, block in row_blocks(vectors)])
    order = np.argsort(cells, kind="stable")
    return order, np.searchsorted(cells[order], np.arange(len(centres) + 1))


def _sort_rows(vectors: Path, order: NDArray[np.int64], by_cell: Path) -> None:
    """Copy the vectors in the order of the cells: a cell is then read in one piece."""
    create_rows(by_cell, read_rows(vectors, 0, None).shape, np.float32)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    for start, block in row_blocks(vectors):
        write_rows(by_cell, place[start : start + len(block)], block)


def _search(
    by_cell: Path, order: NDArray[np.int64], ends: NDArray[np.int64], centres: NDArray[np.float32], neighbours: Path,
    count: int,
) -> None:  # fmt: skip
    near = np.argsort(-(centres @ centres.T), axis=1, kind="stable")
    found = np.empty((len(order), count), dtype=np.int32)
    for cell in range(len(centres)):
        own = slice(ends[cell], ends[cell + 1])
        if own.start == own.stop:
            continue
        probed = _enough(near[cell], np.diff(ends), count)
        others = np.concatenate([read_rows(by_cell, ends[c], ends[c + 1]) for c in probed])
        rows = np.concatenate([order[ends[c] : ends[c + 1]] for c in probed])
        vectors = read_rows(by_cell, own.start, own.stop)
        for start in range(0, len(vectors), ROWS_AT_ONCE):
            block = slice(start, start + ROWS_AT_ONCE)
            best = np.empty((len(vectors[block]), count), dtype=np.int64)
            _most_similar(vectors[block] @ others.T, rows, order[own][block], best)
            found[order[own][block]] = best
    write_rows(neighbours, 0, found)


def _enough(near: NDArray[np.int64], sizes: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The nearest cells: `PROBED`, or as many as hold more than `count` items."""
    return near[: max(PROBED, int(np.searchsorted(np.cumsum(sizes[near]), count, side="right")) + 1)]


@allocating_kernel
def _most_similar(similar: Singles, rows: Ints, own: Ints, best: Ints) -> None:
    """Fill `best` (len(own), count) with the rows of the highest similarities, ties to the lower row, never one's own.

    similar: (len(own), len(rows)).
    """
    count = best.shape[1]
    scores = np.empty(count, dtype=np.float32)
    for i in range(len(own)):
        filled = 0
        for j in range(len(rows)):
            score, row = similar[i, j], rows[j]
            if filled == count and score < scores[count - 1]:
                continue
            if row == own[i]:
                continue
            place = filled if filled < count else count
            while place > 0 and (
                score > scores[place - 1] or (score == scores[place - 1] and row < best[i, place - 1])
            ):
                place -= 1
            if place == count:
                continue
            filled = min(filled + 1, count)
            for k in range(filled - 1, place, -1):
                scores[k], best[i, k] = scores[k - 1], best[i, k - 1]
            scores[place], best[i, place] = score, row
