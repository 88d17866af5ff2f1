"""The style of all figures: colours, titles, axes, names beside lines, and how they are rendered.

A figure function is `f(evaluation) -> Figure | None`, `None` where it does not apply. Its name is
that of the file, and the first paragraph of its docstring is the caption in the report; the
decorator `@style()` gives it the common look.
"""

from __future__ import annotations

import base64
import io
import struct
import textwrap
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from cycler import cycler
from matplotlib import font_manager, rc_context, ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes import settings
from kerasrecipes.errors import noted
from kerasrecipes.metrics import names
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting

FigureFunction = Callable[[Evaluation], Figure | None]

WIDTH = 9.0  # inches; a page shows an inch as 96 of its pixels
DOTS_PER_INCH = 160  # more than that, for sharp screens

INK, MUTED, FAINT, PAPER = "#1b2733", "#66727f", "#dde3e9", "#ffffff"
TRAIN, VALIDATION, WRONG, RIGHT = "#8d99a6", "#0b62a8", "#c2501a", "#0b62a8"
# Okabe and Ito's colours, darkened where they were too pale for thin lines on white.
SERIES = ("#0b62a8", "#d1590b", "#00876a", "#b5528f", "#8a6d00", "#3d9bd6", "#5b3a8c", "#3d4752")

# For class names in scripts that matplotlib's own font lacks, where the machine has one of these.
_FALLBACK_FONTS = (
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Arial Unicode MS",
    "Noto Sans Devanagari",
)
_STYLE: dict[Any, Any] = {
    "figure.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.08,
    "savefig.facecolor": PAPER,
    "font.size": 9.5,
    "text.color": INK,
    "text.parse_math": False,  # a class may be called "$5"
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9.0,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 9.5,
    "axes.edgecolor": "#aab4be",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=SERIES),
    "figure.titlesize": 11.5,
    "figure.titleweight": "bold",
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "lines.linewidth": 1.8,
    "lines.solid_capstyle": "round",
    "legend.frameon": False,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the report's style, as a decorator or in a `with`; matplotlib's own settings are
    restored afterwards.
    """
    # matplotlib warns of every font in the list that is not installed.
    installed = set(font_manager.fontManager.get_font_names())
    fonts = ["DejaVu Sans", *(font for font in _FALLBACK_FONTS if font in installed)]
    with rc_context({**_STYLE, "font.family": fonts}):
        yield


@style()
def png(figure: Figure) -> bytes:
    """Render a figure as PNG; equal figures give equal bytes.

    Args:
        figure: to render.

    Returns:
        The file's content, at more dots per inch than a page shows.
    """
    # The decorator is needed here too: `savefig.facecolor`, for one, is read on saving.
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A class name in a script that no installed font has becomes boxes; the rest can be read.
        warnings.filterwarnings("ignore", r"Glyph .* missing from", UserWarning)
        # Without the version of matplotlib in the file, which would change its bytes.
        figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return buffer.getvalue()


class Picture(NamedTuple):
    """A figure as pages take it.

    Args:
        name: of the figure function.
        caption: a sentence or two below it.
        png: a PNG.
    """

    name: str
    caption: str
    png: bytes

    @property
    def size(self) -> tuple[int, int]:
        """Width and height on a page, in its pixels."""
        width, height = struct.unpack(">II", self.png[16:24])  # of the header chunk
        return round(96 * width / DOTS_PER_INCH), round(96 * height / DOTS_PER_INCH)

    @property
    def base64(self) -> str:
        """The PNG as text, for an address that begins with `data:`."""
        return base64.b64encode(self.png).decode("ascii")


def picture(
    function: Callable[..., Any], figure: Figure, *, name: str | None = None, note: str = ""
) -> Picture:
    """Render a figure with the caption of its function.

    Args:
        function: which drew it.
        figure: what it drew.
        name: of the figure; by default that of the function.
        note: a sentence that follows the caption.

    Returns:
        The figure as pages take it.
    """
    text = f"{caption(function)} {note}".rstrip()
    return Picture(name or function.__name__, text, png(figure))


def drawn(
    evaluation: Evaluation, functions: Iterable[FigureFunction], notes: list[str]
) -> list[Picture]:
    """Draw the figures that apply.

    Args:
        evaluation: what they are drawn from.
        functions: figure functions, such as `Recipe.plots`.
        notes: takes a sentence about each figure that cannot be drawn.

    Returns:
        The figures, as pages take them.
    """
    pictures = []
    for function in functions:
        with noted(notes, f"the figure {function.__name__}"):
            figure = function(evaluation)
            if figure is not None:
                pictures.append(picture(function, figure))
    return pictures


def caption(function: Callable[..., Any]) -> str:
    """Return a figure function's caption, the first paragraph of its docstring."""
    return settings.summary(function) or formatting.sentence(names.label(function.__name__))


def set_title(figure: Figure, text: str) -> None:
    """Write a title over the whole figure, at its left edge and in as many lines as it needs.

    Args:
        figure: to write on.
        text: a sentence.
    """
    characters = int(figure.get_figwidth() / 0.108)  # inches of a bold letter, in the mean
    figure.suptitle(textwrap.fill(text, characters), x=0.01, ha="left")


