"""RecGym-InterestEvolution-v0: what users watch shapes their interests, and its quality how long they stay.

SlateQ's environment (Ie et al., IJCAI 2019), number by number as RecSim's interest_evolution implements it.

## Description

A user clicks at most one video of a slate, in proportion to their interest in its topic, and watches it. Good videos
give back some of the time they take, bad ones take twice; interest in the topic moves. The topics that users like and
those that are good for them differ: that is the trade-off.

- Topic of a video: one of 20, all alike. Quality: normal with deviation 0.1 about the mean of its topic, which rises
  from -3 to 0 over the first 14 topics and on to 3.
- Interest u in each topic: uniform in [-1, 1] at the start. P(click on i) = (u_i + 1) / (2 + sum of (u_j + 1) over
  the slate), 2 being the weight of no click.
- Watch time: 4 minutes, or what is left of the budget of 200. After a click the budget loses the watch time w and
  gains (0.9 / 3.4) w times the quality; without one it loses 0.5.
- After a click on a topic its interest moves by 0.3 (1 - |u|) (1 - u), up with probability (u + 1) / 2, otherwise
  down.

`env.unwrapped.simulator.choice` is the choice model, `no_click_weight` the weight of no click, and `utilities(state)`
what each candidate is worth to the user: what SlateQ needs. Leaving no click out of SlateQ's target and argmax, as
RecSim's own agent does, loses most of what there is to gain.

## Why look ahead

The myopic policy shows what is most likely to be clicked. The reference also counts the minutes that a slate leaves,
those of no click too, at 1.39 each, and shows the exact best slate for that value.

## Version history

- v0: RecSim's constants and equations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from recgym.arguments import real_number, whole_number
from recgym.choice import MultinomialProportional
from recgym.classics.classic import Classic, Responded
from recgym.compiled import Flags, Floats, Ints, Singles, kernel
from recgym.randomness import BatchRNG, Keys, Purpose, counter_of, normal_at, uniform_at
from recgym.state import State


@dataclass(frozen=True)
class InterestEvolution(Classic):
    """The model under RecSim's constants or others."""

    session_length: int = 500
    """Slates after which a session is truncated; RecSim has no such limit, and budgets end long before."""
    num_topics: int = 20
    """Topics of videos."""
    worst_quality: float = -3.0
    """Mean quality of the first topic; it rises linearly to 0."""
    best_quality: float = 3.0
    """Mean quality of the last topic, to which it rises from 0."""
    trashy_share: float = 0.7
    """Share of the topics whose mean quality is 0 or less."""
    quality_sd: float = 0.1
    """Standard deviation of quality within a topic."""
    least_score: float = -1.0
    """Subtracted from every interest, so that an item of interest -1 is never chosen."""
    no_click_score: float = 1.0
    """What no click is worth, on the scale of interests."""
    video_length: float = 4.0
    """Minutes."""
    budget: float = 200.0
    """Minutes a session starts with; it ends when none are left."""
    no_click_cost: float = 0.5
    """Minutes a slate without a click costs."""
    interest_step: float = 0.3
    """How far a neutral interest moves on a click."""
    extension: float = 0.9 / 3.4
    """Minutes regained for each minute watched and point of quality."""

    OBSERVED: ClassVar = {
        "interests": ("seen_interests", "the user's interest in every topic, from -1 to 1"),
        "candidates": ("candidate_features", "topic of each candidate, one-hot"),
        "response": (
            "response",
            "of the last slate, slot by slot: click, minutes watched, quality, topic one-hot; zeros at first",
        ),
    }
    ITEM = ("topic", "quality")
    VISIBLE = ("topic",)
    HIDDEN = ("budget",)
    CURVES = ("budget",)
    PROFILE_SEEN = True
    REWARD = ("watch_time", "minutes watched of the clicked video")
    ENDS = "The user's budget of minutes is used up"

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "num_topics", whole_number("num_topics", self.num_topics, least=2))
        for name in ("worst_quality", "best_quality", "no_click_score"):
            real_number(name, getattr(self, name))
        for name in ("quality_sd", "video_length", "no_click_cost", "extension"):
            real_number(name, getattr(self, name), 0.0)
        for name in ("trashy_share", "interest_step"):
            real_number(name, getattr(self, name), 0.0, 1.0)
        real_number("budget", self.budget, 0.01)
        real_number("least_score", self.least_score, most=min(-1.0, self.no_click_score))

    @cached_property
    def topic_quality(self) -> NDArray[np.float64]:
        """Mean quality by topic, (num_topics,)."""
        trashy = int(self.num_topics * self.trashy_share)
        rest = self.num_topics - trashy
        return np.concatenate((np.linspace(self.worst_quality, 0, trashy), np.linspace(0, self.best_quality, rest)))

    @cached_property
    def choice(self) -> MultinomialProportional:
        """Who clicks what."""
        return MultinomialProportional(self.least_score, self.no_click_score)

    @property
    def no_click_weight(self) -> float:
        """The weight of clicking nothing; an item's is its utility minus `least_score`."""
        return self.no_click_score - self.least_score

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The topics."""
        return tuple(f"topic {topic}" for topic in range(1, self.num_topics + 1))

    def utilities(self, state: State) -> NDArray[np.float64]:
        """(num_envs, num_candidates) for `choice`: the user's interest in each candidate's topic."""
        return np.take_along_axis(state["interests"], state["topic"], axis=1)

    def add_users(self, state: State, rng: BatchRNG) -> None:
        """Writes interests (num_envs, num_topics), budget (num_envs,)."""
        num_envs = state.num_envs
        state["interests"] = 2.0 * rng.uniform(state["step"], Purpose.POPULATION, self.num_topics) - 1.0
        state["seen_interests"] = state["interests"].astype(np.float32)
        state["budget"] = np.full(num_envs, self.budget)
        state["response"] = np.zeros((num_envs, self.slate_size, 3 + self.num_topics), dtype=np.float32)

    def add_candidates(self, state: State, rng: BatchRNG) -> None:
        """Writes topic int64, quality."""
        shape = (state.num_envs, self.num_candidates)
        state["topic"], state["quality"] = np.empty(shape, dtype=np.int64), np.empty(shape)
        state["candidate_features"] = np.zeros((*shape, self.num_topics), dtype=np.float32)
        _draw(rng.keys, state["step"], self.topic_quality, self.quality_sd, state["topic"], state["quality"],
              state["candidate_features"])  # fmt: skip

    def respond(self, before: State, after: State, slates: NDArray[np.int64], rng: BatchRNG) -> Responded:
        """At most one click; interests and budget move."""
        utility, visible = np.zeros(slates.shape), np.empty(slates.shape, dtype=bool)
        _utilities(before["interests"], before["topic"], slates, utility, visible)
        clicked = self.choice.click(utility, visible, rng.uniform(before["step"], Purpose.RESPONSE, 1))
        for name in ("interests", "budget"):
            after[name] = before[name].copy()
        watched, after["response"] = np.zeros(slates.shape), np.zeros_like(before["response"])
        _watch(rng.keys, before["step"], slates, clicked, before["topic"], before["quality"], self.video_length,
               self.no_click_cost, self.interest_step, self.extension, after["interests"], after["budget"], watched,
               after["response"])  # fmt: skip
        after["seen_interests"] = after["interests"].astype(np.float32)
        probability = self.choice.probabilities(utility, visible)
        return Responded(clicked, watched.sum(axis=1), after["budget"] <= 0.0, probability, {"watch_time": watched})

    def item_words(self, item: Mapping[str, Any]) -> str:
        """Its topic, and its quality once it is known."""
        words = f"topic {int(item['topic']) + 1}"
        return f"{words}, quality {item['quality']:+.2f}" if "quality" in item else words

    def profile(self, state: State) -> list[tuple[str, float]]:
        """Interest by topic."""
        return list(zip(self.feature_names, state["interests"][0].tolist(), strict=True))


@kernel
def topic_of(u: float, num_topics: int) -> int:
    """The topic of a new item: all are equally likely."""
    return int(u * num_topics)


@kernel
def quality_of(topic: int, normal: float, topic_quality: Floats, sd: float) -> float:
    """The quality of a new item."""
    return topic_quality[topic] + sd * normal


@kernel
def interest_after(interest: float, u: float, step: float) -> float:
    """Interest in a topic after a click on it: likely up if it is high, likely down if it is low."""
    move = step * (1.0 - abs(interest)) * (1.0 - interest)
    if u < (interest + 1.0) / 2.0:
        return min(interest + move, 1.0)
    return max(interest - move, -1.0)


@kernel
def watch_time(budget: float, length: float) -> float:
    """Minutes watched of a clicked video: all of it, or what is left of the budget."""
    return min(budget, length)


@kernel
def budget_after(budget: float, watched: float, quality: float, extension: float) -> float:
    """The budget after a click: good videos give back more than they take, bad ones take twice."""
    return budget - watched + extension * watched * quality


@kernel
def _draw(
    keys: Keys, steps: Ints, topic_quality: Floats, sd: float, topic: Ints, quality: Floats, features: Singles
) -> None:
    for lane in range(len(keys)):
        counter = counter_of(keys[lane], steps[lane], Purpose.CANDIDATES)
        for i in range(topic.shape[1]):
            topic[lane, i] = topic_of(uniform_at(counter, 3 * i), len(topic_quality))
            quality[lane, i] = quality_of(topic[lane, i], normal_at(counter, 3 * i + 1), topic_quality, sd)
            features[lane, i, topic[lane, i]] = 1.0


@kernel
def _utilities(interests: Floats, topic: Ints, slates: Ints, utility: Floats, visible: Flags) -> None:
    for lane in range(len(slates)):
        for slot in range(slates.shape[1]):
            item = slates[lane, slot]
            visible[lane, slot] = item >= 0
            if item >= 0:
                utility[lane, slot] = interests[lane, topic[lane, item]]


@kernel
def _watch(
    keys: Keys, steps: Ints, slates: Ints, clicked: Flags, topic: Ints, quality: Floats, length: float, cost: float,
    step_size: float, extension: float, interests: Floats, budget: Floats, watched: Floats, response: Singles,
) -> None:  # fmt: skip
    for lane in range(len(slates)):
        some = False
        for slot in range(slates.shape[1]):
            item = slates[lane, slot]
            if item < 0:
                continue
            about, worth = topic[lane, item], quality[lane, item]
            if clicked[lane, slot]:
                some = True
                minutes = watch_time(budget[lane], length)
                watched[lane, slot] = minutes
                budget[lane] = budget_after(budget[lane], minutes, worth, extension)
                u = uniform_at(counter_of(keys[lane], steps[lane], Purpose.DYNAMICS), 0)
                interests[lane, about] = interest_after(interests[lane, about], u, step_size)
                response[lane, slot, 0], response[lane, slot, 1] = 1.0, minutes
            response[lane, slot, 2] = worth
            response[lane, slot, 3 + about] = 1.0
        if not some:
            budget[lane] -= cost
