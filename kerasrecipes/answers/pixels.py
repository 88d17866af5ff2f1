"""Answers in pixels: images, and masks, boxes and points that lie over one."""

from __future__ import annotations

import io
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from kerasrecipes.answers import markup
from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Chance, listed
from kerasrecipes.data.images.colour_spaces import PALETTE
from kerasrecipes.metrics.names import duration

_STILLS = 8  # frames of a film that its picture has
_SEEN = 64  # pixels of a side from which on an image can be looked at
_LARGEST = 2048  # pixels of a grid's side up to which its images are enlarged


class _Picture(Answer):
    """An answer that can be looked at."""

    @abstractmethod
    def picture(self) -> np.ndarray:
        """Return the answer's picture, `(height, width, 1 or 3)`, uint8."""

    def shown(self) -> str:
        """Show the picture and what the model found."""
        pixels = self.picture()
        return f"{markup.image(encoded(pixels, 'PNG'), pixels.shape[1])}<br>{super().shown()}"

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return the writers of PNG, JPEG and JSON."""
        jpeg = dict.fromkeys((".jpg", ".jpeg"), lambda: encoded(self.picture(), "JPEG"))
        return {".png": lambda: encoded(self.picture(), "PNG"), **jpeg, **super().files()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Image(_Picture):
    """An image that the model made.

    Args:
        image: `(height, width)` or `(height, width, 1 or 3)`, uint8.
    """

    kind: ClassVar[str] = "image"

    image: np.ndarray

    def __post_init__(self) -> None:
        """Refuse what is not an image."""
        channels = self.image.shape[2] if self.image.ndim == 3 else 1
        if self.image.ndim not in (2, 3) or channels not in (1, 3) or self.image.dtype != np.uint8:
            raise ValueError(
                "an image is (height, width), or (height, width, 1 or 3), uint8; received "
                f"{self.image.shape}, {self.image.dtype}"
            )

    def said(self, top: int = 1) -> str:
        """Say its size."""
        height, width = self.image.shape[:2]
        return f"image of {width} × {height} pixels"

    def picture(self) -> np.ndarray:
        """Return the image, `(height, width, 1 or 3)`."""
        return np.atleast_3d(self.image)


@dataclass(frozen=True, kw_only=True, eq=False)
class Film(_Picture):
    """Pictures that follow one another.

    Args:
        frames: `(frames, height, width, 3)`, uint8.
        rate: frames a second.
    """

    kind: ClassVar[str] = "film"

    frames: np.ndarray
    rate: float = 12.0

    def __post_init__(self) -> None:
        """Refuse what is no film."""
        shape = self.frames.shape
        if len(shape) != 4 or shape[3] != 3 or not shape[0] or self.frames.dtype != np.uint8:
            raise ValueError(
                f"a film is (frames, height, width, 3), uint8; received {shape}, "
                f"{self.frames.dtype}"
            )

    def said(self, top: int = 1) -> str:
        """Say how long it is."""
        seconds = len(self.frames) / self.rate
        return f"film of {len(self.frames):,} frames, {duration(seconds)}"

    def picture(self) -> np.ndarray:
        """Return a few of its frames side by side."""
        chosen = np.unique(np.linspace(0, len(self.frames) - 1, _STILLS).astype(int))
        return mosaic(self.frames[chosen], columns=4)

    def shown(self) -> str:
        """Show it as it moves, and what the model found."""
        moving = markup.image(self._gif(), self.frames.shape[2], "gif")
        return f"{moving}<br>{Answer.shown(self)}"

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return the writers of an animated GIF, and of stills as PNG and JPEG."""
        return {".gif": self._gif, **super().files()}

    def _gif(self) -> bytes:
        from PIL import Image as Pillow

        # One palette for all frames, or colours would flicker.
        first, *others = (Pillow.fromarray(frame) for frame in self.frames)
        palette = Pillow.fromarray(self.picture()).quantize(256)
        pages = [
            page.quantize(palette=palette, dither=Pillow.Dither.NONE) for page in (first, *others)
        ]
        buffer = io.BytesIO()
        pages[0].save(
            buffer,
            "GIF",
            save_all=True,
            append_images=pages[1:],
            duration=round(1000 / self.rate),
            loop=0,
        )
        return buffer.getvalue()


