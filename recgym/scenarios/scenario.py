"""How any domain is put together: what its users can be set to, its simulator, and what its observations need."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import ClassVar, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from recgym.arguments import one_of, whole_number
from recgym.candidates import Retrieval
from recgym.catalog import Catalog
from recgym.choice import ChoiceModel, choice_model
from recgym.counters import Counters
from recgym.dynamics import History
from recgym.embedded import ITEMS, NUM_NEIGHBOURS, Embedded, Projected, projected
from recgym.encoders import EmbeddingTable, Encoder, RecentTexts, SentenceTransformerEncoder, as_encoder
from recgym.extras import install
from recgym.features import CandidateFeatures
from recgym.folder import is_folder, open_embedded, stored_encoder
from recgym.fusion import FUSED_DIM, FUSIONS, Fusion, history_texts
from recgym.index import SEARCHES, CatalogSearch, make_search
from recgym.items import Items
from recgym.observation import KINDS, Observation, make_observation
from recgym.response import FunnelResponse
from recgym.scenarios import builtin
from recgym.scenarios.domain import Domain
from recgym.scenarios.retrieving import category_needs, entry_items, query_intent, query_vectors, retrieval
from recgym.simulator import Simulator
from recgym.state import State
from recgym.users import UserPopulation
from recgym.whitening import Projection, WhiteningMethod

Made = TypeVar("Made")


@dataclass(frozen=True)
class Settings:
    """What can be set about every domain."""

    catalog: Catalog | str | os.PathLike[str] | None = None
    """CSV or Parquet file, folder of `recgym build`, or `Catalog`; the built-in catalogue by default."""
    encoder: Encoder | str | None = None
    """Embeds the texts: an `Encoder`, a model's name or a folder. By default the built-in table of all-MiniLM-L6-v2
    embeddings for the built-in catalogue, the one that a folder was built with, and the model itself for any other
    catalogue."""
    agent_encoder: Encoder | str | None = None
    """Embeds the texts for the agent, where that is not `encoder`: another one, or "ids" for vectors that tell texts
    apart but carry no language. Users, candidates and rewards stay those of `encoder`."""
    embedding_dim: int = 32
    """Embeddings are projected on so many principal axes; the encoder's own size keeps them whole."""
    whiten: str = "center"
    """How embeddings are whitened: "none", "center", "pca", "zca" or "relaxed"."""
    slate_size: int = 3
    """Items shown at a time."""
    candidates_per_source: int = 4
    """Candidates from each of the five sources, at most 16."""
    history_length: int = 10
    """Pages kept in the history."""
    response: ChoiceModel | str | None = None
    """Who clicks what: a name of `recgym.choice.CHOICE_MODELS` or a model; by default position-based, rank**-0.9."""
    reward: Mapping[str, float] = field(default_factory=dict)
    """Weights of reward terms; those not named keep their default."""
    search: str = "candidates"
    """With action="proto": what the query ranks, the step's "candidates" or the whole catalogue, by "exact" search or
    approximately and faster by "faiss"."""
    fusion: str = "concat"
    """"concat" puts the embedded history, profile and context side by side, "linear" maps them to fused_dim."""
    fused_dim: int = FUSED_DIM
    """Length of the linear fusion."""
    live: bool = False
    """Embed the history as text through the encoder at every step, instead of pooling item embeddings. The last bits of
    a language model's vectors depend on the batch: these observations are equal to about 1e-6 only."""
    session_length: int = 60
    """Slates after which a session is truncated."""
    seed: int = 0
    """Draws what no text shows of the items: their true quality beside the ratings, and their taste vectors."""

    DOMAIN: ClassVar[Domain]
    KINDS: ClassVar[tuple[str, ...]] = KINDS  # of observations

    def __post_init__(self) -> None:
        for name in ("embedding_dim", "slate_size", "candidates_per_source", "history_length", "session_length"):
            object.__setattr__(self, name, whole_number(name, getattr(self, name)))
        object.__setattr__(self, "seed", whole_number("seed", self.seed, least=0))
        if not isinstance(self.live, bool):
            raise ValueError(f"live: expected True or False, got {self.live!r}")
        one_of("whiten", self.whiten, get_args(WhiteningMethod))
        one_of("search", self.search, SEARCHES)
        one_of("fusion", self.fusion, FUSIONS)
        if whole_number("fused_dim", self.fused_dim) != FUSED_DIM and self.fusion == "concat":
            raise ValueError(
                f'fused_dim: only fusion="linear" has one, got fused_dim={self.fused_dim} with fusion="concat"'
            )
        # These complain now, not after everything has been embedded.
        self.DOMAIN.reward.all_weights(self.reward)
        if self.response is not None:
            choice_model(self.response)
        if self.candidates_per_source > NUM_NEIGHBOURS:
            raise ValueError(
                f"candidates_per_source: expected at most {NUM_NEIGHBOURS}, so many similar items are known of each "
                f"item, got {self.candidates_per_source}"
            )

    def build(self) -> Scenario:
        """The domain put together under these settings."""
        return build(self)

    @property
    def choice(self) -> ChoiceModel | None:
        """The choice model these settings name, if they name one."""
        return None if self.response is None else choice_model(self.response)

    def load_catalog(self) -> Catalog:
        """The catalogue these settings name."""
        domain = self.DOMAIN
        if self.catalog is None and domain.name not in builtin.DOMAINS:
            raise ValueError(
                f"catalog: the domain {domain.name!r} has no built-in catalogue; pass catalog=\"items.csv\" and an "
                'encoder, or register it with them: recgym.register("Id-v0", "module:Class", catalog="items.csv", '
                "encoder=...)"
            )
        if self.catalog is None:
            return builtin.builtin_catalog(domain.name)
        return Catalog.load(self.catalog, required=domain.required, defaults=domain.defaults, ranges=domain.ranges)

    def load_encoder(self) -> Encoder:
        """The encoder these settings name."""
        if is_folder(self.catalog):
            return stored_encoder(self.catalog, self.encoder)
        if self.encoder is not None:
            return as_encoder(self.encoder)
        return builtin.builtin_table(self.DOMAIN.name) if self.catalog is None else as_encoder("all-MiniLM-L6-v2")

    def embedded(self, texts: Mapping[str, Sequence[str]]) -> Embedded:
        """The shipped vectors where they are what the settings ask for, otherwise new ones."""
        if self.catalog is None and self.encoder is None:
            prepared = builtin.builtin_vectors(self.DOMAIN.name)
            if (self.whiten, self.embedding_dim) == (prepared.whiten, prepared.embedding_dim):
                return prepared
        if is_folder(self.catalog):
            if self.encoder is not None:
                stored_encoder(self.catalog, self.encoder)  # complains about another one
            return open_embedded(self.catalog, self.whiten, self.embedding_dim)
        return Embedded.build(texts, self.load_encoder(), self.whiten, self.embedding_dim)

    def seen(self, texts: Mapping[str, Sequence[str]], embedded: Embedded) -> Projected:
        """The vectors that the agent sees, of the size of those that the users are made of."""
        if self.agent_encoder is None:
            return Projected(embedded.groups, embedded.projection)
        return projected(texts, as_encoder(self.agent_encoder), self.whiten, embedded.embedding_dim)


