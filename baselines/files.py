"""Text, arrays and tables in files, all written whole (`recgym.writing`). Nothing is pickled."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from baselines.errors import Refused
from recgym.writing import replacing

Made = TypeVar("Made")

MEASUREMENTS = Path("docs") / "measurements"  # where commands write what they measured, seen from the working folder
ROOT = Path(__file__).resolve().parent.parent  # of the repository, whose pages tell what lies in its own MEASUREMENTS


class BadTable(Refused, ValueError):
    """A file holds no such table, or one that must not be gone on with."""


def write_whole(path: Path, text: str) -> None:
    """Write or replace a text file in one step; its folder is made where it is missing."""
    _write(path, text.encode("utf-8"))


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """The same for named arrays of numbers, as NPZ."""
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **arrays)
    _write(path, packed.getvalue())


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """What `write_arrays` wrote."""
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_json(path: Path, value: Any) -> None:
    """The same for JSON, with line breaks that read well in a diff."""
    write_whole(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """What a JSON file holds, or None if there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write_table(path: Path, columns: Sequence[str], lines: Iterable[Iterable[object]]) -> None:
    """The same for lines with a cell for each of `columns`, as CSV."""
    write_whole(path, table_text(columns, lines))


def table_text(columns: Sequence[str], lines: Iterable[Iterable[object]]) -> str:
    """What `write_table` writes."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows((columns, *lines))
    return text.getvalue()


def read_table(
    path: Path, columns: Sequence[str], made: Callable[[dict[str, str]], Made], added: Sequence[str] = ()
) -> list[Made]:
    """What `made` makes of each line of a CSV file, column -> text; nothing where there is no file.

    Args:
        path: The file.
        columns: All of them, in order.
        made: Raises a ValueError for a line that says what cannot be.
        added: The last of `columns`, which a table from before they were kept may lack: in it they are empty.

    Raises:
        BadTable: It has other columns, or such a line.
    """
    if not path.exists():
        return []
    columns, older = tuple(columns), tuple(columns)[: len(columns) - len(added)]
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        reader = csv.DictReader(file)
        found = tuple(reader.fieldnames or ("nothing",))
        if found not in (columns, older):
            raise BadTable(f"{path}: expected the columns {', '.join(columns)}; found {', '.join(found)}. Name another "
                           "file, or move this one away")  # fmt: skip
        try:
            return [made(dict.fromkeys(columns, "") | _whole(line)) for line in reader]
        except ValueError as problem:
            raise BadTable(f"{path}, line {reader.line_num}: {problem}") from None


def _whole(line: dict[str, str]) -> dict[str, str]:
    """The line, if it has as many cells as there are columns:
    csv keeps what is too much, and what is missing, under None."""
    if None in line or None in line.values():
        raise ValueError("expected a cell for every column, found more or fewer")
    return line
