"""A shop's items: texts for the encoder, attributes for the simulator.

`Catalog.load` reads a CSV or parquet file and reports everything that is wrong with it at once. Which attributes must
be there is the scenario's business; the catalogue knows no domain.
"""

from recgym.catalog.items import Catalog, nearest_neighbours
from recgym.catalog.tables import CatalogError

__all__ = ["Catalog", "CatalogError", "nearest_neighbours"]
