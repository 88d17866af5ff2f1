"""Images as users have them, decoded: files of any format, mode and orientation."""

from __future__ import annotations

import functools
import io
import os
import struct
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

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
FAILURES = (
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
    name = name or _named(source)
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
    except FAILURES as error:
        raise UserError(f"{name} cannot be read as an image: {_reason(error)}") from error


def _named(source: str | Path | bytes) -> str:
    return str(source) if isinstance(source, (str, Path)) else "the image"


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


def size_of(source: str | bytes) -> tuple[int, int]:
    """Return the `(height, width)` of an image as `decode` gives it, from the head of its file.

    Args:
        source: a file, or the content of one.

    Raises:
        UserError: if it cannot be read as an image.
    """
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            # Turned by a quarter in EXIF, height and width change places.
            turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
            return image.size if turned else image.size[::-1]
    except FAILURES as error:
        raise UserError(f"{_named(source)} cannot be read as an image: {_reason(error)}") from error


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
    except FAILURES as error:
        return _reason(error), (0, 0)
    return None, size


def _jpeg_ends(path: str) -> bool:
    with open(path, "rb") as file:
        file.seek(-min(64, os.path.getsize(path)), os.SEEK_END)
        # FF D9 marks the end; some files have a few bytes after it.
        return b"\xff\xd9" in file.read()
