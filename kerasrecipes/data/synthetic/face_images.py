"""Drawn faces: who is shown is one thing, how the photograph was taken another.

A `Person` is what stays from photograph to photograph, proportions and colours; a `Photo` is what
changes, pose, expression, light and background. Both move pixels alike, so images of one person are
often farther apart, pixel by pixel, than those of two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

SIZE = 48  # pixels
# Points of a face, on the left and right of the picture.
POINTS = (
    *("left brow outer", "left brow inner", "right brow inner", "right brow outer"),
    *("left eye outer", "left eye inner", "right eye inner", "right eye outer"),
    *("nose bridge", "nose tip", "left nostril", "right nostril"),
    *("left mouth", "upper lip", "right mouth", "lower lip"),
    *("left temple", "left jaw", "chin", "right jaw", "right temple"),
)

_FINE = 2  # drawn larger by this, and reduced, for smooth edges
_DEPTH = 0.5  # of a face, in halves of its height: how far a turn moves its middle


@dataclass(frozen=True, kw_only=True)
class Person:
    """Proportions, in halves of a face's height, and colours, from 0 to 255.

    Args:
        width: half of the widest place.
        jaw: width of the jaw, as a share of that.
        eye_distance: from the middle to an eye.
        eye_size: half of an eye's width.
        eye_height: of the eyes below the middle.
        brow_height: of the brows above the eyes.
        brow_thickness: of the brows.
        brow_tilt: by which their outer ends are higher.
        nose_length: from the eyes down.
        nose_width: half of it.
        mouth_width: half of it.
        mouth_height: of the mouth below the middle.
        lips: half of their thickness.
        hairline: of the hair above the middle.
        hair_length: how far hair reaches down beside the face; below -0.3 it is short.
        beard: share of black in the lower face.
        lines: depth of wrinkles, from 0 to 1.
        skin: its colour.
        hair: its colour.
        mouth: colour of the lips.
    """

    width: float
    jaw: float
    eye_distance: float
    eye_size: float
    eye_height: float
    brow_height: float
    brow_thickness: float
    brow_tilt: float
    nose_length: float
    nose_width: float
    mouth_width: float
    mouth_height: float
    lips: float
    hairline: float
    hair_length: float
    beard: float
    lines: float
    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    mouth: tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Photo:
    """What differs from photograph to photograph of a person.

    Args:
        yaw: turn to the side, in radians.
        roll: turn in the picture's plane, in radians.
        scale: half of the face's height, as a share of the picture's.
        shift: of the face's middle, as shares of the picture.
        smile: by which the corners of the mouth are higher.
        opening: of the mouth.
        lids: how far eyes are open; 1 as usual.
        frown: by which the inner ends of the brows are lower.
        raised: by which brows are higher.
        light: brightness at the left, right, top and bottom edge; 1 as usual.
        glasses: whether glasses are worn.
        backdrop: two colours of the background, above and below.
    """

    yaw: float = 0.0
    roll: float = 0.0
    scale: float = 0.34
    shift: tuple[float, float] = (0.0, 0.0)
    smile: float = 0.0
    opening: float = 0.0
    lids: float = 1.0
    frown: float = 0.0
    raised: float = 0.0
    light: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    glasses: bool = False
    backdrop: tuple[tuple[int, int, int], tuple[int, int, int]] = ((120,) * 3, (90,) * 3)


def person(random: np.random.Generator) -> Person:
    """Draw a person.

    Args:
        random: decides all proportions and colours, each by itself.

    Returns:
        Somebody who need not look like anyone else.
    """
    u = random.uniform
    tan, dark = u(0.35, 1.0), u(0.15, 0.75)
    return Person(
        width=u(0.6, 0.82),
        jaw=u(0.55, 0.95),
        eye_distance=u(0.26, 0.38),
        eye_size=u(0.1, 0.16),
        eye_height=u(-0.2, -0.02),
        brow_height=u(0.15, 0.28),
        brow_thickness=u(0.03, 0.09),
        brow_tilt=u(-0.06, 0.1),
        nose_length=u(0.26, 0.46),
        nose_width=u(0.08, 0.17),
        mouth_width=u(0.2, 0.36),
        mouth_height=u(0.5, 0.64),
        lips=u(0.03, 0.08),
        hairline=u(0.42, 0.74),
        hair_length=float(random.choice([-0.5, u(-0.2, 1.0)])),
        beard=float(random.choice([0.0, 0.0, u(0.2, 0.7)])),
        lines=u(0.0, 0.5),
        skin=_shade((238, 196, 165), tan),
        hair=_shade((205, 160, 110), dark),
        mouth=_shade((205, 90, 95), u(0.6, 1.0)),
    )


def photo(random: np.random.Generator, turn: float = 0.35) -> Photo:
    """Draw how a photograph is taken.

    Args:
        random: decides pose, expression, light and background.
        turn: largest turn to either side, in radians.

    Returns:
        A photograph yet to be taken, of anyone.
    """
    u = random.uniform
    light = [u(0.55, 1.2) for _ in range(4)]
    return Photo(
        yaw=u(-turn, turn),
        roll=u(-0.2, 0.2),
        scale=u(0.29, 0.37),
        shift=(u(-0.07, 0.07), u(-0.07, 0.07)),
        smile=u(-0.06, 0.12),
        opening=max(0.0, u(-0.1, 0.12)),
        lids=u(0.35, 1.2),
        frown=u(-0.05, 0.07),
        raised=u(-0.03, 0.06),
        light=(light[0], light[1], light[2], light[3]),
        glasses=bool(random.random() < 0.15),
        backdrop=(_any(random), _any(random)),
    )


def face(
    random: np.random.Generator, person: Person, photo: Photo
) -> tuple[np.ndarray, np.ndarray]:
    """Draw a face.

    Args:
        random: of the noise.
        person: who it is.
        photo: how it is taken.

    Returns:
        `(48, 48, 3)` uint8, and `(21, 2)` float32: `POINTS` in pixels, from the left and above.
    """
    side = SIZE * _FINE
    canvas = Image.new("RGB", (side, side), photo.backdrop[0])
    draw = ImageDraw.Draw(canvas)
    ground = side * 0.8 * photo.light[0]
    draw.rectangle((0, ground, side, side), fill=photo.backdrop[1])
    pen = _Pen(draw, person, photo, side)
    _head(pen)
    _features(pen)
    if photo.glasses:
        for sign in (-1, 1):
            pen.ring(sign * person.eye_distance, person.eye_height, 0.2)
    pixels: Any = np.asarray(canvas.resize((SIZE, SIZE), Image.Resampling.BOX), np.float32)
    left, right, top, bottom = photo.light
    across = np.linspace(left, right, SIZE)[None, :, None]
    down = np.linspace(top, bottom, SIZE)[:, None, None]
    pixels = pixels * across * down + random.normal(0, 6, pixels.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8), pen.points() / _FINE


class _Pen:
    """Draws in a face's own coordinates: halves of its height from its middle, right and down."""

    def __init__(self, draw: Any, person: Person, photo: Photo, side: int):
        self.draw, self.person, self.photo = draw, person, photo
        cos, sin = np.cos(photo.roll), np.sin(photo.roll)
        self.turn = np.array([[cos, sin], [-sin, cos]]) * photo.scale * side
        self.middle = side * (0.5 + np.array(photo.shift))
        self.aside = np.cos(photo.yaw), np.sin(photo.yaw)

    def at(self, places: Any, flat: bool = False) -> np.ndarray:
        """Return pixels of places, `(points, 2)`; those of the outline lie `flat` at its depth."""
        seen = np.array(places, float)
        x = seen[:, 0]
        depth = 0.0 if flat else np.sqrt(np.maximum(1 - (x / self.person.width) ** 2, 0))
        seen[:, 0] = x * self.aside[0] + _DEPTH * depth * self.aside[1]
        return seen @ self.turn + self.middle

    def fill(self, places: Any, colour: Any, flat: bool = False) -> None:
        self.draw.polygon(self.at(places, flat).ravel().tolist(), fill=_bytes(colour))

    def line(self, places: Any, colour: Any, thickness: float) -> None:
        width = max(1, round(thickness * self.turn[0, 0]))
        self.draw.line(
            self.at(places).ravel().tolist(), fill=_bytes(colour), width=width, joint="curve"
        )

    def ring(self, x: float, y: float, radius: float) -> None:
        self.line(_oval(x, y, radius, radius * 0.8), (25, 25, 25), 0.035)

    def brow(self, sign: int) -> np.ndarray:
        """Return the outer and the inner end of a brow, `(2, 2)`."""
        p, photo = self.person, self.photo
        high = p.eye_height - p.brow_height - photo.raised
        outer = (sign * (p.eye_distance + 1.3 * p.eye_size), high - p.brow_tilt)
        inner = (sign * (p.eye_distance - 1.1 * p.eye_size), high + photo.frown)
        return np.array([outer, inner])

    def eye(self, sign: int) -> np.ndarray:
        """Return the outer and the inner corner of an eye, `(2, 2)`."""
        p = self.person
        x, wide = sign * p.eye_distance, sign * p.eye_size
        return np.array([(x + wide, p.eye_height), (x - wide, p.eye_height)])

    def nose(self) -> np.ndarray:
        """Return bridge, tip, left and right wing, `(4, 2)`."""
        p = self.person
        tip = p.eye_height + p.nose_length
        return np.array(
            [(0, p.eye_height), (0, tip), (-p.nose_width, tip - 0.03), (p.nose_width, tip - 0.03)]
        )

    def mouth(self) -> np.ndarray:
        """Return left corner, upper lip, right corner, lower lip, `(4, 2)`."""
        p, photo = self.person, self.photo
        wide, y = p.mouth_width * (1 + photo.smile), p.mouth_height
        return np.array(
            [
                (-wide, y - photo.smile),
                (0, y - p.lips - photo.opening / 2),
                (wide, y - photo.smile),
                (0, y + p.lips + photo.opening / 2 + photo.smile / 2),
            ]
        )

    def outline(self) -> np.ndarray:
        """Return the face from the left temple over the chin to the right one, `(13, 2)`."""
        p = self.person
        angle = np.linspace(np.pi, 0, 13)
        y = np.sin(angle)
        x = np.cos(angle) * p.width * (1 - (1 - p.jaw) * np.clip(2 * y - 0.6, 0, 1) * 0.6)
        return np.stack([x, y], axis=1)

    def points(self) -> np.ndarray:
        """Return `POINTS` in pixels of the drawing, `(21, 2)`."""
        inside = [
            *self.brow(-1),
            *self.brow(1)[::-1],
            *self.eye(-1),
            *self.eye(1)[::-1],
            *self.nose(),
            *self.mouth(),
        ]
        edge = self.outline()[[1, 4, 6, 8, 11]]
        return np.concatenate([self.at(inside), self.at(edge, flat=True)]).astype(np.float32)


