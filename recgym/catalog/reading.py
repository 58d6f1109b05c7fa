"""From a CSV or parquet file to columns of texts, a piece at a time: in memory as lists, or on disk as `Texts`."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO

from recgym.catalog.tables import CatalogError, some
from recgym.catalog.texts import Texts, TextWriter
from recgym.extras import install

ROWS = 32_768  # of a piece
SUFFIXES = (".csv", ".csv.gz", ".parquet")
Piece = dict[str, list[str]]


def read_columns(path: Path) -> dict[str, list[str]]:
    """The columns of a file by name, every cell as text.

    Raises:
        CatalogError: The file is not what its name says, is empty, or its rows are ragged.
        FileNotFoundError: There is no such file.
        ImportError: A parquet file, and pyarrow is not installed.
    """
    columns: dict[str, list[str]] = {}
    for piece in pieces(path):
        for name, cells in piece.items():
            columns.setdefault(name, []).extend(cells)
    return columns


def spool_columns(path: Path, folder: Path) -> dict[str, Texts]:
    """The same columns, copied into files of `folder`: no more than a piece is in memory. Raises as `read_columns`."""
    writers: dict[str, TextWriter] = {}
    for piece in pieces(path):
        for name, cells in piece.items():
            if name not in writers:  # numbers, since a name may be anything
                writers[name] = TextWriter(folder / f"column-{len(writers)}")
            writers[name].extend(cells)
    for writer in writers.values():
        writer.close()
    return {name: Texts(folder / f"column-{i}") for i, name in enumerate(writers)}


def pieces(path: Path) -> Iterator[Piece]:
    """Some rows at a time: column name -> cells, all pieces with the same columns."""
    if not path.is_file():
        raise FileNotFoundError(f"no catalogue at {path}: expected a .csv, .csv.gz or .parquet file")
    if not path.name.endswith(SUFFIXES):
        raise CatalogError(
            path, [f"expected a name ending in .csv, .csv.gz or .parquet, got {path.name!r}: export it as CSV"]
        )
    return _parquet_pieces(path) if path.suffix == ".parquet" else _csv_pieces(path)


def _csv_pieces(path: Path) -> Iterator[Piece]:
    try:
        with _opened(path) as file:
            rows = (row for row in csv.reader(file, strict=True) if row)
            header = [name.strip() for name in next(rows, [])]
            problems = _header_problems(header)
            ragged: list[str] = []
            count = 0
            while piece := list(islice(rows, ROWS)):
                ragged += [f"row {i} has {len(row)}" for i, row in enumerate(piece, start=count + 1)
                           if len(row) != len(header)]  # fmt: skip
                count += len(piece)
                if not problems and not ragged:  # from the first problem on, the rest is only checked
                    yield dict(zip(header, map(list, zip(*piece, strict=True)), strict=True))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CatalogError(path, [f"not a complete gzip file ({error}): copy or download it again"]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CatalogError(path, [f"not a CSV file in UTF-8 ({error}): export it as UTF-8, comma-separated"]) from error
    if not count:
        found = "a header only" if header else "an empty file"
        raise CatalogError(path, [f"expected a header and at least one item, got {found}"])
    if ragged and not (problems and len(header) == 1):  # other marks between columns also make rows of odd lengths
        problems.append(
            f"expected {len(header)} cells in every row, as in the header, but {some(ragged)}; "
            'put cells that contain commas or line breaks in "double quotes"'
        )
    if problems:
        raise CatalogError(path, problems)


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")  # type: ignore[return-value]
    return open(path, encoding="utf-8-sig", newline="")


def _header_problems(header: list[str]) -> list[str]:
    problems = []
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        problems.append(f"expected commas between columns, got {header[0][:60]!r}: export it comma-separated")
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        problems.append(f"columns named twice: {some(map(repr, doubled))}; give every column its own name")
    return problems


def _parquet_pieces(path: Path) -> Iterator[Piece]:
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        raise ImportError(f"reading parquet catalogues needs pyarrow: {install('parquet')}") from error
    empty = True
    try:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=ROWS):
                piece = batch.to_pydict()
                if any(piece.values()):
                    empty = False
                    yield {name: ["" if cell is None else str(cell) for cell in cells] for name, cells in piece.items()}
    except (ArrowInvalid, OSError) as error:
        raise CatalogError(path, [f"not a parquet file ({error}): write it again"]) from error
    if empty:
        raise CatalogError(path, ["expected at least one item, got an empty table"])
