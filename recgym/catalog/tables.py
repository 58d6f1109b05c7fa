"""From a table of texts to checked columns: everything that can be wrong with a catalogue file is found here."""

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recgym.catalog.texts import Stripped

TEXT_COLUMNS = ("item_id", "title", "category", "department", "brand", "description", "text")
REQUIRED_COLUMNS = ("item_id", "title", "category")
RATING_COLUMNS = ("ratings_1", "ratings_2", "ratings_3", "ratings_4", "ratings_5")
# Lowest and highest allowed value of the attributes whose meaning is fixed.
Ranges = Mapping[str, tuple[float, float]]  # attribute -> least and greatest value
RANGES: Ranges = {  # of what every domain calls so
    "price": (0, np.inf),
    "list_price": (0, np.inf),
    "margin": (0, 1),
    "rating": (1, 5),
    "num_ratings": (0, np.inf),
    "popularity": (0, np.inf),
    "days_online": (0, np.inf),
    **dict.fromkeys(RATING_COLUMNS, (0, np.inf)),
}


class CatalogError(ValueError):
    """A catalogue that cannot be used; the message lists every problem with its cure."""

    def __init__(self, source: object, problems: Sequence[str]) -> None:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n- ".join([f"catalogue {source}: {count}", *problems]))
        self.problems = tuple(problems)


def in_memory(name: str, cells: Iterable[str]) -> Sequence[str]:
    """Keeps a column of texts as a tuple."""
    return tuple(cells)


