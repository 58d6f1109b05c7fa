"""What members of a social network do because of friends, ads and temper, and what the network knows of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.compiled import Floats, Ints, kernel
from recgym.dynamics import Circle
from recgym.items import Items
from recgym.response import Shifts, no_shifts
from recgym.state import State


class Weights(NamedTuple):
    """Of what moves a member, in logits."""

    company: float = 4.0  # of a click, where all friends are active
    at_home: float = 3.0  # of a click on a friend's post, where all friends are active and see it
    annoyed: float = 0.5  # against a click, for each ad too many; against an ad's twice
    inflamed: float = 0.6  # of clicks and comments, for a unit of heat where there is full outrage


@dataclass(frozen=True, eq=False)
class Company:
    """The fit of a post and a member: active friends draw clicks, too many ads cost them, heat feeds on outrage.

    Reads: active, friends and their topics and links, roles, heat, ads_felt.
    """

    items: Items  # with the traits friend, ad (0 or 1) and outrage
    circle: Circle
    friendly: NDArray[np.float64]  # (num_roles,) how much more a member clicks friends' posts
    outspoken: NDArray[np.float64]  # (num_roles,) how much more a member comments
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        traits = [self.items.trait(name) for name in ("friend", "ad", "outrage")]
        object.__setattr__(self, "_traits", np.stack(traits, axis=1))

    def of(self, state: State, shown: NDArray[np.int64]) -> Shifts:
        shifts = no_shifts(shown.shape)
        talking = self.circle.sight(state, shown).active
        _shift(shown, talking, state["active"], state["roles"], state["heat"], state["ads_felt"], self._traits,
               self.friendly, self.outspoken, self.weights, shifts.click, shifts.cart)  # fmt: skip
        return shifts


@dataclass(frozen=True, eq=False)
class SocialGraph:
    """What a network knows: who of a member's friends is active, and how many ads it has shown.

    - talking: friends who are active and see the item,
    - reach: friends it would wake if the member passed it on,
    - ad_load: of an ad, the recent ads.
    """

    items: Items
    circle: Circle
    names: ClassVar[tuple[str, ...]] = ("talking", "reach", "ad_load")
    SCALES: ClassVar[tuple[float, ...]] = (3.0, 5.0, 0.5)

    def of(self, state: State, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        sight = self.circle.sight(state, rows)
        load = state["ads"][:, None] * self.items.trait("ad")[rows]
        return (np.stack((sight.active, sight.woken, load), axis=2) * self.SCALES).astype(np.float32)


@kernel
def _shift(
    shown: Ints, talking: Floats, active: Floats, roles: Ints, heat: Floats, ads_felt: Floats, traits: Floats,
    friendly: Floats, outspoken: Floats, weights: Weights, click: Floats, cart: Floats,
) -> None:  # fmt: skip
    for lane in range(len(shown)):
        drawn = weights.company * active[lane]
        for slot in range(shown.shape[1]):
            if shown[lane, slot] < 0:
                continue
            friend, ad, outrage = traits[shown[lane, slot]]
            inflamed = weights.inflamed * heat[lane] * outrage
            at_home = weights.at_home * talking[lane, slot] + friendly[roles[lane]]
            click[lane, slot] = drawn + friend * at_home + inflamed - weights.annoyed * ads_felt[lane] * (1.0 + ad)
            cart[lane, slot] = outspoken[roles[lane]] + inflamed
