"""Sessions of the classic models, put together from their kernels: what tests compare with RecSim and with planners.

Compiled at every run, not kept on disk: machine code kept here would not notice a change in the kernels it calls.
"""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np

from recgym.classics import Boredom, InterestEvolution, InterestExploration, LongTermSatisfaction, boredom, choice
from recgym.classics import interest_evolution as ievo
from recgym.classics import interest_exploration as iexp
from recgym.classics import long_term_satisfaction as lts
from recgym.classics.interest_exploration import BeliefPlanner
from recgym.compiled import top
from recgym.randomness import counter_of, uniform_at

RANDOM, GREEDY, QUALITY, PLANNED = range(4)
POLICIES = {"random": RANDOM, "greedy": GREEDY, "quality": QUALITY}

_compiled = numba.njit(error_model="numpy")


class Sessions(NamedTuple):
    """One number per session."""

    total: np.ndarray
    length: np.ndarray
    clicks: np.ndarray
    quality: np.ndarray  # mean of what was clicked


def recsim(name: str) -> dict[str, Any]:
    """What RecSim did and gave, from tests/reference/recsim_reference.py."""
    stored = Path(__file__).parent / "reference" / "recsim.json.gz"
    return json.loads(gzip.decompress(stored.read_bytes()))[name]


def keys(num_sessions: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(2**64, size=num_sessions, dtype=np.uint64)


@_compiled
def normal_at(counter, index):
    """Box-Muller, from the uniforms at `index` and the next."""
    radius = math.sqrt(-2.0 * math.log1p(-uniform_at(counter, index)))
    return radius * math.cos(2.0 * math.pi * uniform_at(counter, index + 1))


@_compiled
def best_slate(weights, values, no_click, slate):
    """The slate with the highest sum of weights x values over the sum of all weights (Dinkelbach 1967).

    `values` are relative to that of no click, whose weight is `no_click`.
    """
    ratio, before = 0.0, -1.0
    score = np.empty(len(weights))
    while abs(ratio - before) > 1e-12:
        for i in range(len(weights)):
            score[i] = weights[i] * (values[i] - ratio)
        top(score, slate)
        above, below = 0.0, no_click
        for i in slate:
            above += weights[i] * values[i]
            below += weights[i]
        before, ratio = ratio, above / below


@_compiled
def _pick(policy, score, quality, counter, slate):
    """The slate of a policy that needs no plan; the uniforms are those from `counter` on."""
    ranked = np.empty(len(score))
    for i in range(len(score)):
        ranked[i] = uniform_at(counter, i) if policy == RANDOM else score[i] if policy == GREEDY else quality[i]
    top(ranked, slate)


@_compiled
def _evolution(streams, policy, rho, bottom, sizes, means, no_click, constants, budget):
    num_candidates, slate_size, num_topics = sizes
    least, sd, length, cost, step_size, extension = constants
    out = np.zeros((4, len(streams)))
    topics, slate = np.empty(num_candidates, np.int64), np.empty(slate_size, np.int64)
    weights, quality, values = np.empty(num_candidates), np.empty(num_candidates), np.empty(num_candidates)
    interests, shown = np.empty(num_topics), np.empty(slate_size)
    for lane in range(len(streams)):
        counter = counter_of(streams[lane], 0, 0)
        for topic in range(num_topics):
            interests[topic] = 2.0 * uniform_at(counter, topic) - 1.0
        left, step = budget, 0
        while left > 0.0:
            step += 1
            counter = counter_of(streams[lane], step, 1)
            for i in range(num_candidates):
                topics[i] = ievo.topic_of(uniform_at(counter, 3 * i), num_topics)
                quality[i] = ievo.quality_of(topics[i], normal_at(counter, 3 * i + 1), means, sd)
            ievo.choice_weights(interests, topics, least, weights)
            watched = ievo.watch_time(left, length)
            if policy == PLANNED:
                for i in range(num_candidates):
                    values[i] = watched + rho * ievo.budget_after(left, watched, quality[i], extension)
                    if bottom:
                        values[i] -= rho * (left - cost)
                best_slate(weights, values, no_click, slate)
            else:
                _pick(policy, weights, quality, counter_of(streams[lane], step, 2), slate)
            for slot in range(slate_size):
                shown[slot] = weights[slate[slot]]
            counter = counter_of(streams[lane], step, 3)
            slot = choice.chosen(shown, no_click, uniform_at(counter, 0))
            if slot < 0:
                left -= cost
                continue
            item = slate[slot]
            left = ievo.budget_after(left, watched, quality[item], extension)
            interests[topics[item]] = ievo.interest_after(interests[topics[item]], uniform_at(counter, 1), step_size)
            out[0, lane] += watched
            out[2, lane] += 1
            out[3, lane] += quality[item]
        out[1, lane] = step
        out[3, lane] /= max(out[2, lane], 1.0)
    return out


def evolution(streams, policy, num_candidates=10, slate_size=3, rho=0.0, bottom=True) -> Sessions:
    """Interest evolution; PLANNED values what is left of the budget at `rho` a minute, also after no click.

    With bottom=False no click is worth nothing, not even the rest of the session, as in RecSim's SlateQ.
    """
    model = InterestEvolution()
    constants = (model.least_score, model.quality_sd, model.video_length, model.no_click_cost, model.interest_step,
                 model.extension)  # fmt: skip
    sizes = (num_candidates, slate_size, model.num_topics)
    return Sessions(*_evolution(streams, policy, rho, bottom, sizes, model.topic_quality, model.no_click_weight, constants,
                                model.budget))  # fmt: skip


@_compiled
def _satisfaction(streams, policy, num_candidates, num_steps, constants):
    memory, sensitivity, innovation, choc_mean, choc_sd, kale_mean, kale_sd = constants
    out = np.zeros((4, len(streams)))
    clickbait, slate = np.empty(num_candidates), np.empty(1, np.int64)
    for lane in range(len(streams)):
        exposure = lts.first_exposure(uniform_at(counter_of(streams[lane], 0, 0), 0), memory)
        for step in range(1, num_steps + 1):
            counter = counter_of(streams[lane], step, 1)
            for i in range(num_candidates):
                clickbait[i] = uniform_at(counter, i)
            _pick(policy, clickbait, 1.0 - clickbait, counter_of(streams[lane], step, 2), slate)
            c, counter = clickbait[slate[0]], counter_of(streams[lane], step, 3)
            loc = lts.log_engagement(c, lts.satisfaction_of(exposure, sensitivity), choc_mean, kale_mean)
            out[0, lane] += math.exp(loc + lts.between(c, choc_sd, kale_sd) * normal_at(counter, 0))
            exposure = lts.exposure_after(exposure, c, memory, innovation * normal_at(counter, 2))
            out[3, lane] += (1.0 - c) / num_steps
        out[1, lane] = out[2, lane] = num_steps
    return out


def satisfaction(streams, policy, num_candidates=20, model=LongTermSatisfaction()) -> Sessions:  # noqa: B008
    """Long-term satisfaction; the only slot that counts is the first."""
    constants = (model.memory, model.sensitivity, model.innovation_sd, model.choc_mean, model.choc_sd, model.kale_mean,
                 model.kale_sd)  # fmt: skip
    return Sessions(*_satisfaction(streams, policy, num_candidates, model.num_steps, constants))


@_compiled
def _exploration(
    streams, policy, sizes, num_steps, chances, affinity_means, quality_means, constants, expected, values
):  # fmt: skip
    num_candidates, slate_size = sizes
    affinity_sd, quality_sd, no_click = constants
    out = np.zeros((4, len(streams)))
    topics, slate = np.empty(num_candidates, np.int64), np.empty(slate_size, np.int64)
    quality, utilities, affinity = np.empty(num_candidates), np.empty(num_candidates), np.empty(2)
    shown, weights = np.empty(slate_size), np.empty(slate_size)
    first, second = np.empty(slate_size + 1), np.empty(slate_size + 1)
    for lane in range(len(streams)):
        counter = counter_of(streams[lane], 0, 0)
        belief = chances[0][0]
        kind = 0 if uniform_at(counter, 0) < belief else 1
        for topic in range(2):
            affinity[topic] = iexp.log_normal(affinity_means[kind][topic], affinity_sd, normal_at(counter, 1 + 2 * topic))
        for step in range(1, num_steps + 1):
            counter = counter_of(streams[lane], step, 1)
            for i in range(num_candidates):
                topics[i] = 0 if uniform_at(counter, 3 * i) < chances[1][0] else 1
                quality[i] = iexp.log_normal(quality_means[topics[i]], quality_sd, normal_at(counter, 3 * i + 1))
            iexp.utilities_of(affinity, topics, quality, utilities)
            if policy == PLANNED:
                iexp.best_slate(belief, expected, topics, quality, np.argsort(-quality), no_click, values[step], slate)
            else:
                _pick(policy, utilities, quality, counter_of(streams[lane], step, 2), slate)
            for slot in range(slate_size):
                shown[slot] = utilities[slate[slot]]
            none = choice.logit_weights(shown, no_click, weights)
            slot = choice.chosen(weights, none, uniform_at(counter_of(streams[lane], step, 3), 0))
            iexp.outcome_chances(expected[0], topics, quality, slate, no_click, first)
            iexp.outcome_chances(expected[1], topics, quality, slate, no_click, second)
            belief = iexp.belief_after(belief, first[slot], second[slot])  # slot -1, no click, is the last outcome
            if slot >= 0:
                out[2, lane] += 1
                out[3, lane] += quality[slate[slot]]
        out[1, lane] = num_steps
        out[0, lane] = out[2, lane]
        out[3, lane] /= max(out[2, lane], 1.0)
    return out


def exploration(streams, policy, model=InterestExploration(), num_steps=50, values=None) -> Sessions:  # noqa: B008
    """Interest exploration; PLANNED goes by the belief about the type, and by `values` of a BeliefPlanner or none."""
    values = np.zeros((num_steps + 1, 2)) if values is None else values
    return Sessions(*_exploration(
        streams, policy, (10, 2), num_steps, (model.type_chances, model.topic_chances), model.affinity_log_mean,
        model.quality_log_mean, (model.affinity_log_sd, model.quality_log_sd, model.no_click_utility),
        BeliefPlanner(model).affinity, values))  # fmt: skip


def topic_vectors(count: int, num_topics: np.ndarray, seed: int) -> np.ndarray:
    """Unit vectors over 10 topics, each with so many that are not zero."""
    rng = np.random.default_rng(seed)
    ranks = rng.random((count, 10)).argsort(axis=1).argsort(axis=1)
    vectors = rng.random((count, 10)) * (ranks < num_topics[:, None])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@_compiled
def _spare(score, mains, slate, topics, steps, step, window, examination, cap):
    """Fill `slate` with relevant items of the topics least clicked of late, up to `cap` clicks counted and expected.

    The older half of the log is left out of the count: this slate's clicks will push it out.
    """
    load, counts = np.empty(mains.max() + 1), np.empty(mains.max() + 1, np.int64)
    half = len(topics) // 2
    boredom.recent_counts(topics[half:], steps[half:], step, window, counts)
    load[:] = counts
    order, used = np.argsort(-score), np.zeros(len(score), np.bool_)
    for slot in range(len(slate)):
        best, lowest = order[-1 - slot], cap - examination**slot  # an item nobody clicks, if all topics are full
        for i in order:
            if score[i] < 0.5:
                break
            if not used[i] and load[mains[i]] < lowest:
                best, lowest = i, load[mains[i]]
        slate[slot], used[best] = best, True
        load[mains[best]] += score[best] * examination**slot


@_compiled
def _boredom(streams, policy, tastes, items, mains, num_steps, slate_size, limits, everything, constants):
    threshold, window, recent, timeout = limits
    offset, slope, examination, memory, cap = constants
    num_topics = items.shape[1]
    clicks = np.zeros(len(streams))
    score, slate, clicked = np.empty(len(items)), np.empty(slate_size, np.int64), np.empty(slate_size, np.bool_)
    current, counts = np.empty(num_topics), np.empty(num_topics, np.int64)
    for lane in range(len(streams)):
        taste, bored_for = tastes[lane].copy(), np.zeros(num_topics, np.int64)
        topics, steps = np.full(recent, -1), np.zeros(recent, np.int64)
        for step in range(1, num_steps + 1):
            boredom.wanted(taste, bored_for, everything, current)
            for i in range(len(items)):
                score[i] = boredom.relevance(current, items[i], offset, slope)
            if policy == PLANNED:
                _spare(score, mains, slate, topics, steps, step, window, examination, cap)
            else:
                _pick(policy, score, score, counter_of(streams[lane], step, 2), slate)
            counter = counter_of(streams[lane], step, 3)
            for slot in range(slate_size):
                clicked[slot] = uniform_at(counter, slot) < score[slate[slot]] * examination**slot
                if clicked[slot]:
                    boredom.remember(topics, steps, mains[slate[slot]], step)
                    clicks[lane] += 1
            boredom.influence(taste, items, slate, clicked, memory)
            boredom.recent_counts(topics, steps, step, window, counts)
            boredom.tire(bored_for, counts, threshold, timeout)
    return clicks


def bored(streams, policy, num_items=1000, slate_size=10, num_steps=100, model=Boredom(), cap=3.0):  # noqa: B008
    """Clicks of sessions with boredom; PLANNED shows what is relevant without ever boring."""
    rng = np.random.default_rng(2)
    sizes = rng.binomial(10, 0.4, 40 * len(streams))
    tastes = topic_vectors(len(streams), sizes[(sizes > 2) & (sizes < 6)][: len(streams)], 3)
    items = topic_vectors(num_items, rng.integers(2, 4, num_items), 4)
    mains = np.array([boredom.main_topic(item) for item in items])
    return _boredom(streams, policy, tastes, items, mains, num_steps, slate_size,
                    (model.threshold, model.window, model.recent_clicks, model.timeout), model.bores == "everything",
                    (model.relevance_offset, model.relevance_slope, model.examination, model.memory, cap))  # fmt: skip
