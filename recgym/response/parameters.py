"""What users are like, in named numbers, and the tables of a funnel that these make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import sigmoids
from recgym.items import Items
from recgym.prefetch import whole_lines


class Parameters(Protocol):
    """What a domain's users are like: named numbers that make the tables of a funnel."""

    STAGES: ClassVar[tuple[str, str, str]]  # without a need, with one, and ready
    EVENTS: ClassVar[tuple[str, str]]  # what a user who likes an item does next, and what commits them
    examination_decay: float
    rating_noise: float

    def tables(self, items: Items) -> Tables:
        """The numbers for a catalogue."""


class Tables(NamedTuple):
    """A funnel in numbers: what depends on the item alone, and the weights of what depends on the user too.

    With T traits that attract clicks, an item's row holds: the traits (T), its cost (a price, a length), the chance
    that its page does not disappoint, a buyer's satisfaction, the logits of cart and of purchase, its category, the
    need it meets, and its taste vector.
    """

    rows: NDArray[np.float64]  # (num_items, T + 7 + taste_dim or more), whole lines of the memory
    stages: NDArray[np.float64]  # (num_stages, T + 3): weights of traits, cost and similarity in a click, constant
    wish: NDArray[np.float64]  # (6,) weights in a click: text interest, taste, trust, satiation, needed, not needed
    cart: NDArray[np.float64]  # (4,) weights: needed, readiness, trust, cost
    purchase: NDArray[np.float64]  # (3,) weights: readiness, trust, cost
    satisfaction_ready: float
    # (num_items, 3) mean log seconds on a page that pleases, on one that does not, and the most.
    dwell: NDArray[np.float64]
    dwell_spread: float  # standard deviation of log seconds; without rows in `dwell` no time is kept


NO_DWELL = np.zeros((0, 3))


@dataclass(frozen=True)
class FunnelParameters:
    """Logits and weights of a shop's `FunnelResponse`. Tuples hold one value per stage: browsing, comparing, buying."""

    examination_decay: float = 0.9
    """eta of the examination probability rank**-eta (position-based model)."""
    click_bias: float = -2.6
    text_interest: float = 0.6
    """Weight of the cosine between the text-derived interest and the item."""
    taste: float = 0.4
    """Weight of the independent interest, which no text shows."""
    popularity: float = 0.6
    flash: float = 2.6
    """Attraction of a deep discount."""
    trust: float = 5.5
    """Weight of trust - 0.5."""
    satiation: float = 0.7
    needed: float = 1.0
    """Bonus of the needed category while there is a need."""
    not_needed: float = -1.0
    rating: tuple[float, float, float] = (0.8, 2.0, 1.2)
    newness: tuple[float, float, float] = (5.5, -1.5, -0.6)
    newness_offset: tuple[float, float, float] = (0.3, 0.0, 0.0)
    similarity: tuple[float, float, float] = (-0.3, 0.0, 12.0)
    """Weight of the cosine to the item last looked at: who is about to buy returns to what they considered."""
    similarity_offset: tuple[float, float, float] = (0.0, 0.0, 0.6)
    price: tuple[float, float, float] = (0.0, 0.0, 0.3)
    """Weight of being cheaper than the remembered reference price."""
    stay_bias: float = 1.1
    stay_quality: float = 1.0
    stay_flash: float = -2.6
    cart_bias: float = -5.2
    cart_flash: float = 1.5
    cart_needed: float = 0.3
    cart_ready: float = 3.2
    cart_trust: float = 1.0
    cart_price: float = 0.3
    purchase_bias: float = -1.8
    purchase_ready: float = 1.8
    purchase_trust: float = 1.0
    purchase_price: float = 0.3
    satisfaction_quality: float = 0.8
    satisfaction_flash: float = -0.9
    satisfaction_ready: float = 0.6
    rating_noise: float = 1.2
    """Half width of the uniform noise on a buyer's rating."""

    EVENTS: ClassVar[tuple[str, str]] = ("carted", "purchased")
    STAGES: ClassVar[tuple[str, str, str]] = ("browsing", "comparing", "buying")
    TRAITS: ClassVar[tuple[str, ...]] = ("rating", "popularity", "newness", "discount")

    def tables(self, items: Items) -> Tables:
        """The numbers for a catalogue."""
        quality, flash = items.trait("quality"), items.trait("discount")
        stay = sigmoids(self.stay_bias + self.stay_quality * quality + self.stay_flash * flash)
        satisfaction = self.satisfaction_quality * quality + self.satisfaction_flash * flash
        cart = self.cart_bias + self.cart_flash * flash
        purchase = np.full(items.num_items, self.purchase_bias)
        offsets = np.array(self.newness) * self.newness_offset + np.array(self.similarity) * self.similarity_offset
        return Tables(
            rows=item_rows(items, self.TRAITS, "relative_price", stay, satisfaction, cart, purchase),
            stages=np.array([(self.rating[s], self.popularity, self.newness[s], self.flash, self.price[s],
                              self.similarity[s], self.click_bias - offsets[s]) for s in range(len(self.STAGES))]),
            wish=np.array((self.text_interest, self.taste, self.trust, self.satiation, self.needed, self.not_needed)),
            cart=np.array((self.cart_needed, self.cart_ready, self.cart_trust, self.cart_price)),
            purchase=np.array((self.purchase_ready, self.purchase_trust, self.purchase_price)),
            satisfaction_ready=self.satisfaction_ready,
            dwell=NO_DWELL,
            dwell_spread=0.0,
        )  # fmt: skip


