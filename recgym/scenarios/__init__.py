"""One file per domain. A scenario is a frozen dataclass of settings and a function that builds it."""

from collections.abc import Callable
from typing import Any

from recgym.scenarios import ecommerce

SCENARIOS: dict[str, tuple[type, Callable[[Any], Any]]] = {
    "ecommerce": (ecommerce.Ecommerce, ecommerce.build),
}
