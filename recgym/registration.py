"""Registers the environments with Gymnasium: strings and JSON-able arguments only, nothing is built or read."""

import gymnasium

# id -> scenario
ENVIRONMENTS = {
    "RecGym-Ecommerce-v0": "ecommerce",
    "RecGym-News-v0": "news",
    "RecGym-Video-v0": "video",
    "RecGym-Music-v0": "music",
    "RecGym-Games-v0": "games",
    "RecGym-Search-v0": "search",
}


def register_all() -> None:
    """Register every environment that is not registered yet."""
    for env_id, scenario in ENVIRONMENTS.items():
        if env_id not in gymnasium.registry:
            gymnasium.register(
                env_id,
                entry_point="recgym.env:RecEnv",
                vector_entry_point="recgym.env:RecVectorEnv",
                kwargs={"scenario": scenario},
            )
