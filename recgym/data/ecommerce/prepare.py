"""Write prepared.npz, the vectors of the shop's default settings: `python -m recgym.data.ecommerce.prepare`.

To be run after the catalogue (`recgym.data.ecommerce.build`) or its embeddings (`recgym embed`) have changed.
"""

from recgym.data.ecommerce.build import FOLDER
from recgym.embedded import Embedded
from recgym.scenarios.ecommerce import Ecommerce, builtin_catalog, builtin_table, texts_of

if __name__ == "__main__":
    defaults = Ecommerce()
    path = FOLDER / "prepared.npz"
    Embedded.build(texts_of(builtin_catalog()), builtin_table(), defaults.whiten, defaults.embedding_dim).save(path)
    print(f"wrote {path.name}, {path.stat().st_size:,} bytes")
