"""Images as users have them: files of any format, mode, orientation and size."""

from __future__ import annotations

import functools
import io
import os
import struct
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageOps

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.files import open_regular
from kerasrecipes.errors import UserError

SUFFIXES = (
    ".avif",
    ".bmp",
    ".dib",
    ".gif",
    ".jfif",
    ".jp2",
    ".jpe",
    ".jpeg",
    ".jpg",
    ".pbm",
    ".pgm",
    ".png",
    ".pnm",
    ".ppm",
    ".tga",
    ".tif",
    ".tiff",
    ".webp",
)

# Pillow refuses twice as many pixels as it warns of; the refusal stays, the warning helps nobody.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)

# What Pillow raises for a broken file depends on its format; all of it means unreadable.
_FAILURES = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    EOFError,
    KeyError,
    IndexError,
    struct.error,
    OverflowError,
    MemoryError,
    Image.DecompressionBombError,
)


@functools.cache
def workers() -> ThreadPoolExecutor:
    """Return the threads that decode images; Pillow releases the lock, so they run in parallel."""
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="images")


def each(function: Callable[[int], Any], count: int, side: int) -> list[Any]:
    """Apply a function to the indices of images, in threads where they are large enough to gain by
    it.

    Args:
        function: from an image's index to a result.
        count: number of images.
        side: of the images in pixels, roughly.

    Returns:
        The results in the order of the indices.
    """
    return (
        [function(number) for number in range(count)]
        if side < 64
        else list(workers().map(function, range(count)))
    )


