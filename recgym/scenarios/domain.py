"""The description of a domain: what a file of this folder fills in, and `scenario.build` puts together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.dynamics import Dynamics
from recgym.features import PersonalFeatures
from recgym.items import Items
from recgym.limits import Limits
from recgym.outcome import Outcome
from recgym.response import Fit, Parameters
from recgym.reward import Reward


@dataclass(frozen=True, eq=False)
class Domain:
    """What makes a domain: its words, what matters about its items, how its users respond and change."""

    name: str  # of its folder in recgym.data
    texts_of: Callable[[Catalog], dict[str, Sequence[str]]]
    """All texts by group: items, interests (of every category), the groups of `statements`, contexts, and where users
    search also queries (of every category, the same number for each of two wishes)."""
    statements: tuple[str, str]
    """The groups of what users say about themselves; also the names of the state's variables."""
    sensitivity: Sequence[float]
    """How much users mind an item's cost, by what they say in the second statement."""
    items: Callable[[Catalog, NDArray[np.float32], int], Items]
    """The traits of a catalogue's items, from its embeddings and a seed. `rating` and `popularity` are always there."""
    arrivals: str
    """Attribute of the catalogue, the lowest of which are the latest arrivals, or what else a source of its own shows
    (the gentlest exercises); with "-" before it the highest."""
    parameters: Parameters  # of the response
    dynamics: Callable[[Catalog, Items, NDArray[np.int64], NDArray[np.float64]], tuple[Dynamics, ...]]
    """All but the history, from the rows of the queries (num_needs, 2, num_paraphrases; -1 where nobody searches)
    and how often each category is liked."""
    reward: type[Reward]
    facts: Callable[[Catalog, int], Facts]
    outcome: type[Outcome] | None = None
    fit: Callable[[Catalog, Items], Fit] | None = None
    limits: Callable[[Catalog, Items], Limits] | None = None
    personal: Callable[[Catalog, Items], PersonalFeatures] | None = None
    editions: Callable[[Catalog, int], Sequence[NDArray[np.int64]]] | None = None
    """Rows of the items on offer on each day, the latest first, where they come and go: at least so many on every day.
    A `Calendar` is then among the dynamics."""
    needs: Callable[[Catalog], Needs] | None = None
    """What users may need, where that is not a category; queries then have lists of their own to retrieve from."""
    own: str | None = None
    """State variable (num_envs, any length), catalogue rows of the user's own,
    a source in place of the latest arrivals."""
    memory: int = 1
    """Pages of the history that the users themselves go by, kept whatever number of them is observed."""
    told: tuple[str, str] | None = None
    """What a history says of who did the first and the second event of the response, before an item's title ("bought");
    by default the events' own names."""
    hidden: tuple[str, ...] = ()
    """State variables that are the truth about a user, beside trust, need and readiness."""
    required: tuple[str, ...] = ()  # attributes that a catalogue must have
    defaults: Mapping[str, float | str] = field(default_factory=dict)
    """Of attributes that a catalogue may lack; those of RATED are there in every domain."""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Least and greatest value of attributes."""

    RATED: ClassVar[Mapping[str, float]] = {"rating": 3.6, "num_ratings": 0.0}
    """What cards and measures tell of every item, and what it is where nobody has rated."""

    def __post_init__(self) -> None:
        rated = {name: value for name, value in self.RATED.items() if name not in self.required}
        object.__setattr__(self, "defaults", {**rated, **self.defaults})


class Needs(NamedTuple):
    """What users may be looking for, and which of the texts "queries" say it."""

    names: Sequence[str]
    query_rows: NDArray[np.int64]  # (num_needs, 2 wishes, num_paraphrases); a query may stand for several needs


@dataclass(frozen=True)
class Facts:
    """What a card of an item shows beside its title and stars."""

    main: str  # such as a price or a length
    badge: str = ""  # such as a discount
    small: str = ""  # such as the price before