def item_rows(
    items: Items, traits: Sequence[str], cost: str, *consequences: NDArray[np.float64]
) -> NDArray[np.float64]:
    """`Tables.rows`: all of an item in one row, because what lies together is fetched together."""
    columns = [*(items.trait(name) for name in (*traits, cost)), *consequences, items.categories, items.needs]
    return whole_lines(np.concatenate((np.stack(columns, axis=1), items.taste.astype(np.float32)), axis=1))


Weights = Mapping[str, float]  # trait -> weight; "bias" is the constant
PerStage = tuple[float, float, float]


@dataclass(frozen=True)
class Habits:
    """The parameters of a domain whose traits are its own: weights by the name of the trait.

    As in a shop's `FunnelParameters`, a user without a need is in the first stage, one with a need in the second, one
    who is ready in the third, and what attracts a click depends on the stage.
    """

    STAGES: tuple[str, str, str]
    EVENTS: tuple[str, str]
    attracts: Mapping[str, PerStage]
    """Trait -> weight in a click, by stage."""
    constant: PerStage
    cost: str
    """The trait whose level users get used to."""
    cost_weight: PerStage
    """Of being below the level they are used to."""
    similarity: PerStage
    """Of the cosine to the item last looked at."""
    stays: Weights
    """Logit that a clicked page does not disappoint."""
    satisfies: Weights
    """Mean of a rating minus 3.5."""
    text_interest: float = 0.8
    taste: float = 0.4
    trust: float = 5.0
    satiation: float = 0.7
    needed: float = 1.0
    not_needed: float = -1.0
    saves: Weights = field(default_factory=lambda: {"bias": -5.0})
    save_needed: float = 0.3
    save_ready: float = 3.0
    save_trust: float = 1.0
    commit_bias: float = -1.8
    commit_ready: float = 1.8
    commit_trust: float = 1.0
    satisfaction_ready: float = 0.6
    seconds: Weights = field(default_factory=dict)
    """Mean log seconds on a page that pleases; without it no time is kept."""
    seconds_lost: float = 2.0
    """Mean log seconds on a page that disappoints."""
    seconds_spread: float = 0.7
    longest: str | None = None
    """Attribute of seconds that cannot be passed, such as a duration; a trait in log seconds."""
    examination_decay: float = 0.9
    rating_noise: float = 1.2

    def tables(self, items: Items) -> Tables:
        """The numbers for a catalogue."""
        return Tables(
            rows=item_rows(items, tuple(self.attracts), self.cost, sigmoids(weighed(items, self.stays)),
                           weighed(items, self.satisfies), weighed(items, self.saves),
                           np.full(items.num_items, self.commit_bias)),
            stages=np.array([(*(weights[s] for weights in self.attracts.values()), self.cost_weight[s],
                              self.similarity[s], self.constant[s]) for s in range(len(self.STAGES))]),
            wish=np.array((self.text_interest, self.taste, self.trust, self.satiation, self.needed, self.not_needed)),
            cart=np.array((self.save_needed, self.save_ready, self.save_trust, 0.0)),
            purchase=np.array((self.commit_ready, self.commit_trust, 0.0)),
            satisfaction_ready=self.satisfaction_ready,
            dwell=self._dwell(items),
            dwell_spread=self.seconds_spread,
        )  # fmt: skip

    def _dwell(self, items: Items) -> NDArray[np.float64]:
        if not self.seconds:
            return NO_DWELL
        pleased = weighed(items, self.seconds)
        longest = np.exp(items.trait(self.longest)) if self.longest else np.full(items.num_items, np.inf)
        return np.stack((pleased, np.full(items.num_items, self.seconds_lost), longest), axis=1)


def weighed(items: Items, weights: Weights) -> NDArray[np.float64]:
    """(num_items,) the weighted sum of traits."""
    total = np.full(items.num_items, weights.get("bias", 0.0))
    for name, weight in weights.items():
        if name != "bias":
            total = total + weight * items.trait(name)
    return total
