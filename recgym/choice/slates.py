"""Exact best slates: four searches that the choice models share.

All fill every slot with different items; ties go to the earlier position. Shapes: `value`, `weight`, `score` and
`attraction` are (num_envs, num_items) float64, results are (num_envs, slate_size) int64 positions.
"""

from __future__ import annotations

import numpy as np

from recgym.compiled import Floats, Ints, allocating_kernel, kernel, top


def _unfilled(num_envs: int, num_items: int, slate_size: int) -> Ints:
    if not 1 <= slate_size <= num_items:
        raise ValueError(f"slate_size: expected 1 to {num_items}, the number of items to choose from, got {slate_size}")
    return np.empty((num_envs, slate_size), dtype=np.int64)


def best_assortment(weight: Floats, none: Floats, value: Floats, slate_size: int) -> Ints:
    """The set S with the largest sum_S(weight * value) / (none + sum_S weight); `none` is (num_envs,).

    A rate z is beaten by some set if and only if the largest gains weight * (value - z) sum to more than none * z.
    Instead of bisecting z, as usual for assortments, z is the rate of the set found last (Dinkelbach, Management
    Science 13(7), 1967): it rises until no set beats it, and the answer is exact.
    """
    slates = _unfilled(*value.shape, slate_size)
    _best_assortment(weight, none, value, slates)
    return slates


@allocating_kernel
def _best_assortment(weight: Floats, none: Floats, value: Floats, slates: Ints) -> None:
    chosen = np.empty(slates.shape[1], dtype=np.int64)
    for lane in range(len(slates)):
        top(weight[lane], chosen)
        slates[lane] = chosen
        reached, rate = -np.inf, _rate(weight[lane], none[lane], value[lane], chosen)
        while rate > reached:
            reached = rate
            slates[lane] = chosen
            top(weight[lane] * (value[lane] - reached), chosen)
            rate = _rate(weight[lane], none[lane], value[lane], chosen)


@kernel
def _rate(weight: Floats, none: float, value: Floats, chosen: Ints) -> float:
    gain, total = 0.0, none
    for item in chosen:
        gain += weight[item] * value[item]
        total += weight[item]
    return gain / total


def best_cascade(attraction: Floats, leaving: float, value: Floats, slate_size: int) -> Ints:
    """The best order for a user who reads down the slate and leaves with chance `leaving` after each click.

    Exchanging two neighbours shows that of any set the most valuable item comes first. So with the items sorted by
    value, best[j, k] = max(best[j+1, k], a_j value_j + (1 - a_j leaving) best[j+1, k-1]) is the most that k slots of
    items from j on can bring.
    """
    slates = _unfilled(*value.shape, slate_size)
    _best_cascade(attraction, leaving, value, slates)
    return slates


@allocating_kernel
def _best_cascade(attraction: Floats, leaving: float, value: Floats, slates: Ints) -> None:
    num_items, slate_size = value.shape[1], slates.shape[1]
    best = np.zeros((num_items + 1, slate_size + 1))
    taken = np.zeros((num_items, slate_size + 1), dtype=np.bool_)
    for lane in range(len(slates)):
        order = np.argsort(-value[lane], kind="mergesort")
        for j in range(num_items - 1, -1, -1):
            item = order[j]
            for k in range(1, min(slate_size, num_items - j) + 1):
                go_on = (1 - attraction[lane, item] * leaving) * best[j + 1, k - 1]
                take = attraction[lane, item] * value[lane, item] + go_on
                # k slots need k items: without this one there may be too few.
                taken[j, k] = k == num_items - j or take >= best[j + 1, k]
                best[j, k] = take if taken[j, k] else best[j + 1, k]
        slot = 0
        for j in range(num_items):
            if slot < slate_size and taken[j, slate_size - slot]:
                slates[lane, slot] = order[j]
                slot += 1


def best_matching(strength: Floats, score: Floats) -> Ints:
    """The highest scores, the higher the stronger the slot; `strength` is (slate_size,), from 0 on.

    By the rearrangement inequality no other slate has a larger sum of strength * score; nor, for scores and strengths
    up to 1, a larger 1 - product of (1 - strength * score).
    """
    slates = _unfilled(*score.shape, len(strength))
    _best_matching(strength, score, slates)
    return slates


@allocating_kernel
def _best_matching(strength: Floats, score: Floats, slates: Ints) -> None:
    chosen = np.empty(slates.shape[1], dtype=np.int64)
    slots = np.argsort(-strength, kind="mergesort")
    for lane in range(len(slates)):
        top(score[lane], chosen)
        slates[lane, slots] = chosen


def best_assignment(gain: Floats) -> Ints:
    """The slate with the largest sum of gain[lane, slot, item]: (num_envs, slate_size, num_items) float64.

    The Hungarian method by shortest augmenting paths (Jonker & Volgenant, Computing 38, 1987).
    """
    num_envs, slate_size, num_items = gain.shape
    slates = _unfilled(num_envs, num_items, slate_size)
    _best_assignment(gain, slates)
    return slates


@allocating_kernel
def _best_assignment(gain: Floats, slates: Ints) -> None:
    num_envs, slate_size, num_items = gain.shape
    for lane in range(num_envs):
        slot_price, item_price = np.zeros(slate_size), np.zeros(num_items)
        slot_of = np.full(num_items, -1)
        for new_slot in range(slate_size):
            # A shortest path (reduced costs are not negative) from the new slot to an item that is still free.
            distance, before = np.full(num_items, np.inf), np.full(num_items, -1)
            reached = np.zeros(num_items, dtype=np.bool_)
            slot, last, length = new_slot, -1, 0.0
            while slot >= 0:
                nearest = -1
                for item in range(num_items):
                    if reached[item]:
                        continue
                    through = length - gain[lane, slot, item] - slot_price[slot] - item_price[item]
                    if through < distance[item]:
                        distance[item], before[item] = through, last
                    if nearest < 0 or distance[item] < distance[nearest]:
                        nearest = item
                last, length = nearest, distance[nearest]
                reached[last] = True
                slot = slot_of[last]
            # Prices keep the reduced costs on the path at 0 and all others from 0 on.
            slot_price[new_slot] += length
            for item in range(num_items):
                if reached[item] and item != last:
                    slot_price[slot_of[item]] += length - distance[item]
                    item_price[item] -= length - distance[item]
            while before[last] >= 0:
                slot_of[last] = slot_of[before[last]]
                last = before[last]
            slot_of[last] = new_slot
        for item in range(num_items):
            if slot_of[item] >= 0:
                slates[lane, slot_of[item]] = item
