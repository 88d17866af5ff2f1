"""Environments: data that comes into being while an agent acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
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
        none = Arrays(np.zeros((0, *(self.info.input_shape or ()))))
        return Splits(
            train=none, validation=none, test=none, info=self.info, environment=self.make()
        )
