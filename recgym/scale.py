"""What a million items and a million users cost: `recgym speed --scale`.

The shop is made of the words of the built-in one: every item has the title, and the description, of two built-in items
of one category, and two words more. Its texts are embedded without a language model (`HashingEncoder`), whose speed is
not what is measured.
"""

from __future__ import annotations

import csv
import multiprocessing
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray

from recgym.actions import VIEWS
from recgym.catalog import Catalog
from recgym.folder import build_folder
from recgym.index import CatalogSearch, ExactIndex, FaissIndex
from recgym.registration import ENVIRONMENTS
from recgym.scenarios.builtin import builtin_catalog
from recgym.scenarios.ecommerce import Ecommerce
from recgym.speed import Case, Running, rate
from recgym.testing import HashingEncoder
from recgym.writing import replacing

ENV_ID = next(iter(ENVIRONMENTS))
SMALL = 10_000  # items that a step is compared with
LANES = 1024  # at which steps are compared
ROUNDS = 6  # in which they take turns
STEPS = 100  # of the lanes, after which memory is looked at
QUERIES = 32  # lanes whose searches are compared
NUMBERS = ("price", "list_price", "margin", "rating", "num_ratings", "days_online")
_ROWS = 10_000  # written at a time
Figure = tuple[str, str]  # what was measured, and the figure with its unit


class Memory(NamedTuple):
    """Resident memory of this process in MB; NaN where it is not told (only Linux has /proc)."""

    anonymous: float  # its own
    mapped: float  # pages of files, which the system takes back when it needs room


class Opened(NamedTuple):
    """What a process that opens a folder sees."""

    seconds: float  # of make and reset
    memory: Memory  # after `STEPS` steps of `LANES` lanes


class Streamed(NamedTuple):
    """Users that came one after the other through some lanes."""

    sessions: int  # begun
    distinct: int  # users by the hash of what was drawn for them
    steps: int  # user-steps
    seconds: float
    before: Memory
    after: Memory


def measure(
    folder: Path, num_items: int, num_users: int, lanes: int, embedding_dim: int, seconds: float
) -> Iterator[Figure]:
    """Build the shops in `folder`, where what is there is kept, and give each figure as soon as it is known."""
    shops, few = {}, min(SMALL, num_items)
    for count in (few, num_items):
        shops[count] = folder / f"shop-{count}-{embedding_dim}"
        yield from _built(folder / f"shop-{count}.csv", shops[count], count, embedding_dim)
    small, large = shops.values() if len(shops) == 2 else [*shops.values()] * 2
    opened = _in_a_process(open_shop, large, embedding_dim)
    yield f"open {num_items:,} items (make and reset)", f"{opened.seconds:.2f} s"
    yield f"memory after {STEPS * LANES:,} user-steps", _said(opened.memory)
    for view in VIEWS:
        yield f"step, action={view}, against {few:,} items", _ratio(view, small, large, embedding_dim, seconds)
    yield from _searches(large, embedding_dim)
    users = _in_a_process(stream_users, large, embedding_dim, num_users, lanes)
    yield (f"{users.sessions:,} sessions through {lanes:,} lanes",
           f"{users.distinct:,} distinct users, {users.steps:,} steps, "
           f"{users.steps / users.seconds:,.0f} steps/s")  # fmt: skip
    yield "memory before them, and after", f"{_said(users.before)}; {_said(users.after)}"


def open_shop(folder: Path, embedding_dim: int) -> Opened:
    """Open a folder in `LANES` lanes, kernels compiled, and use it."""
    envs = gymnasium.make_vec(ENV_ID, num_envs=LANES)  # loads the kernels
    envs.reset(seed=0)
    envs.step(envs.action_space.sample())
    start = time.perf_counter()
    envs = gymnasium.make_vec(ENV_ID, num_envs=LANES, catalog=str(folder), embedding_dim=embedding_dim)
    envs.reset(seed=0)
    seconds = time.perf_counter() - start
    envs.action_space.seed(0)
    for _ in range(STEPS):
        envs.step(envs.action_space.sample())
    return Opened(seconds, memory())


