"""What images suffer: noise, blur, compression, pixels that are missing, and fewer pixels."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from PIL import Image

from kerasrecipes.ranges import Range

Damage = Literal["noise", "blur", "jpeg", "masking"]
Quality = Annotated[int, Range(minimum=1, maximum=95)]  # of JPEG
Scale = Annotated[int, Range(minimum=2, maximum=4)]  # of super-resolution


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """One kind of damage to a plane of bytes, and its strength.

    Args:
        kind: `"noise"` is Gaussian, `"blur"` a Gaussian filter, `"jpeg"` compression, `"masking"`
            sets pixels to 0, `"reduction"` is a bicubic reduction to fewer pixels, and `"given"` is
            what the user's own damaged images have.
        strength: of noise the standard deviation in levels of brightness, of blur in pixels, of
            JPEG the quality, of masking the share of the pixels; of a reduction the factor.
    """

    kind: Literal["noise", "blur", "jpeg", "masking", "reduction", "given"]
    strength: float

    @property
    def scale(self) -> int:
        """Height and width of an image over those of a degraded one."""
        return int(self.strength) if self.kind == "reduction" else 1

    @property
    def spares_colour(self) -> bool:
        """Whether eyes notice what is lost in the brightness alone, so that it alone is restored;
        else each of the three colours is.
        """
        return self.kind in ("reduction", "jpeg")

    @property
    def border(self) -> int:
        """Pixels at each edge that published protocols do not count."""
        return self.scale if self.kind == "reduction" else 0

    def cropped(self, plane: np.ndarray) -> np.ndarray:
        """Return the part of a plane whose sides the scale divides, `(height, width)`."""
        rows, columns = (side - side % self.scale for side in plane.shape)
        return plane[:rows, :columns]

    def fixed(self, plane: np.ndarray) -> np.ndarray:
        """Degrade a plane by what is the same each time.

        Args:
            plane: `(height, width)` uint8, sides that the scale divides.

        Returns:
            `(height / scale, width / scale)` uint8.
        """
        if self.kind == "reduction":
            rows, columns = (side // self.scale for side in plane.shape)
            image = Image.fromarray(np.ascontiguousarray(plane))
            return np.asarray(image.resize((columns, rows), Image.Resampling.BICUBIC))
        if self.kind == "blur":
            from scipy.ndimage import gaussian_filter

            blurred = gaussian_filter(plane.astype(np.float32), self.strength, mode="reflect")
            return np.rint(blurred).astype(np.uint8)
        if self.kind == "jpeg":
            file = io.BytesIO()
            Image.fromarray(np.ascontiguousarray(plane)).save(
                file, "JPEG", quality=int(self.strength)
            )
            return np.asarray(Image.open(file))
        return plane

    def drawn(self, plane: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Degrade a plane by what is drawn anew each time, after `fixed`.

        Args:
            plane: `(height, width)` uint8.
            random: decides the noise, or which pixels are missing.

        Returns:
            The same shape, uint8.
        """
        if self.kind == "noise":
            noisy = plane + random.normal(0, self.strength, plane.shape)
            return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
        if self.kind == "masking":
            return np.where(random.random(plane.shape) < self.strength, 0, plane).astype(np.uint8)
        return plane


def enlarged(plane: np.ndarray, scale: int) -> np.ndarray:
    """Enlarge a plane by bicubic interpolation.

    Args:
        plane: `(height, width)` uint8.
        scale: factor of both sides; with 1 it stays as it is.

    Returns:
        `(height * scale, width * scale)` uint8.
    """
    if scale == 1:
        return plane
    size = (plane.shape[1] * scale, plane.shape[0] * scale)
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC))