@dataclass(frozen=True, eq=False)
class Scenario:
    """A domain's simulator under some settings, with what its observations need.

    Vectors and their projection are those that the agent sees.
    """

    config: Settings
    simulator: Simulator
    counters: Counters
    query_vectors: NDArray[np.float32]
    context_vectors: NDArray[np.float32]
    texts: Mapping[str, Sequence[str]]  # by group, see `Domain.texts_of`
    needs: Sequence[str]  # what a user may need, in words
    projection: Projection

    KINDS: ClassVar[tuple[str, ...]] = Settings.KINDS

    @property
    def domain(self) -> Domain:
        """What it is a scenario of."""
        return self.config.DOMAIN

    @cached_property
    def encoder(self) -> Encoder:
        """What embeds the texts that the users are made of; loaded when it is first needed."""
        return self.config.load_encoder()

    def search(self, action: str) -> CatalogSearch | None:
        """What ranks the whole catalogue under an action view; None where only the step's candidates are ranked.

        Raises:
            ValueError: The settings name a search for a view that searches nothing.
        """
        search = self.config.search
        if search != "candidates" and action != "proto":
            raise ValueError(f'search: only action="proto" searches, got search={search!r} with action={action!r}')
        return make_search(search, self.simulator.features)

    def observation(self, kind: str, num_extra: int) -> Observation:
        """What the agent sees, one of KINDS, with `num_extra` numbers that the action view adds.

        Raises:
            ValueError: `live`, and the encoder is a table, which knows no texts but its own.
        """
        config = self.config
        live_history = self._live_history() if config.live else None
        fusion = Fusion(self.query_vectors, self.context_vectors, config.fusion, config.fused_dim, live_history)
        return make_observation(kind, self.simulator, self.counters, fusion, num_extra, config.history_length)

    def _live_history(self) -> Callable[[State], NDArray[np.float32]]:
        agent_encoder = self.config.agent_encoder
        encoder = self.encoder if agent_encoder is None else as_encoder(agent_encoder)
        if isinstance(encoder, EmbeddingTable):
            raise ValueError(
                f"live: histories are new texts and need a language model, got a table of {len(encoder)} embeddings; "
                f'pass encoder="all-MiniLM-L6-v2", which needs: {install("encoder")}'
            )
        encode = encoder.encode
        if isinstance(encoder, SentenceTransformerEncoder):
            encode = partial(encode, on_disk=False)

        def embed(texts: Sequence[str]) -> NDArray[np.float32]:
            # One product per text: the same bits in any batch, if the encoder's rows have them.
            return self.projection.apply(encode(texts)[:, None])[:, 0]

        recent = RecentTexts(embed)
        return lambda state: recent(self.histories(state))

    def histories(self, state: State) -> list[str]:
        """The history of every lane as text, in the domain's words."""
        events = self.domain.told or self.simulator.response.parameters.EVENTS
        return history_texts(state, self.simulator.catalog.titles, events)


