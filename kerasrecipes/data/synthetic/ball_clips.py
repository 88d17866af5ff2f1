"""Drawn clips of bouncing balls, with the sound of each impact.

A ball falls, and is thrown back by the floor and the walls. Each impact rings: the smaller the
ball, the higher; the faster, the louder. A ball sounds in the frame in which it turns, and near the
floor it is often without a sound, so that a network has to see motion, and not a place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.video.foley import RATE, Clip, ClipExamples
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

FPS, SIZE, SECONDS = 25, 32, 2
_COUNT, _SEED = 500, 14
_GRAVITY = 60.0  # pixels a second, a second
_STEPS = 8  # of motion, to a frame
_LEAST_SPEED = 4.0  # pixels a second, of an impact that is heard


@dataclass(frozen=True)
class BouncingBalls(SyntheticSource):
    """Drawn clips of bouncing balls with their sound."""

    summary: str = f"{_COUNT} drawn clips of {SECONDS} s in which balls bounce and are heard"

    def load(self, request: Request) -> Splits:
        """Draw the clips, the same each time, and divide them by the seed."""
        random = np.random.default_rng(_SEED)
        examples = ClipExamples([clip(random)[0] for _ in range(_COUNT)])
        made, _ = make_splits({"train": examples}, request)
        return replace(splits_of(made, Info()), notes=())  # that they are divided is no news


def clip(random: np.random.Generator) -> tuple[Clip, list[int]]:
    """Draw a clip.

    Args:
        random: of the balls.

    Returns:
        The clip, and the frames in which a ball hits the floor or a wall.
    """
    count = int(random.integers(1, 4))
    radius = random.uniform(1.5, 4.0, count)
    place = random.uniform(0.2, 0.8, (count, 2)) * SIZE
    place[:, 1] *= 0.6
    speed = np.stack([random.uniform(-25, 25, count), random.uniform(-10, 20, count)], axis=1)
    shade = random.uniform(0.5, 1.0, count)
    frames = np.zeros((FPS * SECONDS, SIZE, SIZE))
    sound = random.normal(0, 0.001, RATE * SECONDS)
    impacts: list[int] = []
    step = 1 / (FPS * _STEPS)
    for number in range(len(frames) * _STEPS):
        if number % _STEPS == 0:
            frames[number // _STEPS] = _drawn(place, radius, shade)
        speed[:, 1] += _GRAVITY * step
        place += speed * step
        for ball, axis, hit in _hits(place, speed, radius):
            speed[ball, axis] *= -0.85
            place[ball, axis] = np.clip(place[ball, axis], radius[ball], SIZE - radius[ball])
            if hit > _LEAST_SPEED:
                impacts.append(number // _STEPS)
                _ring(sound, number * step, radius[ball], hit)
    noisy = frames + random.normal(0, 0.02, frames.shape)
    pixels = np.round(255 * np.clip(noisy, 0, 1)).astype(np.uint8)
    return Clip(pixels, float(FPS), np.clip(sound, -1, 1).astype(np.float32)), sorted(set(impacts))


def _hits(place: np.ndarray, speed: np.ndarray, radius: np.ndarray) -> list[tuple[int, int, float]]:
    """Return which balls go through the floor or a wall, along which axis, and how fast."""
    found = []
    for ball in range(len(place)):
        for axis in (0, 1):
            low = axis == 0 and place[ball, axis] < radius[ball] and speed[ball, axis] < 0
            high = place[ball, axis] > SIZE - radius[ball] and speed[ball, axis] > 0
            if low or high:
                found.append((ball, axis, abs(float(speed[ball, axis]))))
    return found


def _drawn(place: np.ndarray, radius: np.ndarray, shade: np.ndarray) -> np.ndarray:
    """Draw balls with soft edges."""
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    frame = np.zeros((SIZE, SIZE))
    for (x, y), r, bright in zip(place, radius, shade, strict=True):
        inside = np.clip(r + 0.5 - np.hypot(columns - x, rows - y), 0, 1)
        frame = np.maximum(frame, bright * inside)
    return frame


def _ring(sound: np.ndarray, start: float, radius: float, speed: float) -> None:
    """Add the ring of a ball to a sound: three modes that fade, the higher the sooner."""
    first = round(start * RATE)
    time = np.arange(min(len(sound) - first, RATE // 4)) / RATE
    base = 2400.0 / radius
    for mode, (factor, strength) in enumerate(((1.0, 1.0), (1.58, 0.5), (2.24, 0.3))):
        if base * factor < RATE / 2:
            fading = np.exp(-time * (18 + 10 * mode))
            tone = strength * fading * np.sin(2 * np.pi * base * factor * time)
            sound[first : first + len(time)] += min(0.5, speed / 80) * tone
