"""Images of any size restored, and how good that is by published protocols."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.pixels import Image, as_bytes
from kerasrecipes.answers.words import Failure
from kerasrecipes.data.images.colour_spaces import from_ycbcr, to_ycbcr
from kerasrecipes.data.images.degradation import enlarged
from kerasrecipes.data.images.image_restoration import Patches, RestorationPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.inputs import image_batches
from kerasrecipes.info import Info
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.image_quality import psnr, ssim
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs
from kerasrecipes.training.film import INPUTS

TILE = 64  # pixels of a tile that are kept, without the margin that it sees besides
BATCH = 16  # tiles that are in memory at a time
MOST_TILES = 65_536  # of one image: 268 million pixels
_WINDOW = 7  # pixels, of the linear filter that is the baseline
_LEARNED = 256  # training patches that the filter is fitted to
_RIDGE = 1e-3  # keeps the filter finite where all patches are blank


def restore(run: Any, inputs: Iterable[str | Path | bytes]) -> list[Answer]:
    """Restore images of any size.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: image files, folders of them, or contents of image files.

    Returns:
        An `Image` for each; of super-resolution it is as many times larger as the model was trained
        for. A file in a folder that is not an image is a `Failure`.

    Raises:
        UserError: if an input that was named is not there or is not an image, or is too large.
    """
    preprocessor = RestorationPreprocessor.of(run.info)
    answers: list[Answer] = []
    # One at a time: photographs are kept in their own size.
    for batch in image_batches(inputs, preprocessor.file, 1):
        for name, image in batch:
            if isinstance(image, UserError):
                answers.append(Failure(input=name, error=str(image)))
                continue
            notes = ["the image is blank"] if (image == image[:1, :1]).all() else []
            made = restored_image(run.model, image, preprocessor)
            answers.append(Image(input=name, image=made, notes=notes))
    return answers


def snapshot(model: Any, info: Info, examples: Patches) -> np.ndarray:
    """Return a patch of each of the first images of a split as the model restores it.

    Args:
        model: in training.
        info: metadata of the data.
        examples: of the split.

    Returns:
        `(images, height, width, 1)`, 0 to 1.
    """
    _, first = np.unique(examples.places[:, 0], return_index=True)
    some = examples.take(first[:INPUTS])[0]
    return np.asarray(model.predict_on_batch(some), np.float32)


def restored_image(
    model: Any, image: np.ndarray, preprocessor: RestorationPreprocessor
) -> np.ndarray:
    """Restore one image: each colour, or its brightness alone where that is what was lost.

    Args:
        model: trained.
        image: `(height, width, 1 or 3)` uint8, of any size.
        preprocessor: of the training.

    Returns:
        `(height * scale, width * scale, 1 or 3)` uint8.

    Raises:
        UserError: if the image has too many tiles.
    """
    scale = preprocessor.scale
    ensemble = preprocessor.ensemble
    planes = [tiled(model, plane[..., 0], scale, ensemble) for plane in preprocessor.planes(image)]
    if len(planes) == image.shape[-1]:
        return np.stack(planes, axis=-1)
    # Colour, of which eyes see less, is enlarged by interpolation.
    colour = to_ycbcr(image)[..., 1:]
    planes += [enlarged(colour[..., index], scale) for index in range(2)]
    return from_ycbcr(np.stack(planes, axis=-1))


def tiled(model: Any, plane: np.ndarray, scale: int = 1, ensemble: bool = False) -> np.ndarray:
    """Restore a plane of any size by tiles; each sees so far beyond its edges that the result is
    that of the whole plane at once.

    Args:
        model: trained, of convolutions.
        plane: `(height, width)` uint8.
        scale: by which the model enlarges.
        ensemble: whether the mean over the eight turned and mirrored planes is taken.

    Returns:
        `(height * scale, width * scale)` uint8.

    Raises:
        UserError: if the plane has too many tiles.
    """
    rows, columns = plane.shape
    down, across = -(-rows // TILE), -(-columns // TILE)
    if down * across > MOST_TILES:
        raise UserError(
            f"an image of {columns:,} x {rows:,} pixels has {down * across:,} tiles of {TILE} x "
            f"{TILE}; at most {MOST_TILES:,} are computed"
        )
    margin = sight(model)
    after = (down * TILE - rows, across * TILE - columns)
    # Mirrored beyond the edges, so that nothing dark lies there.
    padded = np.pad(plane, [(margin, margin + rest) for rest in after], mode="symmetric")
    side = TILE + 2 * margin
    made = np.empty((down * TILE * scale, across * TILE * scale), np.uint8)
    places = [(row, column) for row in range(down) for column in range(across)]
    inner = slice(margin * scale, (margin + TILE) * scale)
    for start in range(0, len(places), BATCH):
        some = places[start : start + BATCH]
        tiles = np.stack(
            [padded[r * TILE : r * TILE + side, c * TILE : c * TILE + side] for r, c in some]
        )
        found = _computed(model, tiles[..., None], ensemble)
        for (row, column), tile in zip(some, as_bytes(found[:, inner, inner, 0]), strict=True):
            size = TILE * scale
            made[row * size : (row + 1) * size, column * size : (column + 1) * size] = tile
    return made[: rows * scale, : columns * scale]


def _computed(model: Any, tiles: np.ndarray, ensemble: bool) -> np.ndarray:
    """Return what a model makes of square tiles, `(tiles, side, side, 1)`."""
    if not ensemble:
        return np.asarray(model_outputs.of_arrays(model, tiles, BATCH))
    found = []
    for turns in range(4):
        for step in (1, -1):
            seen = np.rot90(tiles[:, :, ::step], turns, axes=(1, 2))
            made = np.asarray(model_outputs.of_arrays(model, seen, BATCH))
            found.append(np.rot90(made, -turns, axes=(1, 2))[:, :, ::step])
    return np.mean(found, axis=0)


def sight(model: Any) -> int:
    """Return how many pixels around it a pixel's answer can depend on, at most.

    Args:
        model: of convolutions that are no farther apart than a pixel.
    """
    kernels = [layer.kernel_size[0] for layer in model.layers if hasattr(layer, "kernel_size")]
    return sum(size // 2 for size in kernels)


def answers(model: Any, info: Info, examples: Patches) -> list[np.ndarray]:
    """Restore the whole images of a split.

    Args:
        model: trained.
        info: metadata of the data.
        examples: patches of the images.

    Returns:
        The brightness of each, `(height, width)` uint8, in the order of `examples.numbers`.
    """
    preprocessor = RestorationPreprocessor.of(info)
    scale, ensemble = preprocessor.scale, preprocessor.ensemble
    return [tiled(model, examples.planes.judged(n)[0], scale, ensemble) for n in examples.numbers]


def untouched(examples: Patches) -> list[np.ndarray]:
    """Return the images of a split as they are before they are restored, in the size of the whole
    ones: by bicubic interpolation where they have fewer pixels.

    Args:
        examples: patches of the images.
    """
    scale = examples.planes.preprocessor.scale
    return [enlarged(examples.planes.judged(n)[0], scale) for n in examples.numbers]


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Compute PSNR and SSIM of the whole images, as mean over images, as published protocols do.

    Bytes are compared; of super-resolution the brightness of television, without a border as wide
    as the scale.

    Args:
        evaluation: of a split, its outputs from `answers`.

    Returns:
        `psnr`, in dB, and `ssim`; and for each set of images the same with its name, such as
        `psnr_set5`.
    """
    examples: Any = evaluation.examples
    border = RestorationPreprocessor.of(evaluation.info).degradation.border
    by_image = [
        (psnr(found, truth, border), ssim(found, truth, border))
        for found, truth in zip(evaluation.outputs, wholes(examples), strict=True)
    ]
    rows = np.array(by_image).reshape(-1, 2)
    found = _means(rows, "")
    own = np.array(examples.sets)
    for name in sorted(set(own.tolist()) - {""}):
        found |= _means(rows[own == name], f"_{_spelled(name)}")
    return found


