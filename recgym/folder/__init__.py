"""A large shop in a folder: checked, embedded and projected once by `recgym build`, then mapped instead of read."""

from recgym.folder.build import STAGES, build_folder
from recgym.folder.opened import is_folder, open_embedded, stored_encoder

__all__ = ["STAGES", "build_folder", "is_folder", "open_embedded", "stored_encoder"]
