"""Write prepared.npz, the vectors of a domain's default settings: `python -m recgym.data.prepare news`.

To be run after a catalogue (`python -m recgym.data.news.build`) or its embeddings (`recgym embed`) have changed;
without a name it does all domains.
"""

from __future__ import annotations

import sys
from pathlib import Path

from recgym.embedded import Embedded
from recgym.scenarios.builtin import DOMAINS, builtin_catalog, builtin_table
from recgym.sessions import settings_class


def prepare(scenario: str) -> Path:
    """Write the file of one domain and return its path."""
    defaults = settings_class(scenario)()
    texts = defaults.DOMAIN.texts_of(builtin_catalog(scenario))
    path = Path(__file__).parent / scenario / "prepared.npz"
    Embedded.build(texts, builtin_table(scenario), defaults.whiten, defaults.embedding_dim).save(path)
    return path


if __name__ == "__main__":
    for name in sys.argv[1:] or DOMAINS:
        print(f"wrote {prepare(name)}")