def _head(pen: _Pen) -> None:
    """Draw neck, hair behind, face and hair in front."""
    p = pen.person
    pen.fill(
        [(-0.32, 0.6), (0.32, 0.6), (0.36, 1.9), (-0.36, 1.9)], np.array(p.skin) * 0.8, flat=True
    )
    long = p.hair_length > -0.3
    wide = p.width + (0.16 if long else 0.05)
    behind = _oval(0, -0.1, wide, 1.08, 180, 360)
    if long:
        low = p.hair_length
        behind = np.concatenate([behind, [(wide, low), (-wide, low)]])
    pen.fill(behind, p.hair, flat=True)
    skull = _oval(0, 0, p.width, 0.95, 180, 360)
    outline = pen.outline()
    pen.fill(np.concatenate([skull, outline[::-1]]), p.skin, flat=True)
    if p.beard:
        shade = np.array(p.skin) * (1 - p.beard) + np.array(p.hair) * 0.5 * p.beard
        lower = outline[(outline[:, 1] > 0.45)]
        pen.fill(np.concatenate([lower, [(0.2, 0.42), (-0.2, 0.42)]]), shade, flat=True)
    front = _oval(0, -0.1, p.width + 0.03, 1.0, 200, 340)
    edge = [(0.75 * p.width, -p.hairline + 0.12), (0, -p.hairline), (-0.75 * p.width, -p.hairline)]
    pen.fill(np.concatenate([front, edge]), p.hair, flat=True)


