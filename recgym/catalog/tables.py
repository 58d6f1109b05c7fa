"""From a table of texts to checked columns: everything that can be wrong with a catalogue file is found here."""

import csv
import difflib
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TEXT_COLUMNS = ("item_id", "title", "category", "department", "brand", "description", "text")
REQUIRED_COLUMNS = ("item_id", "title", "category")
RATING_COLUMNS = ("ratings_1", "ratings_2", "ratings_3", "ratings_4", "ratings_5")
# Lowest and highest allowed value of the attributes whose meaning is fixed.
RANGES: dict[str, tuple[float, float]] = {
    "price": (0, np.inf),
    "list_price": (0, np.inf),
    "margin": (0, 1),
    "rating": (1, 5),
    "num_ratings": (0, np.inf),
    "days_online": (0, np.inf),
    **dict.fromkeys(RATING_COLUMNS, (0, np.inf)),
}


class CatalogError(ValueError):
    """A catalogue that cannot be used; the message lists every problem with its cure."""

    def __init__(self, source: object, problems: Sequence[str]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n- ".join([f"catalogue {source}: {count}", *problems]))
        self.problems = tuple(problems)


def read_csv(path: Path) -> dict[str, list[str]]:
    """Columns of a CSV file by name, every cell as text."""
    content = path.read_bytes()
    try:
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        text = content.decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CatalogError(path, [f"not a complete gzip file ({error}): copy or download it again"]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise CatalogError(path, [f"not a CSV file in UTF-8 ({error}): export it as UTF-8, comma-separated"]) from error
    if len(rows) < 2:
        found = "an empty file" if not rows else "a header only"
        raise CatalogError(path, [f"expected a header and at least one item, got {found}"])
    header = [name.strip() for name in rows[0]]
    problems = []
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        problems.append(f"expected commas between columns, got {header[0][:60]!r}: export it comma-separated")
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        problems.append(f"columns named twice: {_some(map(repr, doubled))}; give every column its own name")
    ragged = [f"row {i} has {len(row)}" for i, row in enumerate(rows[1:], start=1) if len(row) != len(header)]
    if ragged:
        problems.append(
            f"expected {len(header)} cells in every row, as in the header, but {_some(ragged)}; "
            'put cells that contain commas or line breaks in "double quotes"'
        )
    if problems:
        raise CatalogError(path, problems)
    return dict(zip(header, map(list, zip(*rows[1:], strict=True)), strict=True))


def read_parquet(path: Path) -> dict[str, list[str]]:
    """Columns of a parquet file by name, every cell as text."""
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        raise ImportError('reading parquet catalogues needs pyarrow: pip install "recgym[parquet]"') from error
    try:
        table = parquet.read_table(path).to_pydict()
    except (ArrowInvalid, OSError) as error:
        raise CatalogError(path, [f"not a parquet file ({error}): write it again"]) from error
    if not table or not any(table.values()):
        raise CatalogError(path, ["expected at least one item, got an empty table"])
    return {name: ["" if cell is None else str(cell) for cell in cells] for name, cells in table.items()}


def catalog_fields(
    columns: Mapping[str, list[str]], source: object, required: Sequence[str], defaults: Mapping[str, float | str]
) -> dict[str, Any]:
    """Check the columns of a file and convert them to the fields of a `Catalog`.

    Raises:
        CatalogError: Lists all problems.
    """
    problems = [_missing(name, columns) for name in REQUIRED_COLUMNS if name not in columns]
    blank = [""] * len(next(iter(columns.values())))
    item_ids, categories, departments = (
        [cell.strip() for cell in columns.get(name, blank)] for name in ("item_id", "category", "department")
    )
    titles, brands, descriptions = (columns.get(name, blank) for name in ("title", "brand", "description"))
    places = [f"{d} > {c}" if d else c for d, c in zip(departments, categories, strict=True)]
    if "department" not in columns:
        departments = ["All"] * len(blank)
    if not problems:
        texts = {"item_id": item_ids, "title": titles, "category": categories, "department": departments}
        problems += _check_texts(texts | {"text": columns["text"]} if "text" in columns else texts)
    numbers, unreadable = _numbers(columns, item_ids, known={*RANGES, *required, *defaults})
    problems += unreadable.values()
    problems += _check_star_columns(columns)
    attributes, incomplete = complete_attributes(
        numbers, item_ids, [name for name in required if name not in unreadable], defaults, columns
    )
    problems += incomplete
    if problems:
        raise CatalogError(source, problems)

    texts = columns.get("text") or [
        ". ".join(part.strip() for part in parts if part.strip())
        for parts in zip(titles, brands, places, descriptions, strict=True)
    ]
    department_names, department_index = encode_names(departments)
    category_names, category_index = encode_names(categories)
    return {
        "item_ids": tuple(item_ids),
        "titles": tuple(titles),
        "texts": tuple(texts),
        "departments": department_index,
        "categories": category_index,
        "department_names": department_names,
        "category_names": category_names,
        "attributes": attributes,
    }


def complete_attributes(
    given: Mapping[str, NDArray[np.float64]],
    item_ids: Sequence[str],
    required: Sequence[str],
    defaults: Mapping[str, float | str],
    columns: Iterable[str] = (),
) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """Add the ratings' summary and the defaults to the attributes.

    Returns:
        The attributes, each (num_items,) and read-only, and the problems with them; `columns` helps to guess what a
        missing attribute was meant to be called.
    """
    attributes = dict(given)
    if all(name in attributes for name in RATING_COLUMNS) and "rating" not in attributes:
        counts = np.stack([attributes[name] for name in RATING_COLUMNS])  # (5, num_items)
        num_ratings = counts.sum(axis=0)
        stars = np.arange(1.0, 6.0) @ counts
        mean = stars.sum() / num_ratings.sum() if num_ratings.any() else 3.0
        attributes["rating"] = np.where(num_ratings > 0, stars / np.maximum(num_ratings, 1), mean)
        attributes["num_ratings"] = num_ratings
    for name, default in defaults.items():
        if name in attributes or (isinstance(default, str) and default not in attributes):
            continue  # a default that copies a missing attribute: that one is reported, if it is required
        attributes[name] = attributes[default] if isinstance(default, str) else np.full(len(item_ids), float(default))
    # The ratings' summary is left out: where it is out of range, the counts behind it are, and those are named.
    problems = _check_values({name: attributes[name] for name in (*given, *defaults) if name in attributes}, item_ids)
    problems += [_missing(name, [*columns, *given]) for name in required if name not in attributes]
    return {name: read_only(values) for name, values in attributes.items()}, problems


def array_problems(
    texts: Mapping[str, Sequence[str]], groups: Mapping[str, tuple[NDArray[np.int64], int]], num_items: int
) -> list[str]:
    """Problems with a catalogue that was put together by hand; a file's rows are checked before they are arrays.

    Args:
        texts: item_ids, titles and texts by name.
        groups: By name the index of every item's group, and how many groups there are.
        num_items: Number of items.
    """
    problems = []
    for name, cells in texts.items():
        empty = [i for i, cell in enumerate(cells) if not cell.strip()]
        if empty:
            problems.append(f"{name}: expected no empty text, got one at {_some(map(str, empty))}; fill it in")
    if len(set(texts["item_ids"])) < num_items:
        doubled = (repr(item_id) for item_id, count in Counter(texts["item_ids"]).items() if count > 1)
        problems.append(f"item_ids: expected unique ids, got {_some(doubled)} more than once; rename the repeats")
    for name, (index, count) in groups.items():
        outside = np.flatnonzero((index < 0) | (index >= count))
        if len(outside):
            places = _some(f"{index[i]} at {i}" for i in outside)
            problems.append(f"{name}: expected indices from 0 to {count - 1}, got {places}; they count the names")
    return problems


def encode_names(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Distinct names in the order of their first appearance, and each entry's index among them."""
    index = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return tuple(index), read_only(np.array([index[name] for name in names], dtype=np.int64))


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written to; the array itself stays as it is."""
    view = values.view()
    view.flags.writeable = False
    return view


def _numbers(
    columns: Mapping[str, list[str]], item_ids: Sequence[str], known: set[str]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, str]]:
    """The numeric columns, and a problem for each column that should be numeric and is not."""
    numbers: dict[str, NDArray[np.float64]] = {}
    problems: dict[str, str] = {}
    for name, cells in columns.items():
        if name in TEXT_COLUMNS:
            continue
        try:
            numbers[name] = np.array(cells).astype(np.float64)
        except ValueError:
            wrong = [i for i, cell in enumerate(cells) if not _is_number(cell)]
            if name in known or len(wrong) < len(cells) / 2:
                examples = _cells(wrong, item_ids, [repr(cell) for cell in cells])
                problems[name] = (
                    f"column {name!r}: expected a number in every row, got {examples}; "
                    "write plain numbers such as 12.99, or leave the column out"
                )
    return numbers, problems


def _check_texts(columns: Mapping[str, list[str]]) -> list[str]:
    problems = []
    item_ids = columns["item_id"]
    for name, cells in columns.items():
        empty = [i for i, cell in enumerate(cells) if not cell.strip()]
        if empty:
            rows = _rows(empty, item_ids)
            problems.append(f"column {name!r}: expected a text in every row, empty in {rows}; fill it in")
    doubled = [item_id for item_id, count in Counter(item_ids).items() if count > 1 and item_id]
    if doubled:
        examples = (f"{i!r} in rows {_some(str(row + 1) for row, j in enumerate(item_ids) if j == i)}" for i in doubled)
        problems.append(f"column 'item_id': expected unique ids, got {_some(examples)}; remove or rename the repeats")
    homes: dict[str, dict[str, None]] = {}
    for category, department in zip(columns["category"], columns["department"], strict=True):
        homes.setdefault(category, {})[department] = None
    split = [f"{category!r} in {', '.join(found)}" for category, found in homes.items() if len(found) > 1]
    if split:
        problems.append(f"expected each category in one department, got {_some(split)}; give them different names")
    return problems


def _check_star_columns(columns: Mapping[str, list[str]]) -> list[str]:
    present = [name for name in RATING_COLUMNS if name in columns]
    if present and len(present) < len(RATING_COLUMNS):
        lacking = [name for name in RATING_COLUMNS if name not in columns]
        return [f"expected the counts of all five stars or none, got {present} without {lacking}; add them (0 is fine)"]
    both = [name for name in ("rating", "num_ratings") if present and name in columns]
    if both:
        return [f"expected either {both} or the columns ratings_1 .. ratings_5 they follow from; remove one of the two"]
    return []


def _check_values(attributes: Mapping[str, NDArray[np.float64]], item_ids: Sequence[str]) -> list[str]:
    """Problems with numbers that are not finite, outside their range, or at odds with each other."""
    problems = []
    for name, values in attributes.items():
        low, high = RANGES.get(name, (-np.inf, np.inf))
        wrong = np.nonzero(~(np.isfinite(values) & (values >= low) & (values <= high)))[0]
        if len(wrong):
            expected = f"{low} to {high}" if high < np.inf else "0 or more" if low == 0 else "a finite number"
            cure = "; write a fraction of the price, 0.3 for 30 %" if name == "margin" else "; correct these rows"
            problems.append(f"column {name!r}: expected {expected}, got {_cells(wrong, item_ids, values)}{cure}")
    if "price" in attributes and "list_price" in attributes:
        price, list_price = attributes["price"], attributes["list_price"]
        wrong = np.nonzero(list_price < price)[0]
        if len(wrong):
            pairs = [f"{a:g} < {b:g}" for a, b in zip(list_price, price, strict=True)]
            problems.append(
                f"column 'list_price': expected at least the price, got {_cells(wrong, item_ids, pairs)}; "
                "it is the price before the discount, equal to the price where there is none"
            )
    return problems


def _missing(name: str, columns: Iterable[str]) -> str:
    candidates = list(dict.fromkeys(columns))
    [guess] = difflib.get_close_matches(name.lower(), [column.lower() for column in candidates], n=1) or [None]
    original = next((column for column in candidates if column.lower() == guess), None)
    hint = f"did you mean the column {original!r}? Rename it" if original else "add it"
    return f"expected a column {name!r}, got {', '.join(candidates) or 'none'}; {hint}"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _cells(wrong: Iterable[int], item_ids: Sequence[str], cells: Sequence[object] | NDArray[np.float64]) -> str:
    """The first three wrong cells with their rows, counted from 1 below the header."""
    return _some(f"{cells[i]} in row {i + 1} ({item_ids[i]})" for i in wrong)


def _rows(wrong: Iterable[int], item_ids: Sequence[str]) -> str:
    return _some(f"row {i + 1} ({item_ids[i]})" if item_ids[i] else f"row {i + 1}" for i in wrong)


def _some(examples: Iterable[str]) -> str:
    """The first three examples, and how many more there are."""
    listed = list(examples)
    return ", ".join(listed[:3]) + (f" and {len(listed) - 3} more" if len(listed) > 3 else "")
