"""Figures and the one-file HTML report.

`from kerasrecipes.reports import feature_maps, grad_cam` works on any Keras model that is built of
layers.
"""

from __future__ import annotations

import importlib

# Loaded at first use: the module imports Keras, and with it a backend.
_HOME = {
    "feature_maps": "kerasrecipes.interpret.grad_cam",
    "grad_cam": "kerasrecipes.interpret.grad_cam",
}


def __getattr__(name: str):
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'kerasrecipes.reports' has no attribute '{name}'")


def __dir__():
    return sorted(_HOME)
