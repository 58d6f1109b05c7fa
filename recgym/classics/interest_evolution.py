"""Interest evolution: what users watch shapes their interests, and the quality of it how long they stay.

SlateQ (Ie et al., IJCAI 2019) as RecSim's interest_evolution implements it: the topics that users like and those that
are good for them differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recgym.compiled import Floats, Ints, kernel


@dataclass(frozen=True)
class InterestEvolution:
    """The constants, with RecSim's defaults."""

    num_topics: int = 20
    worst_quality: float = -3.0
    best_quality: float = 3.0
    """Mean quality of the first and of the last topic; it rises linearly to 0, then linearly to the best."""
    trashy_share: float = 0.7
    """Share of the topics whose mean quality is 0 or less."""
    quality_sd: float = 0.1
    """Of the items of a topic."""
    least_score: float = -1.0
    """Subtracted from every score, so that an item of interest -1 is never chosen."""
    no_click_score: float = 1.0
    video_length: float = 4.0
    budget: float = 200.0
    """Minutes a session starts with; it ends when none are left."""
    no_click_cost: float = 0.5
    """Minutes a slate without a click costs."""
    interest_step: float = 0.3
    """How far a neutral interest moves on a click."""
    extension: float = 0.9 / 3.4
    """Minutes regained for each minute watched and point of quality."""

    @property
    def topic_quality(self) -> Floats:
        """Mean quality by topic, (num_topics,)."""
        trashy = int(self.num_topics * self.trashy_share)
        rest = self.num_topics - trashy
        return np.concatenate((np.linspace(self.worst_quality, 0, trashy), np.linspace(0, self.best_quality, rest)))

    @property
    def no_click_weight(self) -> float:
        """The weight of clicking nothing."""
        return self.no_click_score - self.least_score


@kernel
def topic_of(u: float, num_topics: int) -> int:
    """The topic of a new item: all are equally likely."""
    return int(u * num_topics)


@kernel
def quality_of(topic: int, normal: float, topic_quality: Floats, sd: float) -> float:
    """The quality of a new item."""
    return topic_quality[topic] + sd * normal


@kernel
def choice_weights(interests: Floats, topics: Ints, least_score: float, weights: Floats) -> None:
    """Fill `weights` for a slate of items of these topics: proportional choice by the user's interest."""
    for slot in range(len(topics)):
        weights[slot] = interests[topics[slot]] - least_score


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
