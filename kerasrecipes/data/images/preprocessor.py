"""Preprocessing of images as in a training, drawings included.

Prediction on a user's files and evaluation on other data both go this way, so that they answer
alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images import handwriting
from kerasrecipes.data.images.decoding import decode, workers
from kerasrecipes.data.images.files import ImageFiles, Images
from kerasrecipes.data.images.frames import Frame, as_image
from kerasrecipes.data.images.handwriting import InkForm
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.info import Info
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.recipe import Splits

_SAMPLE = 500  # training images that are looked at
_GRAY = 8  # difference of a pixel's channels up to which it is gray; JPEG blurs colours that much


@dataclass(frozen=True, kw_only=True)
class ImagePreprocessor(Preprocessor):
    """Resizes images as in a training, and brings drawings to the form of its images.

    Args:
        frame: how images are resized.
        ink: form of the training images where they are drawings; `None` for photographs.
        base: pretrained network for whose input images are resized; empty without one.
    """

    kind: ClassVar[str] = "image"
    inputs: ClassVar[str] = "images"

    frame: Frame
    ink: InkForm | None = None
    base: str = ""

    @classmethod
    def fit(
        cls, train: Images, size: tuple[int, int], channels: int | None = None
    ) -> ImagePreprocessor:
        """Decide by a sample of the training images how they are resized, and measure their ink.

        Args:
            train: training images.
            size: `(height, width)` in pixels.
            channels: 1 for gray or 3 for colour; by default 1 if all of the sample are gray.

        Returns:
            The preprocessor; its frame pads images that are smaller by at most a quarter,
            stretches others of one size, and crops those of several sizes.
        """
        # Seed 0 whatever the training's, so that all trainings resize these images alike.
        some = train.sample(_SAMPLE, 0)
        sample = list(some.x) if isinstance(some, Arrays) else some.originals()
        sizes = {image.shape[:2] for image in sample}
        # The size of all, if it is one. A single file says nothing about the size of the others.
        source = sizes.pop() if len(sizes) == 1 and len(sample) > 1 else None
        if isinstance(train, Arrays):
            source = train.x.shape[1:3]
        channels = channels or (1 if all(is_gray(image) for image in sample) else 3)
        frame = Frame(size=size, channels=channels, resize="crop", source=source)
        if source and all(
            0.75 * want <= have <= want for have, want in zip(source, size, strict=True)
        ):
            frame = replace(frame, resize="pad", background=_background(sample, channels))
        elif source:
            frame = replace(frame, resize="stretch")
        if channels > 1:
            return cls(frame=frame)
        # Ink is measured at the images' own size, where they have one.
        gray = Frame(size=source, channels=1, resize="stretch") if source else frame
        rendered = [gray.render_all(image[None])[0, ..., 0] for image in sample]
        return cls(frame=frame, ink=handwriting.measure(np.stack(rendered)))

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Resize `(examples, height, width, 1 or 3)` of uint8 to the model's input shape."""
        if images.shape[1:] == (*(self.frame.source or self.frame.size), self.frame.channels):
            return self.frame.render_all(images)
        return np.stack(list(workers().map(lambda pixels: self.image(as_image(pixels)), images)))

    def file(self, source: Any) -> np.ndarray | UserError:
        """Read a file, or its content, as `(height, width, channels)` of uint8; return the error of
        one that cannot be read.
        """
        try:
            # Ink is looked for at 400 pixels, for which 1000 are enough to reduce from.
            return self.image(decode(source, 1000 if self.ink else self.frame.enough))
        except UserError as error:
            return error

    def image(self, image: Image.Image) -> np.ndarray:
        """Return `(height, width, channels)` of uint8: resized, a drawing in the trained form."""
        frame, form = self.frame, self.ink
        if form is None:
            return frame.render(image)
        size = frame.source or frame.size
        if image.size == size[::-1] and handwriting.conforms(image, form):
            return frame.from_source(image.convert("L"))
        mask = handwriting.extract(image)
        if mask is None:
            return frame.from_source(Image.new("L", size[::-1], form.background))
        return frame.from_source(Image.fromarray(handwriting.place(mask, form, size)))


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
    preprocessor, notes = ImagePreprocessor.of(info), list(splits.notes)
    classes, known = splits.info.classes or (), info.classes or ()

    def prepare(part: Any) -> Images:
        return _prepare(_relabel(part, classes, known), preprocessor, notes)

    prepared = splits.map(prepare)
    return replace(prepared, info=info, notes=tuple(notes))


def _prepare(part: Images, preprocessor: ImagePreprocessor, notes: list[str]) -> Images:
    if isinstance(part, Arrays):
        return Arrays(preprocessor(part.x), part.y) if len(part) else part
    if preprocessor.ink is None or not len(part):
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
    return ImageFiles(part.files, table[part.labels], part.frame, part.indices, part.weights)


def is_gray(image: np.ndarray) -> bool:
    """Return whether an image has no colour, as far as JPEG leaves none.

    Args:
        image: `(height, width, 1 or 3)` uint8.
    """
    if image.shape[-1] == 1:
        return True
    values = image.astype(np.int16)
    return bool((values.max(axis=-1) - values.min(axis=-1)).max(initial=0) <= _GRAY)


def _background(sample: Sequence[np.ndarray], channels: int) -> tuple[int, ...]:
    """Return the median of the pixels at the border, one value for each channel."""
    most = max(image.shape[-1] for image in sample)  # gray ones among coloured get three channels
    alike = [
        image if image.shape[-1] == most else np.repeat(image, most, axis=-1) for image in sample
    ]
    frame = Frame(size=sample[0].shape[:2], channels=channels, resize="stretch")
    images = frame.render_all(np.stack(alike))
    border = np.concatenate(
        [images[:, [0, -1]].reshape(-1, channels), images[:, :, [0, -1]].reshape(-1, channels)]
    )
    return tuple(int(value) for value in np.median(border, axis=0))
