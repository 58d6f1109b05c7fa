"""Pictures of a session: `ansi` as text for a terminal, `rgb_array` as an image for videos and notebooks."""

from recgym.rendering.picture import rgb_array
from recgym.rendering.text import ansi

__all__ = ["ansi", "rgb_array"]