def catalog_fields(
    columns: Mapping[str, Sequence[str]],
    source: object,
    required: Sequence[str],
    defaults: Mapping[str, float | str],
    ranges: Ranges,
    keep: Callable[[str, Iterable[str]], Sequence[str]] = in_memory,
) -> dict[str, Any]:
    """Check the columns of a file and convert them to the fields of a `Catalog`.

    Columns are read from front to back, some cells at a time, so they may be lists or lie on disk.

    Args:
        columns: Name -> cells, all of one length.
        source: What the file is called in messages.
        required: Attributes that must be there.
        defaults: Values of attributes that are not there.
        ranges: Between which attributes must lie, beside RANGES.
        keep: Stores a column of texts, given its name, once all checks have passed.

    Raises:
        CatalogError: Lists all problems.
    """
    problems = [_missing(name, columns) for name in REQUIRED_COLUMNS if name not in columns]
    blank = [""] * len(next(iter(columns.values())))
    item_ids, categories, departments = (
        Stripped(columns.get(name, blank)) for name in ("item_id", "category", "department")
    )
    titles, brands, descriptions = (columns.get(name, blank) for name in ("title", "brand", "description"))
    places = (f"{d} > {c}" if d else c for d, c in zip(departments, categories, strict=True))
    if "department" not in columns:
        homes: Sequence[str] = ["All"] * len(blank)
    else:
        homes = departments
    if not problems:
        texts = {"item_id": item_ids, "title": titles, "category": categories, "department": homes}
        problems += _check_texts(texts | {"text": columns["text"]} if "text" in columns else texts)
    numbers, unreadable = _numbers(columns, item_ids, {*RANGES, *ranges, *required, *defaults}, required)
    problems += unreadable.values()
    problems += _check_star_columns(columns)
    attributes, incomplete = complete_attributes(
        numbers, item_ids, [name for name in required if name not in unreadable], defaults, ranges, columns
    )
    problems += incomplete
    if problems:
        raise CatalogError(source, problems)

    texts = columns.get("text") or (
        ". ".join(part.strip() for part in parts if part.strip())
        for parts in zip(titles, brands, places, descriptions, strict=True)
    )
    department_names, department_index = encode_names(homes)
    category_names, category_index = encode_names(categories)
    return {
        "item_ids": keep("item_ids", item_ids),
        "titles": keep("titles", titles),
        "texts": keep("texts", texts),
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
    ranges: Ranges,
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
    # What follows from other columns is left out: where it is out of range, these are, and those are named.
    filled = (name for name, default in defaults.items() if not isinstance(default, str))
    checked = {name: attributes[name] for name in (*given, *filled)}
    problems = _check_values(checked, item_ids, {**RANGES, **ranges})
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
            problems.append(f"{name}: expected no empty text, got one at {some(map(str, empty))}; fill it in")
    if len(set(texts["item_ids"])) < num_items:
        doubled = (repr(item_id) for item_id, count in Counter(texts["item_ids"]).items() if count > 1)
        problems.append(f"item_ids: expected unique ids, got {some(doubled)} more than once; rename the repeats")
    for name, (index, count) in groups.items():
        outside = np.flatnonzero((index < 0) | (index >= count))
        if len(outside):
            places = some(f"{index[i]} at {i}" for i in outside)
            problems.append(f"{name}: expected indices from 0 to {count - 1}, got {places}; they count the names")
        elif len(unused := np.flatnonzero(np.bincount(index, minlength=count) == 0)):
            problems.append(f"{name}: expected an item of every name, got none of {some(map(str, unused))}; leave "
                            "these names out and count again")  # fmt: skip
    return problems


def encode_names(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Distinct names in the order of their first appearance, and each entry's index among them."""
    index = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return tuple(index), read_only(np.fromiter((index[name] for name in names), dtype=np.int64, count=len(names)))


def read_only(values: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written to; the array itself stays as it is."""
    view = values.view()
    view.flags.writeable = False
    return view


def _numbers(
    columns: Mapping[str, Sequence[str]], item_ids: Sequence[str], known: set[str], required: Sequence[str]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, str]]:
    """The numeric columns, and a problem for each column that should be numeric and is not."""
    numbers: dict[str, NDArray[np.float64]] = {}
    problems: dict[str, str] = {}
    for name, cells in columns.items():
        if name in TEXT_COLUMNS:
            continue
        try:
            numbers[name] = np.fromiter(map(float, cells), np.float64, count=len(cells))
        except ValueError:
            wrong = [i for i, cell in enumerate(cells) if not _is_number(cell)]
            if name in known or len(wrong) < len(cells) / 2:
                examples = some(f"{cells[i]!r} in row {i + 1} ({item_ids[i]})" for i in wrong)
                problems[name] = (
                    f"column {name!r}: expected a number in every row, got {examples}; write plain numbers such as "
                    f"12.99{'' if name in required else ', or leave the column out'}"
                )
    return numbers, problems


def _check_texts(columns: Mapping[str, Sequence[str]]) -> list[str]:
    problems = []
    item_ids = columns["item_id"]
    for name, cells in columns.items():
        empty = [i for i, cell in enumerate(cells) if not cell.strip()]
        if empty:
            rows = _rows(empty, item_ids)
            problems.append(f"column {name!r}: expected a text in every row, empty in {rows}; fill it in")
    doubled = _repeated(item_ids)
    if doubled:
        examples = (f"{item_id!r} in rows {some(str(row + 1) for row in rows)}" for item_id, rows in doubled.items())
        problems.append(f"column 'item_id': expected unique ids, got {some(examples)}; remove or rename the repeats")
    homes: dict[str, dict[str, None]] = {}
    for category, department in zip(columns["category"], columns["department"], strict=True):
        homes.setdefault(category, {})[department] = None
    split = [f"{category!r} in {', '.join(found)}" for category, found in homes.items() if len(found) > 1]
    if split:
        problems.append(f"expected each category in one department, got {some(split)}; give them different names")
    return problems


def _repeated(item_ids: Sequence[str]) -> dict[str, list[int]]:
    """The ids that stand in several rows, with the rows. A hash of 8 bytes per id is all that is kept of the others."""
    hashes = np.fromiter(map(hash, item_ids), dtype=np.int64, count=len(item_ids))
    distinct, counts = np.unique(hashes, return_counts=True)
    rows: dict[str, list[int]] = {}
    for row in np.flatnonzero(np.isin(hashes, distinct[counts > 1])):
        rows.setdefault(item_ids[int(row)], []).append(int(row))
    return {item_id: found for item_id, found in rows.items() if item_id and len(found) > 1}


def _check_star_columns(columns: Mapping[str, list[str]]) -> list[str]:
    present = [name for name in RATING_COLUMNS if name in columns]
    if present and len(present) < len(RATING_COLUMNS):
        lacking = [name for name in RATING_COLUMNS if name not in columns]
        return [f"expected the counts of all five stars or none, got {present} without {lacking}; add them (0 is fine)"]
    both = [name for name in ("rating", "num_ratings") if present and name in columns]
    if both:
        return [f"expected either {both} or the columns ratings_1 .. ratings_5 they follow from; remove one of the two"]
    return []


def _check_values(
    attributes: Mapping[str, NDArray[np.float64]], item_ids: Sequence[str], ranges: Ranges
) -> list[str]:
    """Problems with numbers that are not finite, outside their range, or at odds with each other."""
    problems = []
    for name, values in attributes.items():
        low, high = ranges.get(name, (-np.inf, np.inf))
        wrong = np.nonzero(~(np.isfinite(values) & (values >= low) & (values <= high)))[0]
        if len(wrong):
            expected = allowed(low, high)
            cells = some(f"{values[i]} in row {i + 1} ({item_ids[i]})" for i in wrong)
            cure = "; write a fraction of the price, 0.3 for 30 %" if name == "margin" else "; correct these rows"
            problems.append(f"column {name!r}: expected {expected}, got {cells}{cure}")
    if "price" in attributes and "list_price" in attributes:
        price, list_price = attributes["price"], attributes["list_price"]
        wrong = np.nonzero(list_price < price)[0]
        if len(wrong):
            pairs = some(f"{list_price[i]:g} < {price[i]:g} in row {i + 1} ({item_ids[i]})" for i in wrong)
            problems.append(
                f"column 'list_price': expected at least the price, got {pairs}; "
                "it is the price before the discount, equal to the price where there is none"
            )
    return problems


def allowed(low: float, high: float) -> str:
    """The values of a column from `low` to `high`, in words."""
    return f"{low} to {high}" if high < np.inf else f"{low} or more" if low > -np.inf else "a finite number"


def _missing(name: str, columns: Iterable[str]) -> str:
    candidates = list(dict.fromkeys(columns))
    # What has a meaning of its own is not what was meant.
    free = {column.lower(): column for column in candidates if column not in (*TEXT_COLUMNS, *RANGES)}
    near = difflib.get_close_matches(name.lower(), free, n=1)
    hint = (
        f"did you mean the column {free[near[0]]!r}? Rename it" if near else "add it, or rename the one that holds it"
    )
    return f"expected a column {name!r}, got {', '.join(candidates) or 'none'}; {hint}"


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _rows(wrong: Iterable[int], item_ids: Sequence[str]) -> str:
    return some(f"row {i + 1} ({item_ids[i]})" if item_ids[i] else f"row {i + 1}" for i in wrong)


def some(examples: Iterable[str]) -> str:
    """The first three examples, and how many more there are."""
    left = iter(examples)
    listed, more = list(islice(left, 3)), sum(1 for _ in left)
    return ", ".join(listed) + (f" and {more} more" if more else "")
