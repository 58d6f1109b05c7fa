"""Choice models: which slots of a slate a user clicks. Tabulated in docs/choice.md."""

from recgym.choice.browsing import ULTRA_BROWSING, UserBrowsing
from recgym.choice.cascade import Cascade, DependentClick, ExponentialCascade
from recgym.choice.examination import ULTRA_EXAMINATION
from recgym.choice.multinomial import MultinomialLogit, MultinomialProportional
from recgym.choice.position import PositionBased, TrustBias
from recgym.choice.protocol import ChoiceModel
from recgym.choice.registry import CHOICE_MODELS, choice_model

__all__ = [
    "CHOICE_MODELS",
    "ULTRA_BROWSING",
    "ULTRA_EXAMINATION",
    "Cascade",
    "ChoiceModel",
    "DependentClick",
    "ExponentialCascade",
    "MultinomialLogit",
    "MultinomialProportional",
    "PositionBased",
    "TrustBias",
    "UserBrowsing",
    "choice_model",
]