def _features(pen: _Pen) -> None:
    """Draw brows, eyes, nose, mouth and wrinkles."""
    p, photo = pen.person, pen.photo
    shadow = np.array(p.skin) * 0.68
    for sign in (-1, 1):
        pen.line(pen.brow(sign), np.array(p.hair) * 0.75, p.brow_thickness)
        x, y, high = sign * p.eye_distance, p.eye_height, 0.55 * p.eye_size * photo.lids
        pen.fill(_oval(x, y, p.eye_size, high), (245, 245, 245))
        pen.fill(_oval(x, y, min(0.5 * p.eye_size, high * 1.2), high), (40, 30, 30))
        pen.line(_oval(x, y, p.eye_size, high, 180, 360), (50, 35, 30), 0.03)
    bridge, tip, left, right = pen.nose()
    begin, end = (0.4 * p.nose_width, bridge[1] + 0.1), (0, tip[1] + 0.04)
    pen.line([begin, right, end, left], shadow, 0.035)
    corner, upper, other, lower = pen.mouth()
    above = [0.6 * upper + 0.4 * corner, upper, 0.6 * upper + 0.4 * other]
    below = [0.7 * lower + 0.3 * other, lower, 0.7 * lower + 0.3 * corner]
    pen.fill([corner, *above, other, *below], p.mouth)
    if photo.opening > 0.02:
        y, wide = (upper[1] + lower[1]) / 2, 0.6 * p.mouth_width
        pen.fill(_oval(0, y, wide, photo.opening / 2), (60, 20, 25))
    else:
        pen.line([corner, (0, (upper[1] + lower[1]) / 2), other], np.array(p.mouth) * 0.6, 0.02)
    _wrinkles(pen)


