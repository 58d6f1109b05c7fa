"""Choice models: what a user does with a slate."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.choice import ChoiceModel
from recgym.compiled import Flags, Floats, Ints, Singles, dot, kernel, sigmoid
from recgym.items import Items
from recgym.prefetch import AHEAD, prefetch
from recgym.randomness import BatchRNG, Keys, Purpose, counter_of, uniform_at
from recgym.response.fit import Fit, shift
from recgym.response.parameters import FunnelParameters, Parameters
from recgym.state import State

RESPONSE = int(Purpose.RESPONSE)
READY = 0.5  # from this readiness on, a user who compared offers wants to buy


def stage(state: State) -> NDArray[np.int64]:
    """(num_envs,) index into a domain's STAGES: without a need a user browses; with one they compare, then buy."""
    return np.where(state["need"] < 0, 0, np.where(state["readiness"] < READY, 1, 2))


class Funnel(NamedTuple):
    """The truth about items shown to users, each (num_envs, num_shown) float64; zeros for an empty slot."""

    click: NDArray[np.float64]  # chance of a click once examined
    stay: NDArray[np.float64]  # chance that a clicked page does not disappoint
    cart: NDArray[np.float64]  # chance of add-to-cart after a click (a third of it where the page disappoints)
    purchase: NDArray[np.float64]  # chance of a purchase after add-to-cart
    satisfaction: NDArray[np.float64]  # mean of the buyer's rating minus 3, before it is rounded to stars
    needed: NDArray[np.bool_]  # the item meets the user's need: in most domains it is in the category

    @property
    def stays(self) -> NDArray[np.float64]:
        """Chance, once examined, of a click on a page that does not disappoint."""
        return self.click * self.stay

    @property
    def carts(self) -> NDArray[np.float64]:
        """Chance of add-to-cart once examined."""
        return self.click * self.cart * (self.stay + (1 - self.stay) / 3)

    @property
    def purchases(self) -> NDArray[np.float64]:
        """Chance of a purchase once examined."""
        return self.carts * self.purchase

    @property
    def surprise(self) -> NDArray[np.float64]:
        """About the mean of a buyer's stars above 3."""
        return np.clip(0.5 + self.satisfaction, -2, 2)


