"""What a step costs with many items beside few: part of `recgym speed --all`.

The work of a step does not depend on the number of items; how much of it the processor's caches hold does.
"""

from __future__ import annotations

import gc
import time
from dataclasses import replace

import numpy as np

from recgym.catalog import Catalog
from recgym.registration import DOMAINS
from recgym.scenarios.builtin import builtin_catalog
from recgym.speed import Case, Running
from recgym.testing import HashingEncoder

FEW, MANY = 1_000, 100_000  # items
ROUNDS = 6  # in which the two take turns
DIM = 32  # of the vectors, as by default


def growth(env_id: str, num_envs: int, seconds: float) -> float:
    """How many times the CPU time of a step with `FEW` items one with `MANY` takes, both measured for about `seconds`.

    Of several rounds the fastest counts: whatever else runs here can only slow a step down.
    """
    catalog = builtin_catalog(DOMAINS[env_id])
    shops = [Running(Case(env_id, num_envs, {"catalog": copies(catalog, count), "encoder": HashingEncoder(DIM)}))
             for count in (FEW, MANY)]  # fmt: skip
    for shop in shops:
        shop.step()
    gc.collect()
    few, many = (min(times) for times in zip(*(
        [_cpu_of_a_step(shop, seconds / ROUNDS) for shop in shops] for _ in range(ROUNDS)), strict=True))  # fmt: skip
    return many / few


def copies(catalog: Catalog, num_items: int) -> Catalog:
    """So many items: those of a catalogue again and again, told apart by a number behind their texts;
    or, where it has more, some of every category."""
    again, rows = np.divmod(np.arange(num_items), catalog.num_items)
    if num_items < catalog.num_items:
        rows = np.arange(num_items) * catalog.num_items // num_items
    texts = {
        name: tuple(f"{texts[row]} {number}" for row, number in zip(rows, again, strict=True))
        for name, texts in (("item_ids", catalog.item_ids), ("titles", catalog.titles), ("texts", catalog.texts))
    }
    attributes = {name: values[rows] for name, values in catalog.attributes.items()}
    return replace(catalog, **texts, departments=catalog.departments[rows], categories=catalog.categories[rows],
                   attributes=attributes)  # fmt: skip


def _cpu_of_a_step(shop: Running, seconds: float) -> float:
    steps, start = 0, time.process_time()
    while (used := time.process_time() - start) < seconds:
        shop.step()
        steps += 1
    return used / steps
