"""RecGym: Gymnasium environments for reinforcement learning in recommendation.

Importing it registers the environments.

>>> import gymnasium
>>> import recgym
>>> env = gymnasium.make("RecGym-Ecommerce-v0", action="item")
>>> observation, info = env.reset(seed=0)
>>> observation.shape, env.action_space
((350,), Discrete(20))
>>> observation, reward, terminated, truncated, info = env.step(3)
>>> sorted(info["reward_terms"])
['cart', 'click', 'purchase', 'satisfaction']
"""

from recgym.catalog import Catalog, CatalogError
from recgym.encoders import EmbeddingTable, Encoder, SentenceTransformerEncoder
from recgym.registration import ENVIRONMENTS, register, register_all

__version__ = "0.1.0"
__all__ = ["ENVIRONMENTS", "Catalog", "CatalogError", "EmbeddingTable", "Encoder", "SentenceTransformerEncoder",
           "register"]  # fmt: skip

register_all()
