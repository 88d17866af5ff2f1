"""A model zoo and recipes package for TensorFlow and Keras 3.

    import kerasrecipes

    run = kerasrecipes.run("lenet", data="mnist", epochs=5, activation="relu")
    run.metrics["accuracy"]

    kerasrecipes.load("zoo/lenet").predict("digit.png").label

Importing the package loads no framework; the first name that needs one does.
"""

from __future__ import annotations

import importlib
from typing import Any

from kerasrecipes import backend as _backend
from kerasrecipes.version import __version__

_backend.settle()

_HOME = {
    "run": "kerasrecipes.api",
    "resume": "kerasrecipes.api",
    "evaluate": "kerasrecipes.api",
    "predict": "kerasrecipes.api",
    "compare": "kerasrecipes.api",
    "diagnose": "kerasrecipes.api",
    "find_learning_rate": "kerasrecipes.api",
    "export": "kerasrecipes.api",
    "tune": "kerasrecipes.tuning.search",
    "hypermodel": "kerasrecipes.tuning.hypermodel",
    "Tuning": "kerasrecipes.tuning.results",
    "gradcheck": "kerasrecipes.diagnosis.gradient_check",
    "load": "kerasrecipes.predictor",
    "Predictor": "kerasrecipes.predictor",
    "names": "kerasrecipes.registry",
    "Run": "kerasrecipes.runs.run",
    "register_layers": "kerasrecipes.runs.run",
    "Recipe": "kerasrecipes.recipe",
    "Training": "kerasrecipes.recipe",
    "Info": "kerasrecipes.info",
    "Splits": "kerasrecipes.recipe",
    "Objective": "kerasrecipes.recipe",
    "Diagnosis": "kerasrecipes.diagnosis",
    "UserError": "kerasrecipes.errors",
}

__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:
    if name == "strategies":
        return importlib.import_module("kerasrecipes.strategies")
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'kerasrecipes' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
