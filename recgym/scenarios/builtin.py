"""The built-in catalogues and their texts' embeddings, by domain; each is read once."""

from __future__ import annotations

from functools import cache
from importlib import resources

from recgym import registration
from recgym.catalog import Catalog
from recgym.embedded import Embedded
from recgym.encoders import EmbeddingTable

DOMAINS = tuple(registration.DOMAINS.values())


@cache
def builtin_catalog(domain: str) -> Catalog:
    """The catalogue of a domain."""
    with resources.as_file(resources.files(f"recgym.data.{domain}") / "catalog.csv.gz") as path:
        return Catalog.load(path)


@cache
def builtin_table(domain: str) -> EmbeddingTable:
    """all-MiniLM-L6-v2 embeddings of every text a domain's scenario can say."""
    with resources.as_file(resources.files(f"recgym.data.{domain}") / "embeddings.npz") as path:
        return EmbeddingTable.load(path)


@cache
def builtin_vectors(domain: str) -> Embedded:
    """The vectors of a domain under default settings (`python -m recgym.data.prepare`)."""
    with resources.as_file(resources.files(f"recgym.data.{domain}") / "prepared.npz") as path:
        return Embedded.load(path)