@dataclass(frozen=True, kw_only=True, eq=False)
class Mask(_Picture):
    """A class for each pixel.

    Args:
        mask: `(height, width)`, class indices; the first class is the background.
        classes: names of the classes.
        image: `(height, width, 1 or 3)`, uint8, over which the mask is drawn.
        plain: whether its picture is the indices themselves, as masks to learn from have them.
    """

    kind: ClassVar[str] = "mask"

    mask: np.ndarray
    classes: Sequence[str]
    image: np.ndarray | None = None
    plain: bool | None = None

    def __post_init__(self) -> None:
        """Refuse a mask with more classes than names, or of another size than its image."""
        if self.mask.ndim != 2 or self.mask.max(initial=0) >= len(self.classes):
            raise ValueError(
                f"a mask is (height, width) with indices of {len(self.classes)} classes; received "
                f"{self.mask.shape} up to {self.mask.max(initial=0)}"
            )
        if self.image is not None and self.image.shape[:2] != self.mask.shape:
            raise ValueError(f"mask {self.mask.shape} and image {self.image.shape} differ in size")

    @property
    def shares(self) -> dict[str, float]:
        """Share of the pixels by class, without classes that are not there."""
        counts = np.bincount(self.mask.ravel(), minlength=len(self.classes))
        pairs = zip(self.classes, counts / max(1, self.mask.size), strict=True)
        return {name: float(share) for name, share in pairs if share}

    def entries(self) -> dict[str, Any]:
        """Return the entries of the mapping, the share of each class among them."""
        return {**super().entries(), "shares": self.shares}

    def said(self, top: int = 1) -> str:
        """Name the classes by the share of their pixels."""
        return listed([Chance(*item) for item in sorted(self.shares.items(), key=lambda i: -i[1])])

    def picture(self) -> np.ndarray:
        """Return the image with each class but the first tinted, or the mask alone on black, or its
        indices as gray.
        """
        if self.plain:
            return self.mask.astype(np.uint8)[..., None]
        colours = np.array([(0, 0, 0), *PALETTE], np.float32)
        flat = colours[np.where(self.mask > 0, 1 + (self.mask - 1) % len(PALETTE), 0)]
        if self.image is None:
            return flat.astype(np.uint8)
        image = _rgb(self.image).astype(np.float32)
        # The first class is the background, which keeps its pixels.
        return np.where(self.mask[..., None] > 0, 0.5 * image + 0.5 * flat, image).astype(np.uint8)


class Box(NamedTuple):
    """An object and its box, in pixels of the image from its upper left corner.

    Args:
        label: class of the object.
        probability: of the class, from 0 to 1.
        left: where it begins, from the left.
        top: where it begins, from above.
        right: where it ends, from the left.
        bottom: where it ends, from above.
    """

    label: str
    probability: float
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Boxes(_Picture):
    """Objects in an image.

    Args:
        boxes: the most probable first.
        image: `(height, width, 1 or 3)`, uint8, over which they are drawn; white by default.
    """

    kind: ClassVar[str] = "boxes"

    boxes: Sequence[Box]
    image: np.ndarray | None = None

    def said(self, top: int = 1) -> str:
        """Name the objects."""
        return listed([Chance(*box[:2]) for box in self.boxes]) or "nothing found"

    def picture(self) -> np.ndarray:
        """Return the image with a frame around each object, a colour for each class."""
        from PIL import ImageDraw, ImageFont

        canvas = _canvas(self.image, [(box.right, box.bottom) for box in self.boxes])
        draw, width = ImageDraw.Draw(canvas), max(1, round(min(canvas.size) / 100))
        labels = list(dict.fromkeys(box.label for box in self.boxes))
        # The most probable last, so that its frame lies above the others.
        for box in reversed(self.boxes):
            colour = PALETTE[labels.index(box.label) % len(PALETTE)]
            draw.rectangle(box[2:], outline=colour, width=width)
            # Above the frame, or within it at the image's upper edge.
            text, size = f"{box.label} {box.probability:.2f}", max(9, 4 * width)
            font = ImageFont.load_default(size)
            left, top = box.left, box.top - 1.4 * size if box.top > 1.4 * size else box.top
            wide = draw.textlength(text, font)
            draw.rectangle((left, top, left + wide + size * 0.4, top + 1.4 * size), fill=colour)
            draw.text((left + size * 0.2, top + size * 0.1), text, fill="white", font=font)
        return np.asarray(canvas)


