"""Preprocessing of images as in a training, drawings included.

Prediction on a user's files and evaluation on other data both go this way, so that they answer
alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images import handwriting
from kerasrecipes.data.images.files import Frame, ImageFiles, Images, as_image, decode, workers
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Info, Splits


class ImagePreprocessor:
    """Resizes images as in a training, and brings drawings to the form of its images.

    Args:
        info: metadata of the training, as `prepare_images` has written them.

    Raises:
        UserError: if the model has not been trained on images.
    """

    def __init__(self, info: Info):
        if "image" not in info.facts:
            raise UserError("this model was not trained on images")
        self.frame, self.form = Frame.from_dict(info.facts["image"]), info.facts.get("ink")

    def file(self, source: Any) -> np.ndarray | UserError:
        """Read a file, or its content, as `(height, width, channels)` of uint8; return the error of
        one that cannot be read.
        """
        try:
            # Ink is looked for at 400 pixels, for which 1000 are enough to reduce from.
            return self.image(decode(source, 1000 if self.form else self.frame.enough))
        except UserError as error:
            return error

    def image(self, image: Image.Image) -> np.ndarray:
        """Return `(height, width, channels)` of uint8: resized, a drawing in the trained form."""
        return _inked(image, self.frame, self.form) if self.form else self.frame.render(image)

    def pixels(self, images: np.ndarray) -> np.ndarray:
        """Resize `(examples, height, width, 1 or 3)` of uint8 to the model's input shape."""
        if images.shape[1:] == (*(self.frame.source or self.frame.size), self.frame.channels):
            return self.frame.render_all(images)
        return np.stack(list(workers().map(lambda pixels: self.image(as_image(pixels)), images)))


def prepare_as_trained(splits: Splits, info: Info) -> Splits:
    """Prepare other images as those of a training, with its classes.

    Args:
        splits: what a source of images gave.
        info: metadata of the training.

    Returns:
        Splits of images in the size of the training, with its metadata; files that cannot be read
        are left out and named in the notes.

    Raises:
        UserError: if there are examples of a class that the training did not know.
    """
    preprocessor, notes = ImagePreprocessor(info), list(splits.notes)
    classes, known = splits.info.classes or (), info.classes or ()

    def prepare(part: Any) -> Images:
        return _prepare(_relabel(part, classes, known), preprocessor, notes)

    prepared = splits.map(prepare)
    return replace(prepared, info=info, notes=tuple(notes))


def _prepare(part: Images, preprocessor: ImagePreprocessor, notes: list[str]) -> Images:
    if isinstance(part, Arrays):
        return Arrays(preprocessor.pixels(part.x), part.y) if len(part) else part
    if preprocessor.form is None or not len(part):
        return part.framed(preprocessor.frame)
    found = list(
        workers().map(lambda number: preprocessor.file(part.files[int(number)]), part.indices)
    )
    good = np.array([not isinstance(pixels, UserError) for pixels in found])
    notes += [f"skipped {error}" for error in found if isinstance(error, UserError)]
    return Arrays(
        np.stack([pixels for pixels in found if not isinstance(pixels, UserError)]), part.y[good]
    )


def _relabel(part: Images, classes: Sequence[str], known: Sequence[str]) -> Images:
    """Replace class indices by those of the training, where it had classes."""
    if not known or tuple(classes) == tuple(known) or not len(part):
        return part
    present = {classes[number] for number in np.unique(part.y)}
    for label in sorted(present - set(known)):
        raise unknown("class", label, known)
    # -1 stands for classes without examples in this part.
    table = np.array([known.index(label) if label in known else -1 for label in classes], np.int32)
    if isinstance(part, Arrays):
        return Arrays(part.x, table[part.y])
    return ImageFiles(part.files, table[part.labels], part.frame, part.indices)


def _inked(image: Image.Image, frame: Frame, form: Mapping[str, Any]) -> np.ndarray:
    size = frame.source or frame.size
    if image.size == size[::-1] and handwriting.conforms(image, form):
        return frame.from_source(image.convert("L"))
    mask = handwriting.extract(image)
    if mask is None:
        return frame.from_source(Image.new("L", size[::-1], form["background"]))
    return frame.from_source(Image.fromarray(handwriting.place(mask, form, size)))
