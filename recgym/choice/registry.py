"""The choice models by name."""

from __future__ import annotations

from collections.abc import Mapping

from recgym.arguments import did_you_mean
from recgym.choice.browsing import UserBrowsing
from recgym.choice.cascade import Cascade, DependentClick, ExponentialCascade
from recgym.choice.multinomial import MultinomialLogit, MultinomialProportional
from recgym.choice.position import PositionBased, TrustBias
from recgym.choice.protocol import ChoiceModel

CHOICE_MODELS: Mapping[str, type[ChoiceModel]] = {
    "mnl": MultinomialLogit,
    "proportional": MultinomialProportional,
    "position": PositionBased,
    "trust_bias": TrustBias,
    "cascade": Cascade,
    "exponential_cascade": ExponentialCascade,
    "dependent_click": DependentClick,
    "user_browsing": UserBrowsing,
}


def choice_model(model: str | ChoiceModel) -> ChoiceModel:
    """The model that an environment's `response=` means: a name, with the published constants, or an instance.

    >>> choice_model("mnl")
    MultinomialLogit(no_click=0.0)

    Raises:
        ValueError: No model has that name.
        TypeError: It is neither.
    """
    if isinstance(model, str):
        if model not in CHOICE_MODELS:
            hint = did_you_mean(model, CHOICE_MODELS)
            raise ValueError(f"response: no choice model {model!r}; there are {', '.join(CHOICE_MODELS)}.{hint}")
        return CHOICE_MODELS[model]()
    if isinstance(model, type) or not isinstance(model, ChoiceModel):
        names = ", ".join(CHOICE_MODELS)
        lacking = [name for name in vars(ChoiceModel) if name[0] != "_" and not hasattr(model, name)]
        lacks = f", which lacks {', '.join(lacking)}" if lacking else ""
        raise TypeError(
            f"response: expected the name of a choice model ({names}) or an instance of one, got {model!r}{lacks}"
        )
    return model
