"""Examples that are image files, decoded when they are taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.decoding import decode, workers
from kerasrecipes.data.images.frames import Frame, as_image
from kerasrecipes.errors import UserError

_NAMED = 5  # images that a note names


class ImageFiles(Examples):
    """Examples that are decoded from image files when they are taken.

    Args:
        files: paths, or contents of files, all that there are.
        labels: `(files,)`, class indices.
        frame: how images are resized; `None` as long as that is not known.
        indices: which of the files these examples are; by default all, in order.
        weights: `(files,)`, how much each counts in loss and metrics; `None` means 1.
    """

    def __init__(
        self,
        files: Sequence[str | bytes],
        labels: np.ndarray,
        frame: Frame | None = None,
        indices: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ):
        self.weights = weights
        self.files, self.labels, self.frame = files, labels, frame
        self.indices = np.arange(len(files)) if indices is None else indices

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def y(self) -> np.ndarray:
        """Class index of each example."""
        return self.labels[self.indices]

    @property
    def weight(self) -> np.ndarray | None:
        """Weight of each example, or `None`."""
        return None if self.weights is None else self.weights[self.indices]

    def image(self, number: int, at_least: int | None = None) -> Image.Image:
        """Decode one example in its own size.

        Args:
            number: index of the example, from 0.
            at_least: side in pixels that suffices, so that a large photograph is read the faster;
                by default all pixels are decoded.

        Returns:
            An image of mode `L` or `RGB`.

        Raises:
            UserError: if the file cannot be read any more.
        """
        return decode(self.files[int(self.indices[number])], at_least)

    def originals(self) -> list[np.ndarray]:
        """Decode all that can be read in their own size, each `(height, width, 1 or 3)`."""

        def read(number: int) -> np.ndarray | None:
            try:
                pixels = np.asarray(self.image(number))
            except UserError:
                return None
            return pixels[..., None] if pixels.ndim == 2 else pixels

        return [pixels for pixels in workers().map(read, range(len(self))) if pixels is not None]

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, ...]:
        """Decode a batch of the examples at these indices, in parallel.

        Raises:
            UserError: if a file cannot be read any more.
        """
        frame = self._frame()
        pixels = np.empty((len(indices), *frame.size, frame.channels), np.uint8)

        def read(place: int) -> None:
            pixels[place] = frame.render(self.image(indices[place], frame.enough))

        # `list` waits for all of them, and raises the error of the first that failed.
        list(workers().map(read, range(len(indices))))
        rest = () if self.weight is None else (self.weight[indices],)
        return pixels, self.y[indices], *rest

    def _frame(self) -> Frame:
        if self.frame is None:
            raise UserError(
                "images of different sizes have no common shape yet; "
                "call `prepare_images` in the recipe's `prepare`"
            )
        return self.frame

    def select(self, indices: np.ndarray) -> ImageFiles:
        """Return a collection of only the examples at these indices."""
        return ImageFiles(self.files, self.labels, self.frame, self.indices[indices], self.weights)

    def framed(self, frame: Frame) -> ImageFiles:
        """Return a collection whose images are brought to a shape."""
        return ImageFiles(self.files, self.labels, frame, self.indices, self.weights)

    def decoded(self) -> tuple[Arrays, list[str]]:
        """Decode all examples once; return them, and what was wrong with unreadable ones."""
        frame = self._frame()
        pixels = np.empty((len(self), *frame.size, frame.channels), np.uint8)

        def read(number: int) -> str | None:
            try:
                pixels[number] = frame.render(self.image(number, frame.enough))
            except UserError as error:
                return str(error)
            return None

        problems = list(workers().map(read, range(len(self))))
        whole = np.array([problem is None for problem in problems], bool)
        examples = Arrays(pixels, self.y, self.weight)
        # Selection copies, which is avoided where all can be read.
        if not whole.all():
            examples = examples.select(np.flatnonzero(whole))
        return examples, [problem for problem in problems if problem]


Images = Arrays | ImageFiles


def image_of(images: Images, number: int) -> Image.Image:
    """Return one image in its own size.

    Args:
        images: in memory, or files.
        number: of the image, from 0.

    Raises:
        UserError: if its file cannot be read any more.
    """
    return images.image(number) if isinstance(images, ImageFiles) else as_image(images.x[number])


def name_of(images: Images, number: int) -> str:
    """Return what to call one image in a note: the name of its file, else its number.

    Args:
        images: in memory, or files.
        number: of the image, from 0.
    """
    source = images.files[int(images.indices[number])] if isinstance(images, ImageFiles) else b""
    return source.rsplit("/", 1)[-1] if isinstance(source, str) else f"image {number}"


def skipped(names: Sequence[str], total: int, what: str) -> list[str]:
    """Return a note on images that were left out, with the first few names; none if none were.

    Args:
        names: of the images, or sentences on them.
        total: number of all images.
        what: they are, such as `images without colour`.
    """
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    told = f"skipped {len(names)} of {total} {what}: {', '.join(names[:_NAMED])}{more}"
    return [told] if names else []
