"""The catalogue as arrays, and which of its items are alike."""

import csv
import gzip
import hashlib
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recgym.catalog.reading import read_columns
from recgym.catalog.stored import stored_fields, whole_manifest
from recgym.catalog.tables import (
    RATING_COLUMNS,
    CatalogError,
    Ranges,
    array_problems,
    catalog_fields,
    complete_attributes,
)
from recgym.catalog.texts import Texts
from recgym.writing import replacing


@dataclass(frozen=True, eq=False)
class Catalog:
    """A shop's items as arrays, one row an item.

    Names of departments and categories stand in the order of their first item. The arrays `load` makes are read-only.
    """

    item_ids: Sequence[str]
    titles: Sequence[str]
    texts: Sequence[str]  # what the encoder reads: "title. brand. Department > Category. description"
    departments: NDArray[np.int64]  # (num_items,) index into department_names
    categories: NDArray[np.int64]  # (num_items,) index into category_names
    department_names: tuple[str, ...]
    category_names: tuple[str, ...]
    attributes: Mapping[str, NDArray[np.float64]]  # each (num_items,); see `load`

    def __post_init__(self) -> None:
        lengths = {"titles": len(self.titles), "texts": len(self.texts)}
        lengths |= {"departments": len(self.departments), "categories": len(self.categories)}
        lengths |= {f"attribute {name!r}": len(values) for name, values in self.attributes.items()}
        wrong = [f"{name}: expected {self.num_items} entries, got {n}" for name, n in lengths.items()
                 if n != self.num_items]  # fmt: skip
        by_hand = not isinstance(self.item_ids, Texts)  # what lies on disk was checked when it was written
        wrong = wrong or by_hand and array_problems(
            {"item_ids": self.item_ids, "titles": self.titles, "texts": self.texts},
            {"departments": (self.departments, len(self.department_names)),
             "categories": (self.categories, len(self.category_names))},
            self.num_items,
        )  # fmt: skip
        if wrong:
            raise CatalogError("given as arrays", wrong)

    @property
    def num_items(self) -> int:
        """Number of items."""
        return len(self.item_ids)

    @property
    def num_categories(self) -> int:
        """Number of categories."""
        return len(self.category_names)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content, 64 hexadecimal digits: equal catalogues, equal fingerprints."""
        digest = hashlib.sha256()
        for strings in (self.item_ids, self.titles, self.texts, self.department_names, self.category_names):
            for string in (*strings, "end of column"):
                encoded = string.encode("utf-8")
                digest.update(len(encoded).to_bytes(8, "little") + encoded)
        digest.update(self.departments.astype("<i8").tobytes() + self.categories.astype("<i8").tobytes())
        for name in sorted(self.attributes):
            digest.update(name.encode("utf-8") + b"\0" + self.attributes[name].astype("<f8").tobytes())
        return digest.hexdigest()

    @classmethod
    def load(
        cls,
        source: "Catalog | str | os.PathLike[str]",
        *,
        required: Sequence[str] = (),
        defaults: Mapping[str, float | str] | None = None,
        ranges: Ranges | None = None,
    ) -> "Catalog":
        """Read and check a catalogue: a .csv, .csv.gz or .parquet file, a folder of `recgym build`, or a `Catalog`.

        Columns:
            item_id, title, category: always required; ids are unique, a category lies in one department.
            brand, department, description: optional texts; without departments all items are in "All".
            text: optional; replaces the text composed of the others.
            ratings_1 .. ratings_5: optional counts of stars; they give the attributes `rating` (mean stars; an item
                without ratings gets the catalogue's mean) and `num_ratings`.
            any other column: an attribute if its cells are numbers, left out if (most of) them are words.

        Args:
            source: The file, the folder (whose texts stay on disk), or the catalogue.
            required: Attributes that must be there.
            defaults: Values of attributes for catalogues that lack them; a string copies another attribute, as in
                `{"margin": 0.3, "list_price": "price"}`.
            ranges: Least and greatest value of attributes, as in `{"minutes": (1, 60)}`.

        Raises:
            CatalogError: The content is unusable (all problems are listed), or the folder is not whole.
            FileNotFoundError: There is no such file.
            TypeError: `source` is neither a path nor a catalogue.
            ImportError: A parquet file, and pyarrow is not installed.
        """
        if isinstance(source, Catalog):
            attributes, problems = complete_attributes(
                source.attributes, source.item_ids, required, defaults or {}, ranges or {}
            )
            if problems:
                raise CatalogError("given", problems)
            return replace(source, attributes=attributes)
        if not isinstance(source, str | os.PathLike):
            raise TypeError(
                "catalog: expected the path of a .csv, .csv.gz or .parquet file or of a folder, or a Catalog, got "
                f"{source!r:.80}; write a table to a file first"
            )
        path = Path(source)
        if path.is_dir():
            stored = cls(**stored_fields(path, whole_manifest(path)["catalog"]))
            return cls.load(stored, required=required, defaults=defaults, ranges=ranges)
        return cls(**catalog_fields(read_columns(path), path, required, defaults or {}, ranges or {}))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .csv or .csv.gz that `load` reads back to an equal catalogue; a crash leaves no half-written file."""
        path = Path(path)
        if not path.name.endswith((".csv", ".csv.gz")):
            raise CatalogError(path, [f"expected a name ending in .csv or .csv.gz, got {path.name!r}"])
        # `load` recomputes these two from the counts of stars.
        derived = ("rating", "num_ratings") if RATING_COLUMNS[0] in self.attributes else ()
        attributes = {name: values for name, values in self.attributes.items() if name not in derived}
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")  # the writer quotes a lone \r only if line ends contain one
        writer.writerow(["item_id", "title", "department", "category", "text", *attributes])
        departments = [self.department_names[i] for i in self.departments]
        categories = [self.category_names[i] for i in self.categories]
        numbers = [[_number(value) for value in values.tolist()] for values in attributes.values()]
        writer.writerows(zip(self.item_ids, self.titles, departments, categories, self.texts, *numbers, strict=True))
        content = text.getvalue().encode("utf-8")
        if path.suffix == ".gz":
            content = gzip.compress(content, mtime=0)
        with replacing(path) as temporary:
            temporary.write_bytes(content)


def nearest_neighbours(embeddings: ArrayLike, count: int, block_size: int = 512) -> NDArray[np.int64]:
    """The `count` most similar other rows of each row, by cosine, the most similar first.

    Similarities are compared to nine decimals and ties go to the lower index, so that the answer does not depend on
    the block size or the machine's matrix product.

    Args:
        embeddings: (num_items, dim), finite; an all-zero row is equally far from everything.
        count: 1 .. num_items - 1.
        block_size: Rows compared at a time; memory is block_size x num_items x 8 bytes.

    Returns:
        (num_items, count) row indices; a row is never its own neighbour.
    """
    vectors = np.asarray(embeddings, dtype=np.float64)
    if vectors.ndim != 2 or not np.isfinite(vectors).all():
        raise ValueError(f"embeddings: expected a finite array of shape (num_items, dim), got shape {vectors.shape}")
    num_items = len(vectors)
    if not 1 <= count < num_items:
        raise ValueError(f"count: expected 1 to {num_items - 1} neighbours of {num_items} items, got {count}")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors = vectors / np.where(norms > 0, norms, 1)
    neighbours = np.empty((num_items, count), dtype=np.int64)
    for start in range(0, num_items, block_size):
        block = np.arange(start, min(start + block_size, num_items))
        distances = -np.round(vectors[block] @ vectors.T, 9)
        distances[np.arange(len(block)), block] = np.inf
        furthest = np.partition(distances, count - 1, axis=1)[:, count - 1 : count]
        inside = distances <= furthest
        for row, item in enumerate(block):  # only rows inside: a stable sort of all items is ten times slower
            [closest] = np.nonzero(inside[row])
            neighbours[item] = closest[np.argsort(distances[row, closest], kind="stable")[:count]]
    return neighbours


def _number(value: float) -> str:
    """The shortest text that reads back as the same number, whole numbers without ".0"."""
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
