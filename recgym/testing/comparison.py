"""What differs between two nested structures of arrays, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np


def vector_difference(expected: tuple[Any, ...], got: tuple[Any, ...]) -> str:
    """What differs between two returns of `reset` or `step`; empty if nothing does."""
    middle = () if len(expected) == 2 else ("reward", "terminated", "truncated")
    names = ("observation", *middle, "info")
    for name, one, two in zip(names[:-1], expected, got, strict=False):
        if not same(one, two):
            return first_difference(one, two, name)
    return _info_difference(expected[-1], got[-1], "info")


def _info_difference(expected: dict[str, Any], got: dict[str, Any], path: str) -> str:
    """The same for Gymnasium's vector infos: lanes that lack a key may hold anything in it."""
    for name in sorted({name for name in (*expected, *got) if not name.startswith("_")}):
        nobody = np.zeros(1, dtype=bool)
        masks = [np.asarray(info.get(f"_{name}", nobody)) for info in (expected, got)]
        masks = [mask | np.zeros_like(masks[0] | masks[1]) for mask in masks]
        if not np.array_equal(*masks):
            return f"{path}[{'_' + name!r}] is {masks[1].tolist()}, expected {masks[0].tolist()}"
        if not masks[0].any():
            continue
        if isinstance(expected[name], dict):
            difference = _info_difference(expected[name], got[name], f"{path}[{name!r}]")
            if difference:
                return difference
            continue
        for i in np.flatnonzero(masks[0]):
            one, two = expected[name][i], got[name][i]
            equal = same(one, two) if isinstance(one, dict) else np.array_equal(one, two)
            if not equal:
                return f"{path}[{name!r}][{i}] is {two!r}, expected {one!r}"
    return ""


def same(one: Any, two: Any) -> bool:
    """Equal to the last bit, in values, types and shapes."""
    if isinstance(one, dict):
        return isinstance(two, dict) and one.keys() == two.keys() and all(same(one[name], two[name]) for name in one)
    if isinstance(one, list | tuple):
        return isinstance(two, list | tuple) and len(one) == len(two) and all(map(same, one, two))
    one, two = np.asarray(one), np.asarray(two)
    if one.dtype == object and one.shape == two.shape == ():
        return bool(one == two)
    if one.dtype == object:
        return one.shape == two.shape and all(map(same, one.ravel().tolist(), two.ravel().tolist()))
    return one.dtype == two.dtype and np.array_equal(one, two)


def first_difference(one: Any, two: Any, path: str = "") -> str:
    """Where two nested structures differ first, and how."""
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        pairs: Any = ((f"{path}[{name!r}]", one[name], two[name]) for name in one)
    elif isinstance(one, list | tuple) and isinstance(two, list | tuple) and len(one) == len(two):
        pairs = ((f"{path}[{i}]", a, b) for i, (a, b) in enumerate(zip(one, two, strict=True)))
    else:
        a, b = np.asarray(one), np.asarray(two)
        if a.shape != b.shape or a.dtype != b.dtype or not a.shape or a.dtype == object:
            return f"{path}: {described(one)} and {described(two)}"
        place = tuple(int(i) for i in np.argwhere(a != b)[0])
        return f"{path}{list(place)}: {a[place]!r} and {b[place]!r}, {int((a != b).sum())} of {a.size} differ"
    return next(first_difference(a, b, place) for place, a, b in pairs if not same(a, b))


def described(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{value.dtype} {value.shape}"
    return f"{type(value).__name__} {value!r:.80}"
