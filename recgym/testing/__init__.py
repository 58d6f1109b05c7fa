"""The contract of every environment, as checks that anyone can run: `check_environment("RecGym-Ecommerce-v0")`.

`CHECKS` lists them; `recgym check ID` runs them one by one. Beside them are doubles for fast tests.
"""

from recgym.testing.checks import (
    CHECKS,
    check_action_masks,
    check_determinism,
    check_endings,
    check_environment,
    check_fresh_arrays,
    check_gymnasium,
    check_keywords,
    check_observation_varies,
    check_observations,
    check_random_start,
    check_reset_continues,
    check_rewards,
    check_seed_after_use,
    check_seeds_differ,
    check_spec,
    check_unknown_keyword,
    check_vector_disabled,
    check_vector_next_step,
    check_vector_same_step,
)
from recgym.testing.doubles import HashingEncoder, random_items, small_catalog

__all__ = [
    "CHECKS",
    "HashingEncoder",
    "check_action_masks",
    "check_determinism",
    "check_endings",
    "check_environment",
    "check_fresh_arrays",
    "check_gymnasium",
    "check_keywords",
    "check_observation_varies",
    "check_observations",
    "check_random_start",
    "check_reset_continues",
    "check_rewards",
    "check_seed_after_use",
    "check_seeds_differ",
    "check_spec",
    "check_unknown_keyword",
    "check_vector_disabled",
    "check_vector_next_step",
    "check_vector_same_step",
    "random_items",
    "small_catalog",
]
