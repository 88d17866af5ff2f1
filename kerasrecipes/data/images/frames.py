"""The one shape to which images of any size are brought, the same in training and prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from kerasrecipes.data.images.decoding import each


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
