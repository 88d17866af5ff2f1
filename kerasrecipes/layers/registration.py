"""Registered names of layers, which are part of the file format of saved models."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import keras

Class = TypeVar("Class", bound=type)


def register(old_name: str) -> Callable[[Class], Class]:
    """Register a renamed class under its new name, and load files that know it by its old one.

    Keras finds a layer's class by its registered name, but its weights within a `.keras` file by
    the name of its class. So the old name is given to a subclass, empty but for that name: layers
    of old files are of it, and find their weights where they were written.

    Args:
        old_name: name of the class in files of earlier versions.

    Returns:
        A decorator of the class, in place of `keras.saving.register_keras_serializable`.
    """

    def decorate(cls: Class) -> Class:
        documented = {"__doc__": f"`{cls.__name__}` in files of earlier versions."}
        alias = type(old_name, (cls,), {"__module__": cls.__module__, **documented})
        for each in (cls, alias):
            keras.saving.register_keras_serializable(package="kerasrecipes")(each)
        return cls

    return decorate
