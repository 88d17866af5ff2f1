"""Draws what explains an answer, and writes it beside the user's files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from kerasrecipes.answers.answer import Answer
from kerasrecipes.interpret.explanation import (
    Alignment,
    Explanation,
    HeatMap,
    RegionWeights,
    WordImportance,
)
from kerasrecipes.reports import token_attribution
from kerasrecipes.reports.formatting import shortened
from kerasrecipes.reports.images import displayable, show
from kerasrecipes.reports.style import INK, WIDTH, WRONG, png, set_title, style

# From nothing to a warm glow that leaves the photograph visible below it.
_GLOW = LinearSegmentedColormap.from_list(
    "glow", [(1, 0.9, 0.3, 0), (1, 0.65, 0.1, 0.45), (0.85, 0.1, 0.05, 0.75)]
)
_ACROSS = 6  # images in a row of region weights


def write(explanation: Explanation, folder: Path, name: str) -> Path:
    """Write an explanation under a name that no file has yet.

    Args:
        explanation: what explains the answer.
        folder: is made if it is not there.
        name: of the input: a path, or the text itself, of which the first words name the file.

    Returns:
        The file, `NAME.explained.png`, or `NAME.explained.html` for the importance of words.
    """
    match explanation:
        case WordImportance():
            # A lone surrogate cannot be encoded as UTF-8.
            content = token_attribution.page_of(explanation).encode("utf-8", "replace")
            letters = "".join(c if c.isalnum() else " " for c in Path(name).stem[:60])
            stem = "-".join(letters.split()[:5])[:40] or "text"
            return _write_new(folder, stem, ".html", content)
        case Alignment():
            # Only letters and digits, which every file system takes.
            words = "-".join(word for word in name.split()[:4] if word.isalnum())[:40]
            return _write_new(folder, words or "translation", ".png", picture(explanation))
        case _:
            stem = Path(name).stem or "image"
            return _write_new(folder, stem, ".png", picture(explanation))


def write_all(answers: Iterable[Answer], folder: Path) -> list[Answer]:
    """Write the explanations of answers, and name the files in the answers.

    Args:
        answers: of a recipe's `predict`; some have an explanation.
        folder: is made if it is not there.

    Returns:
        The answers, with the file's path as explanation and the note `see PATH`.
    """
    named = []
    for answer in answers:
        if answer.explanation is not None and not isinstance(answer.explanation, str):
            path = write(answer.explanation, folder, answer.input or "")
            # A copy: the caller's answers keep their explanations.
            notes = [*answer.notes, f"see {path}"]
            answer = replace(answer, explanation=str(path), notes=notes)
        named.append(answer)
    return named


@style()
def picture(explanation: HeatMap | Alignment | RegionWeights) -> bytes:
    """Draw an explanation as a picture of its own.

    Args:
        explanation: of one answer.

    Returns:
        A PNG.
    """
    match explanation:
        case HeatMap():
            return png(_heat_map_figure(explanation))
        case Alignment():
            columns, rows = len(explanation.across), len(explanation.down)
            size = min(16, max(5, 1.6 + 0.42 * columns)), min(16, max(3, 1.4 + 0.32 * rows))
            figure = Figure(figsize=size)
            draw_alignment(figure.add_subplot(), explanation)
            return png(figure)
        case RegionWeights():
            figure = region_weights_figure([explanation])
            set_title(figure, explanation.title)
            return png(figure)


def _write_new(folder: Path, stem: str, suffix: str, content: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        count = "" if number == 1 else f"-{number}"
        path = folder / f"{stem}.explained{count}{suffix}"
        try:
            # Mode x fails where a file of that name is there, also one of another process.
            with path.open("xb") as file:
                file.write(content)
        except FileExistsError:
            number += 1
        else:
            return path


def _heat_map_figure(explanation: HeatMap) -> Figure:
    height, width = explanation.image.shape[:2]
    # Two images side by side, each of half the width.
    figure = Figure(figsize=(WIDTH, 0.5 + WIDTH / 2 * height / width))
    images = displayable(explanation.image[None])
    assert images is not None, "a heat map lies over an image"
    for place, heat in enumerate((None, explanation.heat)):
        axes = figure.add_subplot(1, 2, place + 1)
        show(axes, images[0])
        if heat is not None:
            show_heat(axes, heat)
    set_title(figure, f"{explanation.title}: where the model looked")
    return figure


def show_heat(axes: Axes, heat: np.ndarray) -> None:
    """Lay a heat map over an image that is drawn already.

    Args:
        axes: with the image.
        heat: `(height, width)` of the image, from 0 to 1.
    """
    axes.imshow(heat, cmap=_GLOW, vmin=0, vmax=1)


def draw_alignment(axes: Axes, alignment: Alignment) -> None:
    """Draw attention weights as a matrix, source words across and output words down.

    Args:
        axes: to draw on.
        alignment: by words; darker is more.
    """
    # Not scaled to the greatest weight, so that the shades of two sentences can be compared.
    axes.imshow(alignment.weights, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    across = [shortened(word, 18) for word in alignment.across]
    down = [shortened(word, 24) for word in alignment.down]
    # `anchor` aligns before it rotates, so that each word begins at its column.
    slanted: dict[str, Any] = {"rotation": 50, "ha": "left", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(across)), across, color=INK, **slanted)
    axes.set_yticks(range(len(down)), down, color=INK)
    axes.xaxis.tick_top()
    axes.grid(False)
    axes.spines[:].set_visible(False)


def region_weights_figure(explanations: Sequence[RegionWeights]) -> Figure:
    """Draw images, and each beside them once for each word, dark where it weighed little.

    Args:
        explanations: of an image each.

    Returns:
        A figure without a title.
    """
    # The plain image and one for each word, in whole rows.
    lines = [-(-(len(one.words) + 1) // _ACROSS) for one in explanations]
    figure = Figure(figsize=(WIDTH, 0.4 + 1.75 * sum(lines)))
    above = 0
    for one, count in zip(explanations, lines, strict=True):
        panels = [("", None), *zip(one.words, one.weights, strict=True)]
        for place, (word, weights) in enumerate(panels):
            axes = figure.add_subplot(sum(lines), _ACROSS, above * _ACROSS + place + 1)
            show(axes, one.image)
            if weights is not None:
                shade = np.zeros((*weights.shape, 4))
                # Black of varying opacity, never quite opaque, so that all of the image can be made
                # out.
                shade[..., 3] = 0.85 * (1 - weights / max(weights.max(), 1e-9))
                # The few regions are stretched over the image's pixels.
                extent = (-0.5, one.image.shape[1] - 0.5, one.image.shape[0] - 0.5, -0.5)
                axes.imshow(shade, extent=extent, interpolation="bilinear")
            title = shortened(word, 16)
            axes.set_title(title, fontsize=9, color=WRONG if weights is None else INK)
        above += count
    return figure