class Response(NamedTuple):
    """What the users did, each (num_envs, slate_size); empty slots are never examined."""

    clicked: NDArray[np.bool_]
    stayed: NDArray[np.bool_]
    carted: NDArray[np.bool_]
    purchased: NDArray[np.bool_]
    rating: NDArray[np.float64]  # 1..5 stars where purchased, otherwise 0
    examination: NDArray[np.float64]  # propensity: chance that the slot is looked at
    seconds: NDArray[np.float64]  # spent on the item where the domain keeps the time, otherwise 0
    appeal: NDArray[np.float64]  # chance of a click: how well the slot met the wish of the moment
    funnel: Funnel


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
    parameters: Parameters = field(default_factory=FunnelParameters)
    choice: ChoiceModel | None = None
    """Who clicks what, in place of the position-based model of the parameters; the rest of the funnel stays."""
    fit: Fit | None = None
    """What of the funnel depends on the user and the item together."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_tables", self.parameters.tables(self.items))
        object.__setattr__(self, "_of_items", (self.items.embeddings, *self._tables[:-2]))
        examination = np.arange(1, self.slate_size + 1) ** -self.parameters.examination_decay
        object.__setattr__(self, "examination", examination)
        drawing = (self.choice is None, examination, self.parameters.rating_noise, *self._tables[-2:])
        object.__setattr__(self, "_drawing", drawing)

    examination: NDArray[np.float64] = field(init=False)  # (slate_size,)

    def funnel(self, state: State, shown: NDArray[np.int64]) -> Funnel:
        """The truth about `shown` items ((num_envs, num_shown) catalogue rows) for these users."""
        shape = shown.shape
        # One by one: taking a block of arrays apart costs more than making them.
        funnel = Funnel(np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape), np.empty(shape),
                        np.empty(shape, bool))  # fmt: skip
        _funnel(shown, state["interest"], state["taste"], state["trust"], state["need"], state["readiness"],
                state["satiation"], state["reference_price"], state["price_sensitivity"], state["interest_item"],
                *self._of_items, *funnel)  # fmt: skip
        if self.fit is not None:
            for chances, logits in zip(funnel, self.fit.of(state, shown), strict=False):
                shift(chances, logits)
        return funnel

    def respond(self, state: State, slates: NDArray[np.int64], rng: BatchRNG) -> Response:
        """Draw what the users do with `slates` ((num_envs, slate_size) catalogue rows, -1 for an empty slot)."""
        funnel = self.funnel(state, slates)
        shape = slates.shape
        response = Response(np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, bool), np.zeros(shape, bool),
                            np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape), funnel)  # fmt: skip
        if self.choice is not None:
            self._choose(self.choice, slates, response, state, rng)
        _respond(slates, rng.keys, state["step"], *self._drawing, *funnel[:-1], *response[:-1])
        return response

    def _choose(
        self, choice: ChoiceModel, slates: NDArray[np.int64], response: Response, state: State, rng: BatchRNG
    ) -> None:
        """Write the clicks of another choice model, and the exact chances of these and of looking."""
        utility, shown = choice.utility(response.funnel.click), slates >= 0
        u = rng.uniform(state["step"], Purpose.CHOICE, choice.num_uniforms(self.slate_size))
        response.clicked[...] = choice.click(utility, shown, u)
        response.appeal[...] = choice.probabilities(utility, shown)
        response.examination[...] = choice.examined(utility, shown)

    @cached_property
    def mean_seconds(self) -> NDArray[np.float64]:
        """(num_items, 2) expected seconds on a page that pleases, and on one that does not:
        means of cut log-normals."""
        spread, longest = self._tables.dwell_spread, self._tables.dwell[:, 2:]
        mean_log = self._tables.dwell[:, :2]
        with np.errstate(divide="ignore"):
            reach = (np.log(longest) - mean_log) / spread
        below = np.exp(mean_log + spread**2 / 2) * _normal_cdf(reach - spread)
        return below + np.where(np.isinf(longest), 0.0, longest) * (1.0 - _normal_cdf(reach))

    def log(self, response: Response) -> dict[str, NDArray[Any]]:
        """What the log of a real service would show, each (num_envs, slate_size)."""
        saved, committed = self.parameters.EVENTS
        log = {"clicked": response.clicked, "disappointed": response.clicked > response.stayed, saved: response.carted,
               committed: response.purchased, "rating": response.rating}  # fmt: skip
        return log | {"seconds": response.seconds} if len(self._tables.dwell) else log


def _normal_cdf(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 * (1.0 + np.vectorize(math.erf)(x / math.sqrt(2.0)))


@kernel
def _funnel(
    shown: Ints, interest: Singles, taste: Floats, trust: Floats, need: Ints, readiness: Floats, satiation: Singles,
    reference_price: Floats, price_sensitivity: Floats, interest_item: Ints, embeddings: Singles,
    rows: Floats, stages: Floats, wish: Floats, cart: Floats, purchase: Floats, satisfaction_ready: float,
    click_out: Floats, stay_out: Floats, cart_out: Floats, purchase_out: Floats, satisfaction_out: Floats,
    needed_out: Flags,
) -> None:  # fmt: skip
    """`rows` to `satisfaction_ready` are a `Tables`."""
    num_traits = stages.shape[1] - 3
    text_weight, taste_weight, trust_weight, satiation_weight, needed_bonus, not_needed_bonus = wish
    for lane in range(len(shown)):
        following = min(lane + AHEAD, len(shown) - 1)
        prefetch(embeddings, interest_item[following])
        has_need = need[lane] >= 0
        now = 0 if not has_need else 1 if readiness[lane] < READY else 2
        weights = stages[now]
        cost_weight, similarity_weight, constant = weights[num_traits:]
        trusting = trust[lane] - 0.5
        considered = embeddings[interest_item[lane]]
        liking = taste[lane]
        for slot in range(shown.shape[1]):
            prefetch(embeddings, max(shown[following, slot], 0))
            prefetch(rows, max(shown[following, slot], 0))
            item = shown[lane, slot]
            if item < 0:
                click_out[lane, slot] = stay_out[lane, slot] = cart_out[lane, slot] = 0.0
                purchase_out[lane, slot] = satisfaction_out[lane, slot] = 0.0
                needed_out[lane, slot] = False
                continue
            vector, row = embeddings[item], rows[item]
            cost, stay, satisfaction, cart_logit, purchase_logit, category, meets = row[num_traits : num_traits + 7]
            needed = meets == need[lane]
            ready = readiness[lane] if needed else 0.0
            cheaper = (reference_price[lane] - cost) * price_sensitivity[lane]
            independent = 0.0
            for i in range(len(liking)):
                independent += liking[i] * row[num_traits + 7 + i]
            utility = constant + text_weight * dot(interest[lane], vector) + taste_weight * independent
            attraction = 0.0
            for i in range(num_traits):
                attraction += weights[i] * row[i]
            utility += attraction
            if similarity_weight != 0.0:
                utility += similarity_weight * dot(considered, vector)
            satiated = satiation[lane, int(category)]
            utility += cost_weight * cheaper + trust_weight * trusting - satiation_weight * satiated
            if has_need:
                utility += needed_bonus if needed else not_needed_bonus
            click_out[lane, slot] = sigmoid(utility)
            stay_out[lane, slot] = stay
            cart_out[lane, slot] = sigmoid(
                cart_logit + cart[0] * needed + cart[1] * ready + cart[2] * trusting + cart[3] * cheaper
            )
            purchase_out[lane, slot] = sigmoid(
                purchase_logit + purchase[0] * ready + purchase[1] * trusting + purchase[2] * cheaper
            )
            satisfaction_out[lane, slot] = satisfaction + satisfaction_ready * ready
            needed_out[lane, slot] = needed


@kernel
def _respond(
    slates: Ints, keys: Keys, step: Ints, looks: bool, examination: Floats, noise: float, dwell: Floats,
    dwell_spread: float, click: Floats, stay: Floats, cart: Floats, purchase: Floats, satisfaction: Floats,
    clicked: Flags, stayed: Flags, carted: Flags, purchased: Flags, rating: Floats, examined: Floats,
    seconds: Floats, appeal: Floats,
) -> None:  # fmt: skip
    """The flags and what follows come in as zeros. A slot has a uniform for each of its stages.

    Unless the user `looks` by position, clicks, examination and appeal are there already.
    """
    num_slots = slates.shape[1]
    for lane in range(len(slates)):
        u = counter_of(keys[lane], step[lane], RESPONSE)
        for slot in range(num_slots):
            if slates[lane, slot] < 0:
                continue
            if looks:
                examined[lane, slot] = examination[slot]
                appeal[lane, slot] = click[lane, slot] * examination[slot]
                clicked[lane, slot] = uniform_at(u, slot) < appeal[lane, slot]
            if not clicked[lane, slot]:
                continue
            stayed[lane, slot] = uniform_at(u, num_slots + slot) < stay[lane, slot]
            chance = cart[lane, slot] if stayed[lane, slot] else cart[lane, slot] / 3
            carted[lane, slot] = uniform_at(u, 2 * num_slots + slot) < chance
            if carted[lane, slot] and uniform_at(u, 3 * num_slots + slot) < purchase[lane, slot]:
                purchased[lane, slot] = True
                felt = 3.5 + satisfaction[lane, slot] + noise * (2 * uniform_at(u, 4 * num_slots + slot) - 1)
                rating[lane, slot] = min(max(np.rint(felt), 1.0), 5.0)
            if len(dwell):
                row = slates[lane, slot]
                mean_log, longest = dwell[row, 0 if stayed[lane, slot] else 1], dwell[row, 2]
                radius = np.sqrt(-2.0 * np.log1p(-uniform_at(u, 5 * num_slots + slot)))  # Box & Muller (1958)
                spread = dwell_spread * radius * np.cos(2.0 * np.pi * uniform_at(u, 6 * num_slots + slot))
                seconds[lane, slot] = min(np.exp(mean_log + spread), longest)