def epoch_axis(axes: Axes) -> None:
    """Label the x-axis with whole epochs, once the lines are drawn."""
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(integer=True, nbins=10))
    low, high = axes.dataLim.intervalx
    if low == high:
        axes.set_xticks([low])
    axes.margins(x=0.02)


def set_scale(axes: Axes, name: str, *lines: np.ndarray) -> None:
    """Scale the y-axis: logarithmic where values span orders of magnitude, shares in percent.

    A share that is close to 1 for most epochs is drawn by the logarithm of its distance from 1, so
    that 98 % and 99 % are as far apart as 90 % and 95 %.

    Args:
        axes: the lines are drawn on it already.
        name: the metric's name.
        lines: the values of each line; NaN is passed over.
    """
    lines = tuple(line[np.isfinite(line)] for line in lines)
    values = np.concatenate(lines)
    share = names.is_share(name) and len(values) > 0 and values.min() >= 0 and values.max() <= 1
    # An error of 0 has no logarithm.
    if share and any(_demands_log(np.maximum(1 - line, 1e-6)) for line in lines):
        _scale_by_error(axes, values)
    elif share:
        axes.yaxis.set_major_formatter(ticker.PercentFormatter(1.0))
        # The margin would otherwise show shares above 100 %.
        axes.set_ylim(top=min(axes.get_ylim()[1], 1.01))
    elif len(values) and values.min() > 0 and any(map(_demands_log, lines)):
        _scale_by_logarithm(axes, values)


def _scale_by_logarithm(axes: Axes, values: np.ndarray) -> None:
    # Below three decades powers of ten alone would leave few ticks.
    steps = (1, 2, 5) if values.max() < 1e3 * values.min() else (1,)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=steps, numticks=12))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.set_ylabel("logarithmic")


def _demands_log(values: np.ndarray) -> bool:
    """Return whether most values would lie flat at the bottom, below a few high ones."""
    return len(values) > 2 and values.min() > 0 and values.max() > 8 * np.median(values)


def _scale_by_error(axes: Axes, values: np.ndarray) -> None:
    errors = 1 - values
    floor = errors[errors > 0].min() / 2  # where 100 % is drawn, which has no logarithm
    forward, inverse = (lambda v: -np.log10(np.maximum(1 - v, floor))), (lambda v: 1 - 10.0**-v)
    perfect = values.max() == 1
    top = 1 - floor if perfect else 1 - 0.8 * errors.min()
    steps = [0, *(1 - digit * 10.0**-power for power in range(1, 7) for digit in (5, 2, 1))]
    # A tick closer to the top would run into the label of 100 %.
    ticks = [step for step in steps if values.min() - 0.1 < step < 1 - 1.5 * floor]
    axes.set_yscale("function", functions=(forward, inverse))
    # A margin below the largest error, though not beyond 0 %.
    axes.set_ylim(1 - min(1, errors.max() * 1.15), top)
    axes.set_yticks(
        [*ticks, top] if perfect else ticks,
        [f"{100 * tick:.6g}%" for tick in ticks] + (["100%"] if perfect else []),
    )
    axes.set_ylabel("errors logarithmic")


def label_ends(axes: Axes, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write names beside the right ends of lines, moved apart where they would overlap.

    Args:
        axes: the lines are drawn on it already, and its scale is set.
        ends: `(y, text, color)` of each line.
    """
    # Freezes the limits: autoscaling at a later draw would move the lines away from the names.
    axes.set_ylim(axes.get_ylim())
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes of a figure"
    # An estimate, for the constrained layout is computed only on drawing.
    height = 72 * axes.get_position().height * figure.get_figheight()  # points
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = sorted(ends, key=lambda end: end[0])
    # 12 points are a line of text at 8.5.
    places = moved_apart([to_axes.transform((0, end[0]))[1] for end in ends], 12 / height)
    for place, (_, text, color) in zip(places, ends, strict=True):
        at: dict[str, Any] = {
            "xycoords": "axes fraction",
            "textcoords": "offset points",
            "annotation_clip": False,
        }
        axes.annotate(text, (1, place), (5, 0), color=color, fontsize=8.5, va="center", **at)


def moved_apart(places: Sequence[float], gap: float) -> list[float]:
    """Move sorted places as little as needed until neighbours are `gap` apart.

    Args:
        places: ascending.
        gap: the minimum distance.

    Returns:
        The new places, ascending; those that overlapped are centred on where they were.
    """
    # Overlapping neighbours are merged, as isotonic regression pools adjacent violators.
    blocks: list[list[float]] = []
    for place in places:
        blocks.append([place])
        while len(blocks) > 1:
            low, high = blocks[-2:]
            # A block reaches half its length to each side of its centre.
            if np.mean(high) - np.mean(low) >= gap * (len(low) + len(high)) / 2:
                break
            blocks[-2:] = [low + high]
    sizes = [(float(np.mean(block)), len(block)) for block in blocks]
    return [
        centre + gap * (number - (size - 1) / 2) for centre, size in sizes for number in range(size)
    ]
