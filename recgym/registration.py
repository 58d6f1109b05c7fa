"""Registers the environments with Gymnasium: strings and JSON-able arguments only, nothing is built or read."""

import gymnasium

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
# id -> classic: published user models, as numbers
CLASSICS = {
    "RecGym-InterestEvolution-v0": "interest_evolution",
    "RecGym-InterestExploration-v0": "interest_exploration",
    "RecGym-LongTermSatisfaction-v0": "long_term_satisfaction",
    "RecGym-Boredom-v0": "boredom",
}
ENVIRONMENTS = {**DOMAINS, **CLASSICS}


def register(env_id: str, scenario: str) -> None:
    """Register a domain of your own: `recgym.register("Bikes-v0", "bikes:Bikes")`.

    Args:
        env_id: As for `gymnasium.make`, with a version.
        scenario: "module:Class" of its settings, which other processes can import too.
    """
    gymnasium.register(
        env_id,
        entry_point="recgym.env:RecEnv",
        vector_entry_point="recgym.env:RecVectorEnv",
        kwargs={"scenario": scenario},
    )


def register_all() -> None:
    """Register every environment that is not registered yet."""
    for env_id, scenario in ENVIRONMENTS.items():
        if env_id not in gymnasium.registry:
            register(env_id, scenario)