def _wrinkles(pen: _Pen) -> None:
    p = pen.person
    if p.lines < 0.1:
        return
    ink = np.array(p.skin) * (1 - 0.35 * p.lines)
    top = p.eye_height - p.brow_height - 0.12
    for row in range(2):
        pen.line([(-0.3, top - 0.1 * row), (0.3, top - 0.1 * row)], ink, 0.025)
    for sign in (-1, 1):
        begin = (sign * (p.nose_width + 0.05), p.mouth_height - 0.2)
        end = (sign * (p.mouth_width + 0.05), p.mouth_height + 0.02)
        pen.line([begin, end], ink, 0.03)
        eye = sign * (p.eye_distance + p.eye_size)
        pen.line([(eye, p.eye_height + 0.09), (eye - sign * 0.2, p.eye_height + 0.16)], ink, 0.025)


def _oval(
    x: float, y: float, wide: float, high: float, begin: float = 0, end: float = 360
) -> np.ndarray:
    return _arc(begin, end) * (wide, high) + (x, y)


@cache
def _arc(begin: float, end: float) -> np.ndarray:
    angle = np.radians(np.linspace(begin, end, 25))
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _shade(colour: tuple[int, int, int], share: float) -> tuple[int, int, int]:
    red, green, blue = (int(value * share) for value in colour)
    return red, green, blue


def _any(random: np.random.Generator) -> tuple[int, int, int]:
    # Half of it gray: walls are seldom bright green.
    red, green, blue = (
        int(value) for value in (random.integers(20, 235) + random.integers(20, 235, 3)) / 2
    )
    return red, green, blue


def _bytes(colour: Any) -> tuple[int, ...]:
    return tuple(min(max(int(value), 0), 255) for value in colour)
