"""RecGym-Music-v0: a music service and its listeners.

Each session is one listener over up to 60 pages of tracks, in many visits. The service lives on minutes listened, most
of them of tracks that the listener knows. A favourite is played gladly until it is worn out; it is played then still,
and skipped, which the listener holds against the service. Let it rest, and it is good again.

## Description

- **Slate.** The retrieval stage offers 20 tracks of 5 sources (similar to the last one played, best rated of the genre
  of interest, most played, known to the listener, anything), 4 each, always in this order. The agent shows 3.
- **Response.** Position k is examined with probability k^-0.9 (Craswell et al., WSDM 2008). Who listens along plays
  what they know, otherwise what all play; who wants a genre wants it well rated; who is in the mood for more wants what
  they do not know, like the track just heard. A track that pleases is heard for a log-normal time, at most its length;
  another is skipped within seconds. Of new ones some are saved, a few bring a subscription.
- **Repertoire.** A listener knows 16 tracks; what they save becomes known in place of what is most worn. Much of what
  is played was played before (Anderson et al., "The dynamics of repeat consumption", WWW 2014). Every play wears a
  known track, and rest makes it good again: satiation that rebounds (Leqi et al., "Rebounding bandits", NeurIPS 2021),
  as boredom decides when a known track is wanted again (Kapoor et al., WSDM 2015). On every page

      worn' = (keep worn + play x number of plays) exp(-days away / days)

  with numbers of the track's own: what is catchy, loud and known to all, wears up to eight times as much by a play and
  recovers up to three times as slowly as what is not. How worn a track is moves whether it is heard to the end and not
  whether it is played: how lately something was consumed predicts best that it is consumed again. So liking rises with
  the first plays and falls with the many (Sguerra et al., 2022, arXiv:2210.16226).
- **Trust** in the recommendations grows with tracks that please and falls with those that are skipped; it moves clicks
  and whether the listener comes back. Genres tire too, all alike.

A service that goes by the click of the moment plays the favourites until nobody hears them out. One that looks ahead
shows other tracks in the meantime, as in the small instance that is planned exactly; without wear little of the gap is
left.

## Observation space

Trust, need, readiness, satiation, wear and true quality are hidden. The service has a log of what the listener plays:
two features of a candidate say whether it is a track they know and have not played lately (`rested`), and how often
they played it lately (`lately`). How fast a track wears is not said; its energy and how familiar it is to all tell
something.

How curious they are is said, and what is felt of it is not curiosity: the more curious they say they are, the more
listeners mind tracks faster than what they are used to. The era they come from is said and not felt: a distractor, as
many columns of a real log are; new tracks attract all alike too. Of the circumstances weekends, working and relaxing
lengthen visits, being outdoors shortens them; daytime and the other activities are distractors.

## Starting state

A new listener: three favourite genres (popular ones more often), of which two are named in the profile beside the era
they come from and how curious they say they are; 16 known tracks of these genres, popular ones more often, all rested;
trust within 0.03 of 0.55; with probability 0.2 a genre they want.

## Realism

Popularity, pages per visit and both probes lie within the ranges of public logs. More than half of the plays are of
known tracks even under random pages; that repetition is what most listeners favour was found in the logs of a streaming
service. Listening times have no public counterpart here.

## Version history

- v0: first version.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recgym.catalog import Catalog
from recgym.dynamics import Dynamics, Need, Repertoire, Satiation, Wear, acquaintance
from recgym.items import Items, standardised
from recgym.outcome import Outcome
from recgym.response import Habits, Response
from recgym.reward import Reward
from recgym.scenarios import music_words as words
from recgym.scenarios.domain import Domain, Facts
from recgym.scenarios.music_listeners import Familiar, PlayLog
from recgym.scenarios.people import usual_dynamics, visits
from recgym.scenarios.scenario import Settings
from recgym.scenarios.traits import items_of, log_scaled, shrunk_rating
from recgym.state import State

HABITS = Habits(
    STAGES=("listening along", "wanting a genre", "in the mood for more"),
    EVENTS=("saved", "subscribed"),
    attracts={
        "rating": (0.1, 0.8, 0.3),
        "popularity": (1.2, 0.8, 0.4),
        "newness": (0.5, 0.0, 0.0),
        "familiarity": (0.0, 0.0, -0.6),
        "energy": (0.4, 0.0, -0.2),
    },
    constant=(-4.8, -3.3, -3.7),
    cost="tempo",
    cost_weight=(0.2, 0.1, 0.1),
    similarity=(-0.3, 0.0, 5.0),
    satiation=0.2,
    stays={"bias": 1.0, "quality": 0.8, "familiarity": -0.4},
    satisfies={"quality": 0.8, "familiarity": -0.7},
    saves={"bias": -5.0},
    seconds={"bias": 5.0, "length": 0.3},
    seconds_lost=1.8,
    longest="log_seconds",
)
# Of the least and the most catchy tracks, as in `Wear`:
PLAY = (0.3, 2.5)
KEEP = (0.97, 0.99)
DAYS = (10.0, 30.0)


@dataclass(frozen=True, eq=False)
class MusicReward(Reward):
    """What a page was worth to the service.

    Terms, each (num_envs,) per page:

    - click: number of tracks played,
    - save: number of tracks saved,
    - subscription: number of subscriptions begun.
    """

    DEEDS = ("click", "save", "subscription")
    VALUE = "value"
    DEFAULT_WEIGHTS = {"click": 0.05, "save": 0.15, "subscription": 0.6, "satisfaction": 0.1, "minutes": 0.12,
                       "diversity": 0.0, "potential": 0.0}  # fmt: skip


@dataclass(frozen=True, eq=False)
class MusicOutcome(Outcome):
    """What was heard of a page.

    - minutes: listened,
    - repeats: tracks played that the listener knew.
    """

    def of(
        self, before: State, after: State, slates: NDArray[np.int64], response: Response
    ) -> dict[str, NDArray[np.float64]]:
        again = response.clicked & acquaintance(before, slates).known
        return {"minutes": response.seconds.sum(axis=1) / 60, "repeats": again.sum(axis=1).astype(np.float64)}


def _items(catalog: Catalog, embeddings: NDArray[np.float32], seed: int) -> Items:
    """Traits of the tracks: what the service can look up, and their true quality."""
    columns = catalog.attributes
    rating, log_seconds = shrunk_rating(columns), np.log(columns["length_s"])
    visible = {
        "rating": rating,
        "popularity": log_scaled(columns["popularity"]),
        "newness": np.exp(-(columns["year"].max() - columns["year"]) / 6),
        "familiarity": columns["familiarity"],
        "energy": columns["energy"],
        "tempo": standardised(columns["tempo_bpm"]),
        "length": standardised(log_seconds),
    }
    return items_of(catalog, embeddings, visible, seed, {"value": 1.0, "log_seconds": log_seconds})


def _dynamics(
    catalog: Catalog, items: Items, query_rows: NDArray[np.int64], weights: NDArray[np.float64]
) -> tuple[Dynamics, ...]:
    longer = {"weekend": 0.1, "working": 0.3, "relaxing": 0.2, "outdoors": -0.2}
    coming = visits(words.WEEKDAY_KINDS, words.DAYTIMES, words.PLACES, words.ACTIVITIES, longer=longer)
    need = Need(items, query_rows, weights, start=0.2, inspiration=0.05, spontaneous=0.05)
    usual = usual_dynamics(items, query_rows, weights, coming, Satiation(items), "tempo", need=need)
    return (*usual, Repertoire(items, items.trait("popularity"), _wear(items)))


def _wear(items: Items) -> Wear:
    """Catchy is what all know and what is loud: it wears fast and recovers slowly."""
    catchy = 0.5 * (items.trait("familiarity") + items.trait("energy"))
    return Wear(*(low + (high - low) * catchy for low, high in (PLAY, KEEP, DAYS)))


def _facts(catalog: Catalog, row: int) -> Facts:
    """The length, and the year."""
    columns = catalog.attributes
    minutes, seconds = divmod(int(columns["length_s"][row]), 60)
    flag = "hit" if columns["familiarity"][row] > 0.7 else ""
    return Facts(f"{minutes}:{seconds:02}", flag, f"{columns['year'][row]:.0f}")


@dataclass(frozen=True)
class Music(Settings):
    """Everything that can be set about the music service."""

    DOMAIN = Domain(
        name="music",
        texts_of=words.SENTENCES.texts_of,
        statements=("eras", "curiosities"),
        sensitivity=(0.6, 0.8, 1.0, 1.2),  # the loyal mind a fast track least, diggers most
        items=_items,
        arrivals="-year",
        parameters=HABITS,
        dynamics=_dynamics,
        reward=MusicReward,
        facts=_facts,
        told=("saved", "subscribed after hearing"),
        outcome=MusicOutcome,
        fit=lambda catalog, items: Familiar(),
        personal=lambda catalog, items: PlayLog(),
        own="known",
        hidden=("satiation", "worn"),
        required=("familiarity", "length_s", "year"),
        defaults={"energy": 0.5, "tempo_bpm": 110.0, "popularity": "num_ratings"},
        ranges={"familiarity": (0, 1), "length_s": (1, np.inf), "energy": (0, 1), "tempo_bpm": (0, np.inf)},
    )