class Point(NamedTuple):
    """A named point, in pixels of the image from its upper left corner.

    Args:
        name: of the point.
        x: from the left.
        y: from above.
    """

    name: str
    x: float
    y: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Points(_Picture):
    """Points in an image, such as those of a face.

    Args:
        points: in the order of the training.
        image: `(height, width, 1 or 3)`, uint8, over which they are drawn; white by default.
    """

    kind: ClassVar[str] = "points"

    points: Sequence[Point]
    image: np.ndarray | None = None

    def said(self, top: int = 1) -> str:
        """Say where the points are."""
        return ", ".join(f"{point.name} {point.x:.0f},{point.y:.0f}" for point in self.points)

    def picture(self) -> np.ndarray:
        """Return the image with a dot for each point."""
        from PIL import ImageDraw

        canvas = _canvas(self.image, [point[1:] for point in self.points])
        draw, radius = ImageDraw.Draw(canvas), max(1, round(min(canvas.size) / 100))
        for x, y in (point[1:] for point in self.points):
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=PALETTE[3])
        return np.asarray(canvas)


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Turn images of numbers from 0 to 1 into bytes.

    Args:
        images: of any shape; what lies outside of the range is brought to its ends.

    Returns:
        The same shape, uint8.
    """
    return np.rint(np.clip(np.nan_to_num(images), 0, 1) * 255).astype(np.uint8)


def mosaic(images: np.ndarray, columns: int | None = None, gap: int = 2) -> np.ndarray:
    """Lay images side by side, in rows.

    Args:
        images: `(images, height, width, 1 or 3)`, uint8.
        columns: images in a row; by default as many as rows, or one more.
        gap: white pixels between images.

    Returns:
        `(height, width, 1 or 3)`, uint8; places after the last image are white.
    """
    count, height, width, channels = images.shape
    columns = min(count, columns or int(np.ceil(np.sqrt(count))))
    rows = -(-count // columns)
    cells = np.full((rows * columns, height + gap, width + gap, channels), 255, np.uint8)
    cells[:count, :height, :width] = images
    grid = cells.reshape(rows, columns, height + gap, width + gap, channels).swapaxes(1, 2)
    whole = grid.reshape(rows * (height + gap), columns * (width + gap), channels)
    return whole[: rows * (height + gap) - gap, : columns * (width + gap) - gap]


def grid(images: np.ndarray, columns: int | None = None) -> np.ndarray:
    """Lay images side by side to be looked at: tiny ones enlarged, each pixel to a square of them.

    Args:
        images: `(images, height, width, 1 or 3)`, uint8.
        columns: images in a row; by default as many as rows, or one more.

    Returns:
        `(height, width, 1 or 3)`, uint8.
    """
    count, height, width, _ = images.shape
    across = min(count, columns or int(np.ceil(np.sqrt(count))))
    longest = max(across * width, -(-count // across) * height)
    factor = max(1, min(-(-_SEEN // max(height, width)), _LARGEST // longest))
    return mosaic(images.repeat(factor, axis=1).repeat(factor, axis=2), columns)


def encoded(pixels: np.ndarray, form: str) -> bytes:
    """Encode an image.

    Args:
        pixels: `(height, width, 1 or 3)`, uint8.
        form: of the file, `PNG` or `JPEG`.

    Returns:
        The content of the file.
    """
    from PIL import Image as Pillow

    buffer = io.BytesIO()
    Pillow.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(buffer, form)
    return buffer.getvalue()


def _canvas(image: np.ndarray | None, ends: Sequence[tuple[float, float]]) -> Any:
    """Return a Pillow image to draw on: of the image, or white and so large that it holds all."""
    from PIL import Image as Pillow

    if image is None:
        width, height = np.ceil(np.max(ends, axis=0)).astype(int) if ends else (1, 1)
        image = np.full((int(height) + 1, int(width) + 1, 3), 255, np.uint8)
    return Pillow.fromarray(_rgb(image))


def _rgb(image: np.ndarray) -> np.ndarray:
    image = np.atleast_3d(image)
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image
