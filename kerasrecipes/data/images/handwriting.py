"""Drawings such as handwritten digits: the form of training images, and photographs brought to it.

A digit in MNIST is white on black, its box takes 20 of 28 pixels and its centre of mass lies in the
middle. A photograph of a digit is dark on light, tinted, unevenly lit, noisy and anywhere in the
picture. `measure` finds the form of the training images; `extract` finds the ink of a photograph,
and `place` gives it that form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image, ImageFilter

_INK = 0.2  # a pixel counts to the box of the ink from this share of full ink on


@dataclass(frozen=True, kw_only=True)
class InkForm:
    """Form of images that show strokes on a plain background.

    Args:
        background: gray value of the ground, 0 to 255.
        foreground: gray value of the ink, likewise.
        extent: share of the shorter side that the longer side of the ink's box takes.
        centred: whether its `mass` or its `box` lies more exactly at `centre`.
        centre: place of that, as shares of height and width.
        spread: standard deviations of extent and of the two shares of `centre`.
        stroke: width of strokes as a share of the box.
    """

    background: int
    foreground: int
    extent: float
    centred: Literal["mass", "box"]
    centre: tuple[float, float]
    spread: tuple[float, float, float]
    stroke: float


def measure(images: np.ndarray) -> InkForm | None:
    """Return the form of images that show strokes on a plain background, or `None`.

    Args:
        images: `(images, height, width)` of uint8, a sample of the training images.

    Returns:
        The form; `None` for other images.
    """
    pixels = images.astype(np.float32) / 255
    border = np.concatenate([pixels[:, [0, -1]].ravel(), pixels[:, :, [0, -1]].ravel()])
    background = float(np.median(border))
    plain = float(np.mean(np.abs(border - background) < 0.1))
    contrast = np.abs(pixels - background)
    level = float(np.quantile(contrast[contrast > 0.1], 0.9)) if (contrast > 0.1).any() else 0.0
    if plain < 0.7 or level < 0.4 or 0.25 < background < 0.75:
        return None
    sign = -1.0 if background > 0.5 else 1.0
    masks = np.clip(sign * (pixels - background) / level, 0, 1)  # (images, height, width)
    masks = masks[(masks > _INK).any(axis=(1, 2))]
    if len(masks) == 0 or _solid(masks) > 0.25:
        return None
    return _form(masks, round(background * 255), round((background + sign * level) * 255))


def _solid(masks: np.ndarray) -> float:
    """Return the share of the ink in solid areas, which hold a square of a third of the side."""
    small = [
        np.asarray(Image.fromarray(np.uint8(mask * 255)).resize((28, 28), Image.Resampling.BOX))
        for mask in masks
    ]
    ink = np.stack(small) > 127
    kept = 0
    for mask in ink:
        square = Image.fromarray(np.uint8(np.pad(mask, 9)) * 255)
        # A morphological opening; 9 of 28 pixels are a third of the side.
        opened = square.filter(ImageFilter.MinFilter(9)).filter(ImageFilter.MaxFilter(9))
        kept += int((np.asarray(opened) > 0).sum())
    return kept / max(1, int(ink.sum()))


def _form(masks: np.ndarray, background: int, foreground: int) -> InkForm:
    extents = np.array([_extent(mask) for mask in masks])
    kinds: tuple[Literal["mass", "box"], ...] = ("mass", "box")
    middles = {
        kind: np.array([_middle(mask, kind) / mask.shape for mask in masks]) for kind in kinds
    }
    centred = min(kinds, key=lambda kind: middles[kind].std(axis=0).sum())
    strokes = [_stroke(mask) / _longer(mask) for mask in masks]
    vertical, horizontal = (round(float(value), 4) for value in middles[centred].mean(axis=0))
    spread = [round(float(value), 4) for value in (extents.std(), *middles[centred].std(axis=0))]
    return InkForm(
        background=background,
        foreground=foreground,
        extent=round(float(extents.mean()), 4),
        centred=centred,
        centre=(vertical, horizontal),
        spread=(spread[0], spread[1], spread[2]),
        stroke=round(float(np.median(strokes)), 4),
    )


def conforms(image: Image.Image, form: InkForm) -> bool:
    """Return whether an image, of the size of the training images, already has their form.

    Its ground is theirs, and extent and centre of its ink differ from the mean no more than theirs
    do.

    Args:
        image: of any mode; of the height and width of the training images.
        form: what `measure` found in the training images.
    """
    pixels = np.asarray(image.convert("L"), np.float32)
    mask = np.clip((pixels - form.background) / (form.foreground - form.background), 0, 1)
    if mask[_border(mask.shape)].mean() > 0.5 or not (mask > _INK).any():
        return False
    found = np.array([_extent(mask), *_middle(mask, form.centred) / mask.shape])
    usual = np.array([form.extent, *form.centre])
    # 0.02 more, as digits of normalised size and place have next to no spread.
    return bool((np.abs(found - usual) < 3 * np.array(form.spread) + 0.02).all())


def extract(image: Image.Image) -> np.ndarray | None:
    """Segment the ink of a drawing or of a photograph of one, dark on light or light on dark.

    Args:
        image: of any size and mode.

    Returns:
        `(height, width)`, for each pixel the share of ink, 0 … 1; the image is reduced to 400
        pixels at most. `None` where there is no ink.
    """
    gray = image.convert("L")
    gray.thumbnail((400, 400), Image.Resampling.BICUBIC, reducing_gap=3.0)
    pixels = np.asarray(gray, np.float32) / 255
    relief = pixels - _lighting(pixels)  # (height, width)
    # Ink differs more from the ground than noise does, so it decides which side is ink.
    if np.square(np.minimum(relief, 0)).sum() > np.square(np.maximum(relief, 0)).sum():
        relief = -relief
    # 1.4826 times the median absolute deviation estimates the deviation of normal noise.
    noise = 1.4826 * float(np.median(np.abs(relief[_border(pixels.shape)])))
    relief = np.maximum(relief, 0)
    inked = relief > max(_valley(relief), 5 * noise, 0.04)
    if not inked.any():
        return None
    level = float(np.quantile(relief[inked], 0.8))
    low = min(3 * noise, level / 2)
    mask = np.clip((relief - low) / (level - low), 0, 1)
    # Specks are components that are not connected with a stroke of some weight.
    from scipy import ndimage

    parts, count = ndimage.label(mask > 0.05, structure=np.ones((3, 3)))
    if count < 2:
        return mask
    weights = ndimage.sum_labels(mask, parts, np.arange(1, count + 1))
    kept = np.flatnonzero(weights > 0.03 * weights.max()) + 1
    return np.where(np.isin(parts, kept), mask, 0)


def _lighting(pixels: np.ndarray) -> np.ndarray:
    """Estimate the brightness of the background: a smooth surface through the border and all that
    fits it.
    """
    height, width = pixels.shape
    border = _border(pixels.shape)
    plain = float(np.median(pixels[border]))
    # A drawing or a scan, no photograph: its border may hold much ink, and its ground needs no
    # surface.
    if min(height, width) < 48 or np.mean(np.abs(pixels[border] - plain) < 0.02) > 0.5:
        return np.full_like(pixels, plain)
    # Some 100 points along the longer side, to fit six terms by.
    step = max(1, max(height, width) // 100)
    # Those of a polynomial of second degree over the image, (6, height, width).
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * y, x * x, y * y])
    basis, values = (
        terms[:, ::step, ::step].reshape(len(terms), -1).T,
        pixels[::step, ::step].ravel(),
    )
    use = border[::step, ::step].ravel()
    # First by least absolute deviations, which strokes that reach the border do not pull away:
    # iteratively reweighted least squares, whose lower bound keeps the weights finite.
    weight: np.ndarray | float = 1.0
    for _ in range(15):
        surface = _least_squares(basis[use], values[use], weight)
        weight = 1 / np.maximum(np.abs(values[use] - basis[use] @ surface), 0.005)
    for _ in range(4):
        misfit = np.abs(values - basis @ surface)
        use = misfit < max(0.02, 3 * 1.4826 * float(np.median(misfit[use])))
        surface = _least_squares(basis[use], values[use], 1.0)
    return np.tensordot(surface, terms, 1).astype(np.float32)


def _border(shape: tuple[int, ...]) -> np.ndarray:
    ring = max(1, round(0.06 * min(shape)))
    border = np.ones(shape, bool)
    border[ring:-ring, ring:-ring] = False
    return border


def _least_squares(basis: np.ndarray, values: np.ndarray, weight: np.ndarray | float) -> np.ndarray:
    weighted = basis.T * weight  # (6, pixels)
    return np.linalg.lstsq(weighted @ basis, weighted @ values, rcond=None)[0]


def _valley(relief: np.ndarray) -> float:
    """Return the threshold that separates background from ink best (Otsu, 1979)."""
    counts, edges = np.histogram(relief, 128)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * middles)
    # A threshold with all pixels on one side divides by zero, and then counts as 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return float(edges[1 + int(np.argmax(np.nan_to_num(between)))])


def place(mask: np.ndarray, form: InkForm, size: tuple[int, int]) -> np.ndarray:
    """Return an image in which the ink has the form of the training images.

    Args:
        mask: `(height, width)`, share of ink, from `extract`.
        form: what `measure` found.
        size: `(height, width)` of the image.

    Returns:
        `(height, width)` of uint8.
    """
    # The lines of a fine pen would fade away in the reduction: they are widened to what the model
    # knows, by a pixel on each side at least.
    wanted, found = form.stroke * _longer(mask), _stroke(mask)
    if wanted - found >= 2 and found <= 0.6 * wanted:
        reach = int((wanted - found) // 2)
        line = Image.fromarray(np.uint8(np.pad(mask, reach + 1) * 255))
        # Pillow's filters take odd sizes.
        mask = np.asarray(line.filter(ImageFilter.MaxFilter(2 * reach + 1)), np.float32) / 255
    scale = form.extent * min(size) / _longer(mask)
    window = np.array(size) / scale
    middle = _middle(mask, form.centred)
    # Padded by a window on each side, so that the box lies inside, wherever the ink is.
    margin = int(np.ceil(window.max()))
    corner = middle - np.array(form.centre) * window + margin
    canvas = Image.fromarray(np.pad(mask, margin).astype(np.float32))
    box = (corner[1], corner[0], corner[1] + window[1], corner[0] + window[0])
    # Pillow takes width before height.
    ink = np.asarray(canvas.resize(size[::-1], Image.Resampling.BICUBIC, box=box))
    shade = form.background + np.clip(ink, 0, 1) * (form.foreground - form.background)
    return np.clip(np.rint(shade), 0, 255).astype(np.uint8)


def _box(mask: np.ndarray) -> tuple[int, int, int, int]:
    ink = mask > _INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _longer(mask: np.ndarray) -> int:
    """Return the longer side of the ink's bounding box in pixels."""
    top, left, bottom, right = _box(mask)
    return max(bottom - top, right - left)


def _extent(mask: np.ndarray) -> float:
    return _longer(mask) / min(mask.shape)


def _middle(mask: np.ndarray, kind: str) -> np.ndarray:
    """Return the centre of `mass` or of the `box`, in pixels; the first pixel is from 0 to 1."""
    if kind == "box":
        top, left, bottom, right = _box(mask)
        return np.array([(top + bottom) / 2, (left + right) / 2])
    rows, columns = (np.arange(n) + 0.5 for n in mask.shape)
    return (
        np.array([(mask.sum(axis=1) * rows).sum(), (mask.sum(axis=0) * columns).sum()]) / mask.sum()
    )


def _stroke(mask: np.ndarray) -> float:
    """Return the mean width of strokes in pixels: twice the area over the outline's length."""
    padded = np.pad(mask, 1)
    # Over soft edges the sum of the gradient's magnitude is the length of the outline.
    slope = np.hypot(np.diff(padded, axis=0)[:, :-1], np.diff(padded, axis=1)[:-1])
    return 2 * float(mask.sum()) / max(float(slope.sum()), 1e-6)
