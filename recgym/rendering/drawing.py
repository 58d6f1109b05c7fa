"""What pictures are drawn with: a canvas in pixels, text and boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recgym.extras import install
from recgym.rendering.colours import BACKGROUND, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 100


def canvas_of(width: int, height: int) -> tuple[Figure, Axes, Callable[[], NDArray[np.uint8]]]:
    """A figure, axes over all of it in pixels from the top left, and what gives the (height, width, 3) picture.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(f'render_mode="rgb_array" needs matplotlib: {install("render")}') from error
    # A figure of its own for every frame: nothing is shared between environments or with the caller's pyplot.
    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=BACKGROUND)
    canvas = FigureCanvasAgg(figure)
    page = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    page.set_axis_off()

    def pixels() -> NDArray[np.uint8]:
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[..., :3].copy()

    return figure, page, pixels


def write(axes: Axes, x: float, y: float, text: str, *, size: float, **style: Any) -> None:
    # Titles are the catalogue's own words: a "$" in them starts no formula.
    style = {"color": INK, "va": "center", "parse_math": False, **style}
    axes.text(x, y, text, fontsize=size, **style)


def box(
    axes: Axes, x: float, y: float, width: float, height: float, face: str, *, edge: str = "none",
    edge_width: float = 1, radius: float = 10, dashed: bool = False,
) -> None:  # fmt: skip
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(
        FancyBboxPatch(
            (x + radius, y + radius), width - 2 * radius, height - 2 * radius,
            boxstyle=f"round,pad={radius}", facecolor=face, edgecolor=edge, linewidth=edge_width,
            linestyle="--" if dashed else "-",
        )
    )  # fmt: skip
