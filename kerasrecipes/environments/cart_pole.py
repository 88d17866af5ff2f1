"""A pole on a cart, to be kept upright by pushes from the left and from the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from PIL import Image, ImageDraw

from kerasrecipes.environments.environment import Environment, Episodes, Moves, chance

GRAVITY, CART, POLE = 9.8, 1.0, 0.1  # m/s², kg, kg
HALF_LENGTH, FORCE, SECONDS = 0.5, 10.0, 0.02  # m, N, s of a move
TRACK, ANGLE = 2.4, np.deg2rad(12)  # an episode ends beyond these
LIMIT = 500  # moves, each of which is worth 1

_HEIGHT, _WIDTH = 120, 240  # pixels of a picture


class CartPole(Environment):
    """Every move that the pole stands is worth 1, up to 500; friction is left out.

    An observation is the cart's place and speed, the pole's angle and its angular speed.

    Reference:
        [Neuronlike Adaptive Elements That Can Solve Difficult Learning Control
        Problems](https://doi.org/10.1109/TSMC.1983.6313077) (Barto, Sutton, Anderson, 1983)
    """

    rule: ClassVar[str] = "push to where the pole falls"

    name = "cart_pole"
    actions = ("left", "right")
    shape = (4,)

    def episodes(self, count: int) -> Balancing:
        """Make so many carts."""
        return Balancing(count)


class Balancing(Episodes):
    """Carts with poles.

    Args:
        count: number of carts.

    Attributes:
        states: `(carts, 4)`: m, m/s, rad, rad/s.
    """

    def __init__(self, count: int):
        super().__init__(count)
        self.states = np.zeros((count, 4))

    def _begin(self, slots: np.ndarray) -> None:
        draws = [chance(self.seeds[slots], number) for number in range(4)]
        self.states[slots] = 0.1 * np.stack(draws, axis=1) - 0.05

    def observe(self, slots: np.ndarray) -> np.ndarray:
        """Return places, speeds, angles and angular speeds, `(slots, 4)` float32."""
        return self.states[slots].astype(np.float32)

    def step(self, slots: np.ndarray, actions: np.ndarray) -> Moves:
        """Push for a fiftieth of a second, by Euler's method."""
        _, speed, angle, turning = self.states[slots].T
        force = np.where(actions == 1, FORCE, -FORCE)
        sine, cosine = np.sin(angle), np.cos(angle)
        mass, moment = CART + POLE, POLE * HALF_LENGTH
        # Equations of motion of the paper, without friction.
        pushed = (force + moment * turning**2 * sine) / mass
        inertia = HALF_LENGTH * (4 / 3 - POLE * cosine**2 / mass)
        falling = (GRAVITY * sine - cosine * pushed) / inertia
        moving = pushed - moment * falling * cosine / mass
        change = np.stack([speed, moving, turning, falling], axis=1)
        self.states[slots] += SECONDS * change
        self.elapsed[slots] += 1
        fallen = np.abs(self.states[slots, 0]) > TRACK
        fallen |= np.abs(self.states[slots, 2]) > ANGLE
        late = (self.elapsed[slots] >= LIMIT) & ~fallen
        return Moves(np.ones(len(slots), np.float32), fallen, late)

    def rule(self, slots: np.ndarray) -> np.ndarray:
        """Push to where the pole will be a little later."""
        _, _, angle, turning = self.states[slots].T
        return (angle + 0.2 * turning > 0).astype(np.int64)

    def picture(self, slot: int) -> np.ndarray:
        """Draw cart and pole from the side."""
        place, _, angle, _ = self.states[slot]
        image = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
        draw = ImageDraw.Draw(image)
        scale, ground = _WIDTH / (2 * TRACK + 0.4), _HEIGHT - 24
        x = _WIDTH / 2 + scale * place
        draw.line((0, ground + 10, _WIDTH, ground + 10), "#aab4be", 1)
        draw.rounded_rectangle((x - 18, ground - 8, x + 18, ground + 8), 3, "#1b2733")
        # Drawn as long as it is from end to end.
        length = 2 * HALF_LENGTH * scale * 1.4
        tip = (x + length * np.sin(angle), ground - 8 - length * np.cos(angle))
        draw.line((x, ground - 8, *tip), "#d1590b", 6)
        draw.ellipse((x - 4, ground - 12, x + 4, ground - 4), "#0b62a8")
        return np.asarray(image)

    def state(self) -> dict[str, np.ndarray]:
        """Return the carts' states, with the seeds and moves of their episodes."""
        return {"seeds": self.seeds, "elapsed": self.elapsed, "states": self.states}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from these states."""
        self.seeds, self.elapsed = arrays["seeds"], arrays["elapsed"]
        self.states = arrays["states"]