def wholes(examples: Patches) -> Sequence[np.ndarray]:
    """Return the whole images of a split, `(height, width)` uint8 each.

    Args:
        examples: patches of the images.
    """
    return [examples.planes.judged(number)[1] for number in examples.numbers]


def baseline(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline: bicubic interpolation, or the linear filter that is best on the
    training patches.

    Args:
        evaluation: of a split, with the training patches.
    """
    examples: Any = evaluation.examples
    if not len(examples):
        return None
    if RestorationPreprocessor.of(evaluation.info).degradation.kind == "reduction":
        return Baseline("bicubic", outputs=untouched(examples))
    train: Any = evaluation.train
    if train is None or not len(train):
        return None
    weights = linear_filter(*train.sample(_LEARNED, 0).take(np.arange(min(_LEARNED, len(train)))))
    outputs = [_filtered(plane, weights) for plane in untouched(examples)]
    return Baseline(f"linear filter, {_WINDOW} × {_WINDOW}", outputs=outputs)


def linear_filter(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Fit the linear filter with the least squared error.

    Args:
        x: degraded patches, `(patches, side, side, 1)`, 0 to 255.
        y: whole ones, `(patches, side, side, 1)`, 0 to 1.

    Returns:
        The weight of each pixel of the window, row by row, and a constant, `(window² + 1,)`.
    """
    half = _WINDOW // 2
    rows = np.concatenate([_windows(patch[..., 0]) for patch in x])
    inner = y[:, half:-half, half:-half, 0].reshape(-1)
    gram = rows.T @ rows + _RIDGE * np.eye(rows.shape[1])
    return np.asarray(np.linalg.solve(gram, rows.T @ inner))


def _filtered(plane: np.ndarray, weights: np.ndarray) -> np.ndarray:
    half = _WINDOW // 2
    found = _windows(np.pad(plane, half, mode="symmetric")) @ weights
    return as_bytes(found.reshape(plane.shape))


def _windows(plane: np.ndarray) -> np.ndarray:
    """Return the pixels of each window from 0 to 1, and a constant, `(windows, window² + 1)`."""
    windows = np.lib.stride_tricks.sliding_window_view(plane / 255, (_WINDOW, _WINDOW))
    rows = windows.reshape(-1, _WINDOW**2)
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


def _means(rows: np.ndarray, ending: str) -> dict[str, float]:
    means = dict(zip(("psnr", "ssim"), np.nanmean(rows, axis=0).tolist(), strict=True))
    return {f"{name}{ending}": value for name, value in means.items() if np.isfinite(value)}


def _spelled(name: str) -> str:
    """Return a folder's name as the end of a metric's name."""
    return "".join(sign if sign.isalnum() else "_" for sign in name.lower())
