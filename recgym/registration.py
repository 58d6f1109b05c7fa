"""Registers the environments with Gymnasium: strings and JSON-able arguments only, nothing is built or read."""

from typing import Any

import gymnasium

ENTRY_POINT = "recgym.env:RecEnv"  # of every environment that is made here

# id -> scenario: domains in words, with a catalogue of their own
DOMAINS = {
    "RecGym-Ecommerce-v0": "ecommerce",
    "RecGym-News-v0": "news",
    "RecGym-Video-v0": "video",
    "RecGym-Music-v0": "music",
    "RecGym-Games-v0": "games",
    "RecGym-Social-v0": "social",
    "RecGym-Education-v0": "education",
    "RecGym-Search-v0": "search",
    "RecGym-Health-v0": "health",
    "RecGym-Finance-v0": "finance",
}
ENV_IDS = {domain: env_id for env_id, domain in DOMAINS.items()}
# id -> classic: published user models, as numbers
CLASSICS = {
    "RecGym-InterestEvolution-v0": "interest_evolution",
    "RecGym-InterestExploration-v0": "interest_exploration",
    "RecGym-LongTermSatisfaction-v0": "long_term_satisfaction",
    "RecGym-Boredom-v0": "boredom",
}
ENVIRONMENTS = {**DOMAINS, **CLASSICS}


def register(env_id: str, scenario: str, **settings: Any) -> None:
    """Register a domain of your own, or one of RecGym's with settings of your own.

        recgym.register("Bikes-v0", "bikes:Bikes")
        recgym.register("MyShop-v0", "ecommerce", catalog="shop.csv", encoder="shop.npz")

    Args:
        env_id: As for `gymnasium.make`, with a version.
        scenario: "module:Class" of its settings, which other processes can import too, or the name of a domain.
        settings: Keyword arguments that it is made with; whoever makes it can still give others. Texts and numbers, so
            that its spec can be kept as JSON.
    """
    gymnasium.register(
        env_id,
        entry_point=ENTRY_POINT,
        vector_entry_point="recgym.env:RecVectorEnv",
        order_enforce=False,  # RecEnv itself refuses to step or draw before reset(), so a wrapper would only cost time
        kwargs={"scenario": scenario, **settings},
    )


def registered() -> dict[str, dict[str, Any]]:
    """Everything that `register` has registered here, RecGym's own first: id -> scenario and settings."""
    return {env_id: dict(spec.kwargs) for env_id, spec in gymnasium.registry.items() if spec.entry_point == ENTRY_POINT}


def register_all() -> None:
    """Register every environment that is not registered yet."""
    for env_id, scenario in ENVIRONMENTS.items():
        if env_id not in gymnasium.registry:
            register(env_id, scenario)
