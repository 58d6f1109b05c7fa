"""RecGym: Gymnasium environments for reinforcement learning in recommendation.

Importing it registers the environments: `gymnasium.make("RecGym-Ecommerce-v0")`.
"""

from recgym.catalog import Catalog, CatalogError
from recgym.encoders import EmbeddingTable, Encoder, SentenceTransformerEncoder
from recgym.registration import ENVIRONMENTS, register_all

__version__ = "0.1.0"
__all__ = ["ENVIRONMENTS", "Catalog", "CatalogError", "EmbeddingTable", "Encoder", "SentenceTransformerEncoder"]

register_all()
