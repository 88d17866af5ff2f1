"""A model zoo and recipes package for TensorFlow and Keras 3.

    import kerasrecipes

    run = kerasrecipes.run("lenet", data="mnist", epochs=5, activation="relu")
    run.metrics["accuracy"]

Importing the package loads no framework; the first name that needs one does.
"""

from __future__ import annotations

import importlib

from kerasrecipes import backend as _backend

_backend.settle()

__version__ = "0.1.0"

_HOME = {
    "run": "kerasrecipes.api",
    "resume": "kerasrecipes.api",
    "tune": "kerasrecipes.tuning.search",
    "hypermodel": "kerasrecipes.tuning.hypermodel",
    "Tuning": "kerasrecipes.tuning.results",
    "gradcheck": "kerasrecipes.diagnosis.gradient_check",
    "load": "kerasrecipes.registry",
    "names": "kerasrecipes.registry",
    "Run": "kerasrecipes.runs.run",
    "Recipe": "kerasrecipes.recipe",
    "Training": "kerasrecipes.recipe",
    "Info": "kerasrecipes.recipe",
    "Splits": "kerasrecipes.recipe",
    "Objective": "kerasrecipes.recipe",
    "Diagnosis": "kerasrecipes.diagnosis",
    "UserError": "kerasrecipes.errors",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str):
    if name == "strategies":
        return importlib.import_module("kerasrecipes.strategies")
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'kerasrecipes' has no attribute '{name}'")


def __dir__():
    return __all__