def stream_users(folder: Path, embedding_dim: int, num_users: int, lanes: int) -> Streamed:
    """Let `num_users` sessions begin in `lanes` lanes, each with a user of its own, under random actions."""
    envs = gymnasium.make_vec(ENV_ID, num_envs=lanes, catalog=str(folder), embedding_dim=embedding_dim)
    envs.action_space.seed(0)
    actions = [envs.action_space.sample() for _ in range(20)]
    envs.reset(seed=0)
    hashes = [_hashes(envs)]
    envs.step(actions[0])
    before, start, begun, steps = memory(), time.perf_counter(), len(hashes[0]), 1
    while begun < num_users:
        envs.step(actions[steps % len(actions)])
        hashes.append(_hashes(envs))
        begun, steps = begun + len(hashes[-1]), steps + 1
    seconds, after = time.perf_counter() - start, memory()
    distinct = len(np.unique(np.concatenate(hashes)[:num_users]))
    return Streamed(min(begun, num_users), distinct, steps * lanes, seconds, before, after)


def _hashes(envs: Any) -> NDArray[np.uint64]:
    """(number of lanes whose session has just begun,) 64 bits of the users' taste, which is eight normal numbers."""
    state = envs.unwrapped.state
    bits = np.ascontiguousarray(state["taste"][state["step"] == 0]).view(np.uint64)
    mixed = np.zeros(len(bits), dtype=np.uint64)
    for column in bits.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def memory() -> Memory:
    """The resident memory of this process."""
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    except OSError:
        return Memory(float("nan"), float("nan"))
    return Memory(*(int(lines[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile")))


def _said(used: Memory) -> str:
    return f"{used.anonymous:,.0f} MB of its own, {used.mapped:,.0f} MB of mapped files"


def _in_a_process(measured: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a function in a fresh process, whose memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measured, *arguments).result()


def _built(source: Path, folder: Path, num_items: int, embedding_dim: int) -> Iterator[Figure]:
    if not source.exists():
        write_shop(source, num_items)
    times: dict[str, list[float]] = {}

    def report(stage: str, done: int, total: int) -> None:
        times.setdefault(stage, []).append(time.perf_counter())

    encoder, domain = HashingEncoder(384), Ecommerce.DOMAIN
    manifest = build_folder(source, folder, encoder, domain.texts_of, required=domain.required, ranges=domain.ranges,
                            embedding_dim=embedding_dim, report=report)  # fmt: skip
    for stage, seen in times.items():
        yield f"build {num_items:,} items, {stage}", f"{seen[-1] - seen[0]:.1f} s"
    yield f"{num_items:,} items on disk", f"{sum(manifest['files'].values()) / 2**20:,.0f} MB"
    yield f"{num_items:,} items, recall of the neighbours", f"{manifest['recall']:.3f}"


def _ratio(view: str, small: Path, large: Path, embedding_dim: int, seconds: float) -> str:
    """How much longer a step of `LANES` lanes takes, the two shops taking turns, the fastest turn of each."""
    settings = {"action": view, "embedding_dim": embedding_dim}
    shops = [Running(Case(ENV_ID, LANES, {**settings, "catalog": str(shop)})) for shop in (small, large)]
    for shop in shops:
        rate(shop.step, seconds / ROUNDS)
    few, many = np.max([[rate(shop.step, seconds / ROUNDS) for shop in shops] for _ in range(ROUNDS)], axis=0)
    return f"{few / many:.2f} times ({1e6 / many / LANES:.2f} instead of {1e6 / few / LANES:.2f} µs a lane)"


def _searches(folder: Path, embedding_dim: int) -> Iterator[Figure]:
    """Cost and recall of searching the whole catalogue, at states that random slates lead to."""
    envs = gymnasium.make_vec(ENV_ID, num_envs=QUERIES, catalog=str(folder), embedding_dim=embedding_dim)
    envs.reset(seed=0)
    envs.action_space.seed(0)
    for _ in range(5):
        envs.step(envs.action_space.sample())
    simulator, state = envs.unwrapped.simulator, envs.unwrapped.state
    features, size = simulator.features, simulator.slate_size
    weights = np.random.default_rng(0).uniform(-1, 1, (QUERIES, len(features.names))).astype(np.float32)
    found = {}
    for name, kind in (("exact", ExactIndex), ("faiss", FaissIndex)):
        start = time.perf_counter()
        try:
            search = CatalogSearch(features, kind(features.embeddings, features.traits))
        except ImportError as error:
            yield f"search={name}", f"not measured: {error}"
            continue
        made = time.perf_counter() - start
        search.best(state, weights, size)  # compiles, and brings the pages in
        per_second = rate(lambda search=search: search.best(state, weights, size), 1.0) * QUERIES
        found[name] = search.best(state, weights, size)
        yield f"search={name}, a slate", f"{1e3 / per_second:.2f} ms, after {made:.1f} s to make the index"
    if len(found) == 2:
        both = zip(found["exact"].tolist(), found["faiss"].tolist(), strict=True)
        yield f"search=faiss, recall at {size}", f"{np.mean([len(set(a) & set(b)) / size for a, b in both]):.2f}"


def write_shop(path: Path, num_items: int, seed: int = 0) -> None:
    """Write a CSV file of so many items, about 300 bytes each; one that is there is whole."""
    shop, rng = builtin_catalog("ecommerce"), np.random.default_rng(seed)
    vocabulary = sorted({word for title in shop.titles for word in re.findall(r"[a-z]{4,}", title)})
    described = [text.split(". ", 2)[-1] for text in shop.texts]
    by_category = np.argsort(shop.categories, kind="stable")
    first = np.searchsorted(shop.categories[by_category], np.arange(shop.num_categories + 1))
    with replacing(path) as unfinished, open(unfinished, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["item_id", "title", "department", "category", "description", *NUMBERS])
        for start in range(0, num_items, _ROWS):
            count = min(_ROWS, num_items - start)
            titled = rng.integers(shop.num_items, size=count)
            category = shop.categories[titled]
            other = by_category[rng.integers(first[category], first[category + 1])]
            words = rng.integers(len(vocabulary), size=(count, 2))
            numbers = _numbers(shop, titled, rng)
            for i in range(count):
                row, (one, two) = titled[i], words[i]
                writer.writerow([f"item-{start + i:07}", f"{shop.titles[row]}, {vocabulary[one]} {vocabulary[two]}",
                                 shop.department_names[shop.departments[row]], shop.category_names[category[i]],
                                 described[other[i]], *numbers[i]])  # fmt: skip


def _numbers(shop: Catalog, rows: NDArray[np.int64], rng: np.random.Generator) -> list[list[float]]:
    """The numbers of built-in items, each a little off."""
    price = np.round(shop.attributes["price"][rows] * np.exp(0.2 * rng.normal(size=len(rows))), 2)
    cut = shop.attributes["list_price"][rows] / shop.attributes["price"][rows]
    rating = np.clip(shop.attributes["rating"][rows] + 0.2 * rng.normal(size=len(rows)), 1, 5)
    num_ratings = np.round(shop.attributes["num_ratings"][rows] * rng.uniform(0.3, 2.0, len(rows)))
    days = np.round(shop.attributes["days_online"][rows] * rng.uniform(0.5, 1.5, len(rows)))
    columns = (price, np.maximum(np.round(price * cut, 2), price), shop.attributes["margin"][rows], np.round(rating, 2),
               num_ratings, days)  # fmt: skip
    return np.stack(columns, axis=1).tolist()