def build(config: Settings) -> Scenario:
    """Put a domain together; built-in catalogues and vectors are read once in a process."""
    domain, catalog = config.DOMAIN, config.load_catalog()
    _check(config, catalog)
    texts = domain.texts_of(catalog)
    embedded = config.embedded(texts)
    groups = embedded.groups
    if missing := [name for name in texts if name not in groups]:
        raise ValueError(
            f"catalog: {config.catalog} holds no embedded {', '.join(missing)}, so it was built for another domain or "
            "version; run recgym build again: what is embedded already is kept"
        )
    seen, projection = config.seen(texts, embedded)
    queries = query_vectors(seen.get("queries"), embedded.embedding_dim)
    needs = category_needs(catalog, len(queries) - 1) if domain.needs is None else domain.needs(catalog)
    items = domain.items(catalog, groups[ITEMS], config.seed)
    seen_items = items if seen is groups else replace(items, embeddings=seen[ITEMS])
    popularity = items.trait("popularity")
    weights = np.bincount(items.categories, weights=np.exp(0.8 * popularity), minlength=items.num_categories)
    pages = max(config.history_length, domain.memory)
    history = History(seen_items, config.slate_size, pages, entry_items(catalog, popularity))
    simulator = Simulator(
        catalog=catalog,
        items=items,
        users=UserPopulation(
            weights, groups["interests"], seen["interests"], tuple(seen[name] for name in domain.statements),
            domain.statements, np.array(domain.sensitivity),
        ),
        retrieval=retrieval(domain, catalog, items, embedded.neighbours, needs, config.candidates_per_source),
        features=CandidateFeatures(
            seen_items.embeddings, items.visible, items.visible_names, queries,
            _made(domain.personal, catalog, seen_items),
        ),
        response=FunnelResponse(
            items, config.slate_size, domain.parameters, config.choice, _made(domain.fit, catalog, items)
        ),
        dynamics=(*domain.dynamics(catalog, items, needs.query_rows, weights), history),
        reward=domain.reward(items, config.reward),
        outcome=None if domain.outcome is None else domain.outcome(items),
        limits=_made(domain.limits, catalog, items),
        hidden=("trust", "need", "readiness", *domain.hidden),
    )  # fmt: skip
    counters = Counters(query_intent(queries, needs.query_rows), domain.parameters.EVENTS[0])
    return Scenario(config, simulator, counters, queries, seen["contexts"], texts, needs.names, projection)


def _check(config: Settings, catalog: Catalog) -> None:
    needed = config.candidates_per_source * len(Retrieval.SOURCES)
    if config.slate_size > needed:
        raise ValueError(
            f"slate_size: a slate of {config.slate_size} cannot be filled from {needed} candidates; lower slate_size "
            f"or raise candidates_per_source (there are {len(Retrieval.SOURCES)} sources)"
        )
    if catalog.num_items < needed:
        raise ValueError(
            f"catalog: {catalog.num_items} items are too few for {needed} candidates per step; add items or lower "
            f"candidates_per_source"
        )
    if catalog.num_categories < UserPopulation.NUM_FAVOURITES:
        raise ValueError(
            f"catalog: expected at least {UserPopulation.NUM_FAVOURITES} categories, since every user has so many "
            f"favourites, got {catalog.num_categories}; divide the items more finely"
        )


def _made(make: Callable[[Catalog, Items], Made] | None, catalog: Catalog, items: Items) -> Made | None:
    """What a domain has for its catalogue, if it has it."""
    return None if make is None else make(catalog, items)
