"""Choice models: what a user does with a slate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.items import Items
from recgym.randomness import BatchRNG, Purpose
from recgym.state import State

STAGES = ("browsing", "comparing", "buying")
READY = 0.5  # from this readiness on, a user who compared offers wants to buy


def stage(state: State) -> NDArray[np.int64]:
    """(num_envs,) index into STAGES: without a need a user browses; with one they compare, then buy."""
    return np.where(state["need"] < 0, 0, np.where(state["readiness"] < READY, 1, 2))


class Funnel(NamedTuple):
    """The truth about items shown to users, each (num_envs, num_shown) float64."""

    click: NDArray[np.float64]  # chance of a click once examined
    stay: NDArray[np.float64]  # chance that a clicked page does not disappoint
    cart: NDArray[np.float64]  # chance of add-to-cart after a click (a third of it where the page disappoints)
    purchase: NDArray[np.float64]  # chance of a purchase after add-to-cart
    satisfaction: NDArray[np.float64]  # mean of the buyer's rating minus 3, before it is rounded to stars
    needed: NDArray[np.bool_]  # the item is in the category the user needs


class Response(NamedTuple):
    """What the users did, each (num_envs, slate_size); empty slots are never examined."""

    clicked: NDArray[np.bool_]
    stayed: NDArray[np.bool_]
    carted: NDArray[np.bool_]
    purchased: NDArray[np.bool_]
    rating: NDArray[np.float64]  # 1..5 stars where purchased, otherwise 0
    appeal: NDArray[np.float64]  # examination x chance of a click: how well the slot met the wish of the moment
    funnel: Funnel


@dataclass(frozen=True)
class FunnelParameters:
    """Logits and weights of `FunnelResponse`. Tuples hold one value per stage: browsing, comparing, buying."""

    examination_decay: float = 0.9
    """eta of the examination probability rank**-eta (position-based model)."""
    click_bias: float = -3.4
    text_interest: float = 0.6
    """Weight of the cosine between the text-derived interest and the item."""
    taste: float = 0.4
    """Weight of the independent interest, which no text shows."""
    popularity: float = 0.15
    flash: float = 1.0
    """Attraction of a deep discount."""
    trust: float = 5.0
    """Weight of trust - 0.5."""
    satiation: float = 0.7
    needed: float = 1.0
    """Bonus of the needed category while there is a need."""
    not_needed: float = -1.0
    rating: tuple[float, float, float] = (0.3, 2.0, 0.5)
    newness: tuple[float, float, float] = (5.0, -2.0, -1.0)
    newness_offset: tuple[float, float, float] = (0.3, 0.0, 0.0)
    similarity: tuple[float, float, float] = (-0.3, 0.0, 12.0)
    """Weight of the cosine to the item last looked at: who is about to buy returns to what they considered."""
    similarity_offset: tuple[float, float, float] = (0.0, 0.0, 0.6)
    price: tuple[float, float, float] = (0.0, 0.0, 0.3)
    """Weight of being cheaper than the remembered reference price."""
    stay_bias: float = 1.1
    stay_quality: float = 1.0
    stay_flash: float = -1.6
    cart_bias: float = -4.2
    cart_flash: float = 1.0
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


@dataclass(frozen=True, eq=False)
class FunnelResponse:
    """Examination by position, then click, then add to cart, then purchase, then a rating.

    P(click on slot k) = k**-eta * sigmoid(utility), the position-based model (Craswell et al., WSDM 2008); the stages
    after it multiply as in the CTR x CVR factorisation of Ma et al. (ESMM, SIGIR 2018). Prices are felt against a
    remembered reference price (Popescu & Wu, Operations Research 55(3), 2007). What attracts a click depends on the
    stage of the user's need.

    Reads: interest, taste, trust, need, readiness, satiation, reference_price, price_sensitivity, interest_item.
    """

    items: Items
    slate_size: int
    parameters: FunnelParameters = field(default_factory=FunnelParameters)

    TRAITS = ("rating", "quality", "popularity", "newness", "discount", "relative_price")
    NUM_UNIFORMS = 5

    def __post_init__(self) -> None:
        traits = np.stack([self.items.trait(name) for name in self.TRAITS], axis=1)
        object.__setattr__(self, "_traits", traits)
        object.__setattr__(self, "_item_vectors", np.concatenate(
            (self.items.embeddings, self.items.taste.astype(np.float32)), axis=1))  # fmt: skip
        p = self.parameters
        # One row of utility weights per stage, in the order of TRAITS; the price's is scaled by the user's sensitivity.
        weights = np.array([[p.rating[s], 0.0, p.popularity, p.newness[s], p.flash, 0.0] for s in range(3)])
        object.__setattr__(self, "_weights", weights)
        offsets = np.array(p.newness) * p.newness_offset + np.array(p.similarity) * p.similarity_offset
        object.__setattr__(self, "_bias", p.click_bias - offsets)
        object.__setattr__(self, "_similarity", np.array(p.similarity, dtype=np.float32))
        object.__setattr__(self, "_price", np.array(p.price))
        object.__setattr__(self, "examination", np.arange(1, self.slate_size + 1) ** -p.examination_decay)

    examination: NDArray[np.float64] = field(init=False)  # (slate_size,)

    def funnel(self, state: State, shown: NDArray[np.int64]) -> Funnel:
        """The truth about `shown` items ((num_envs, num_shown) catalogue rows) for these users."""
        p = self.parameters
        traits = self._traits[shown]  # (num_envs, num_shown, 6)
        categories = self.items.categories[shown]
        need = state["need"][:, None]
        needs = need >= 0
        needed = categories == need
        current = stage(state)
        trust = (state["trust"] - 0.5)[:, None]
        flash, quality = traits[..., 4], traits[..., 1]
        value = (state["reference_price"][:, None] - traits[..., 5]) * state["price_sensitivity"][:, None]
        ready = needed * state["readiness"][:, None]

        # Interest, taste and the similarity to the item last looked at, in one pass over the items' vectors.
        considered = self._similarity[current][:, None] * self.items.embeddings[state["interest_item"]]
        wish = np.concatenate(
            (np.float32(p.text_interest) * state["interest"] + considered, p.taste * state["taste"]), axis=1
        ).astype(np.float32)
        utility = np.einsum("nd,nmd->nm", wish, self._item_vectors[shown]).astype(np.float64)
        utility += np.einsum("nt,nmt->nm", self._weights[current], traits)
        utility += (self._bias[current] + p.trust * trust[:, 0])[:, None]
        utility += self._price[current][:, None] * value
        utility -= p.satiation * np.take_along_axis(state["satiation"], categories, axis=1)
        utility += np.where(needed, p.needed, p.not_needed) * needs

        click = sigmoid(utility)
        stay = sigmoid(p.stay_bias + p.stay_quality * quality + p.stay_flash * flash)
        cart = sigmoid(
            p.cart_bias + p.cart_flash * flash + p.cart_needed * needed + p.cart_ready * ready
            + p.cart_trust * trust + p.cart_price * value
        )  # fmt: skip
        purchase = sigmoid(
            p.purchase_bias + p.purchase_ready * ready + p.purchase_trust * trust + p.purchase_price * value
        )
        satisfaction = (
            p.satisfaction_quality * quality + p.satisfaction_flash * flash + p.satisfaction_ready * ready
        )
        return Funnel(click, stay, cart, purchase, satisfaction, needed)

    def respond(self, state: State, slates: NDArray[np.int64], rng: BatchRNG) -> Response:
        """Draw what the users do with `slates` ((num_envs, slate_size) catalogue rows, -1 for an empty slot)."""
        funnel = self.funnel(state, slates)
        u = rng.uniform(state["step"], Purpose.RESPONSE, self.NUM_UNIFORMS * self.slate_size)
        u = u.reshape(-1, self.NUM_UNIFORMS, self.slate_size)
        appeal = funnel.click * self.examination * (slates >= 0)
        clicked = u[:, 0] < appeal
        stayed = clicked & (u[:, 1] < funnel.stay)
        carted = clicked & (u[:, 2] < np.where(stayed, funnel.cart, funnel.cart / 3))
        purchased = carted & (u[:, 3] < funnel.purchase)
        noise = self.parameters.rating_noise * (2 * u[:, 4] - 1)
        stars = np.clip(np.rint(3.5 + funnel.satisfaction + noise), 1, 5)
        return Response(clicked, stayed, carted, purchased, np.where(purchased, stars, 0.0), appeal, funnel)


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + exp(-x))."""
    return 1.0 / (1.0 + np.exp(-x))
