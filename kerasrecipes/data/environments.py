"""Environments: data that comes into being while an agent acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.environments.cart_pole import CartPole
from kerasrecipes.environments.environment import Environment
from kerasrecipes.environments.gridworld import GridWorld
from kerasrecipes.environments.gymnasium_worlds import INSTALL, NAME, GymnasiumWorld, installed
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits


@dataclass(frozen=True)
class EnvironmentSource(SyntheticSource):
    """Source of an environment, in which an agent learns by a loop of its recipe's own.

    Args:
        summary: what the agent is to do in it, in a line.
        make: makes the environment; the recipe's loop and scores know how to act in it.
        info: metadata for the builder: `input_shape` of an observation, `classes` of the actions.
    """

    summary: str
    make: Callable[[], Any]
    info: Info

    def load(self, request: Request) -> Splits:
        """Make the environment; its splits hold no examples."""
        shape = self.info.input_shape or ()
        # Three of them, for the metrics of an epoch are those of the validation split alone.
        train, validation, test = (Arrays(np.zeros((0, *shape))) for _ in range(3))
        return Splits(
            train=train,
            validation=validation,
            test=test,
            info=self.info,
            environment=self.make(),
        )


@dataclass(frozen=True)
class WorldSource(SyntheticSource):
    """Source of one of the package's own environments.

    Args:
        summary: what an agent is to do in it, in a line.
        draw: makes the environment by the seed of the data, which draws its map where it has one.
    """

    summary: str
    draw: Callable[[int], Environment]

    def load(self, request: Request) -> Splits:
        """Make the environment; its splits hold no examples."""
        return _splits(self.draw(request.seed))


@dataclass(frozen=True)
class GymnasiumSource(SyntheticSource):
    """Source of environments of gymnasium, one by its name or any that is named.

    Args:
        name: of the environment; without one any name that gymnasium has is a `--data`.
        summary: what an agent is to do in it, in a line.
    """

    name: str = ""
    summary: str = "an environment of gymnasium by its name, such as MountainCar-v0"

    def names(self, data: str) -> bool:
        """Return whether `--data` is the name of an environment, though it is no source's name."""
        return not self.name and NAME.fullmatch(data) is not None

    def reachable(self) -> str | None:
        """Return why it cannot be loaded here, or `None`."""
        if not installed():
            return f"it needs gymnasium: {INSTALL}"
        return None if self.name else "needs a name: --data MountainCar-v0"

    def load(self, request: Request) -> Splits:
        """Make the environment; its splits hold no examples.

        Raises:
            UserError: if there is no such environment, or no agent of the package's can act in it.
        """
        if not (self.name or request.path):
            raise UserError("name an environment of gymnasium: --data MountainCar-v0")
        return _splits(GymnasiumWorld(self.name or str(request.path)))


def _splits(environment: Environment) -> Splits:
    shape = environment.shape
    info = Info(input_shape=shape, classes=tuple(environment.actions))
    train, validation, test = (Arrays(np.zeros((0, *shape))) for _ in range(3))
    return Splits(train=train, validation=validation, test=test, info=info, environment=environment)


def gridworld() -> WorldSource:
    """Return the source of a world of cells that is drawn by seed."""
    summary = "a drawn world with ice and pits: fetch the key, then find the door"
    return WorldSource(summary, lambda seed: GridWorld.drawn(seed=seed))


def cart_pole() -> WorldSource:
    """Return the source of the pole on a cart."""
    return WorldSource("a pole on a cart, to be balanced for 500 moves", lambda seed: CartPole())