def is_image(path: Path) -> bool:
    """Return whether a file is an image, by its name."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def decode(
    source: str | Path | bytes, at_least: int | None = None, name: str | None = None
) -> Image.Image:
    """Read an image of any kind as gray or colour.

    The first frame of an animation counts, turned as its EXIF entry says; transparency lies on
    white; more than 8 bits are scaled to 8.

    Args:
        source: a file, or the content of one.
        at_least: side in pixels that suffices, so that a large photograph is read the faster.
        name: what to call it in an error.

    Returns:
        An image of mode `L` or `RGB`.

    Raises:
        UserError: if it cannot be read as an image.
    """
    name = name or (str(source) if isinstance(source, (str, Path)) else "the image")
    try:
        with (
            io.BytesIO(source) if isinstance(source, bytes) else open_regular(source) as file,
            Image.open(file) as image,
        ):
            if at_least and image.format == "JPEG":
                # JPEG decodes to a half, a quarter or an eighth, never below the side asked for.
                image.draft(None, (at_least, at_least))
            image.load()
            return _flat(ImageOps.exif_transpose(image))
    except _FAILURES as error:
        raise UserError(f"{name} cannot be read as an image: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, Image.UnidentifiedImageError):
        return "its content is not a known image format"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _flat(image: Image.Image) -> Image.Image:
    """Convert an image of any mode to `L` or `RGB`."""
    if image.mode in ("L", "RGB"):
        return image.copy()
    if image.mode == "1":
        return image.convert("L")
    # A mode such as I;16 names its bits; I and F do not.
    if image.mode.startswith("I") or image.mode == "F":
        # NaN has no defined value as a byte.
        values = np.nan_to_num(np.asarray(image, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
        largest = float(values.max(initial=0))
        # Elsewhere white is told by the range that the largest suggests: 1 in fractions, 255 in 8
        # bits of a wider type, 65535 in 16.
        likely = next((top for top in (1, 255, 65535) if largest <= top), largest)
        white = 65535 if ";16" in image.mode else likely
        return Image.fromarray(np.clip(np.rint(values * (255 / white)), 0, 255).astype(np.uint8))
    # A small `a` in the mode, as in RGBa, is alpha by which colours are multiplied already.
    if "A" in image.getbands() or "a" in image.mode or "transparency" in image.info:
        colour = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(paper, colour).convert("L" if image.mode == "LA" else "RGB")
    return image.convert("RGB")


def check(path: str) -> tuple[str | None, tuple[int, int]]:
    """Return what is wrong with an image file, or `None`, and its `(height, width)`; mostly without
    decoding it.

    Checksums and structure are verified where the format has them. A JPEG that ends as it should is
    taken as whole; of other formats without checksums the pixels are read.
    """
    try:
        with Image.open(path) as image:
            size, kind = (image.height, image.width), image.format
            image.verify()
        if kind != "PNG" and not (kind == "JPEG" and _jpeg_ends(path)):
            decode(path)
    except UserError as error:
        return str(error).split(" cannot be read as an image: ")[-1], (0, 0)
    except _FAILURES as error:
        return _reason(error), (0, 0)
    return None, size


def _jpeg_ends(path: str) -> bool:
    with open(path, "rb") as file:
        file.seek(-min(64, os.path.getsize(path)), os.SEEK_END)
        # FF D9 marks the end; some files have a few bytes after it.
        return b"\xff\xd9" in file.read()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Resizing of images to the one shape that a model takes, the same in training and prediction.

    Args:
        size: `(height, width)` in pixels.
        channels: 1 for gray, 3 for colour.
        resize: `pad` centres on the background, `stretch` resizes, `crop` resizes the shorter side
            and takes the centre.
        source: `(height, width)` that all training images had, to which others are brought first.
        background: gray value or colour around the image for `pad`, 0 to 255.
    """

    size: tuple[int, int]
    channels: int
    resize: Literal["pad", "stretch", "crop"]
    source: tuple[int, int] | None = None
    background: tuple[int, ...] = (0,)

    @property
    def mode(self) -> str:
        """Pillow's name for the number of channels."""
        return "L" if self.channels == 1 else "RGB"

    @property
    def enough(self) -> int:
        """Side in pixels from which a reduction still looks the same as from the full image."""
        return 2 * max(self.source or self.size)

    def render(self, image: Image.Image) -> np.ndarray:
        """Resize one image to `(height, width, channels)` of uint8."""
        image = image.convert(self.mode)
        height, width = self.source or self.size
        if self.resize == "crop" or (self.source and image.size != (width, height)):
            image = cover(image, (height, width))
        return self.from_source(image)

    def from_source(self, image: Image.Image) -> np.ndarray:
        """Resize one image of the size of the training images to `(height, width, channels)`."""
        height, width = self.size
        if self.resize == "pad":
            paper = Image.new(
                self.mode,
                (width, height),
                self.background if self.channels > 1 else self.background[0],
            )
            paper.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
            image = paper
        elif image.size != (width, height):
            # A gap of 3 is fast, and by Pillow's documentation close to full resampling.
            image = image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0)
        return np.asarray(image).reshape(height, width, self.channels)

    def render_all(self, images: np.ndarray) -> np.ndarray:
        """Resize images, `(examples, height, width, channels)` of uint8."""
        if images.shape[-1] == 3 and self.channels == 1:
            # Pillow weighs the colours, as it does for single images.
            return self._one_by_one(images)
        if images.shape[-1] != self.channels:
            images = np.repeat(images, self.channels, axis=-1)
        if images.shape[1:3] == self.size:
            return images
        if self.resize != "pad":
            return self._one_by_one(images)
        top, left = ((s - n) // 2 for s, n in zip(self.size, images.shape[1:3], strict=True))
        framed = np.empty((len(images), *self.size, self.channels), np.uint8)
        framed[:] = self.background
        framed[:, top : top + images.shape[1], left : left + images.shape[2]] = images
        return framed

    def _one_by_one(self, images: np.ndarray) -> np.ndarray:
        framed = np.empty((len(images), *self.size, self.channels), np.uint8)

        def render(number: int) -> None:
            framed[number] = self.render(as_image(images[number]))

        each(render, len(images), max(*self.size, *images.shape[1:3]))
        return framed


def as_image(pixels: np.ndarray) -> Image.Image:
    """Return the Pillow image of `(height, width, 1 or 3)` of uint8."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def cover(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resize an image by its shorter side and crop it to the centre.

    Args:
        image: of any size.
        size: `(height, width)` in pixels to fill.

    Returns:
        An image of exactly this size, in the mode of the given one.
    """
    height, width = size
    scale = min(image.width / width, image.height / height)
    box_width, box_height = width * scale, height * scale
    left, top = (image.width - box_width) / 2, (image.height - box_height) / 2
    # Rounding may put an edge a hair outside the image, which Pillow refuses.
    right, bottom = min(left + box_width, image.width), min(top + box_height, image.height)
    box = (max(left, 0.0), max(top, 0.0), right, bottom)
    return image.resize((width, height), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0)


class ImageFiles(Examples):
    """Examples that are decoded from image files when they are taken.

    Args:
        files: paths, or contents of files, all that there are.
        labels: `(files,)`, class indices.
        frame: how images are resized; `None` as long as that is not known.
        indices: which of the files these examples are; by default all, in order.
    """

    def __init__(
        self,
        files: Sequence[str | bytes],
        labels: np.ndarray,
        frame: Frame | None = None,
        indices: np.ndarray | None = None,
    ):
        self.files, self.labels, self.frame = files, labels, frame
        self.indices = np.arange(len(files)) if indices is None else indices

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def y(self) -> np.ndarray:
        """Class index of each example."""
        return self.labels[self.indices]

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

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
        return pixels, self.y[indices]

    def _frame(self) -> Frame:
        if self.frame is None:
            raise UserError(
                "images of different sizes have no common shape yet; "
                "call `prepare_images` in the recipe's `prepare`"
            )
        return self.frame

    def select(self, indices: np.ndarray) -> ImageFiles:
        """Return a collection of only the examples at these indices."""
        return ImageFiles(self.files, self.labels, self.frame, self.indices[indices])

    def framed(self, frame: Frame) -> ImageFiles:
        """Return a collection whose images are brought to a shape."""
        return ImageFiles(self.files, self.labels, frame, self.indices)

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
        # Selection by a mask copies, which is avoided where all can be read.
        examples = Arrays(pixels, self.y) if whole.all() else Arrays(pixels[whole], self.y[whole])
        return examples, [problem for problem in problems if problem]


Images = Arrays | ImageFiles
