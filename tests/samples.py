"""Values that several tests of the reports share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.reports.statistics import Entry


def rows(epochs: int = 8, **extra: float) -> list[dict[str, float]]:
    """A history whose validation loss is lowest, and accuracy highest, at the sixth epoch."""
    return [
        {
            "epoch": epoch,
            "loss": 2.0 / epoch,
            "accuracy": 1 - 0.5 / epoch,
            "val_loss": 0.5 + 0.05 * abs(epoch - 6),
            "val_accuracy": 0.9 - 0.02 * abs(epoch - 6),
            "learning_rate": 1e-3 * 0.5**epoch,
            "seconds": 1.5,
            **extra,
        }
        for epoch in range(1, epochs + 1)
    ]


def entry(
    name: str,
    accuracy: float = 0.9,
    *,
    seconds: float = 10.0,
    history: list[dict[str, float]] | None = None,
    **settings: Any,
) -> Entry:
    """A run of a comparison, a little better on the test split than on the validation split."""
    metrics = {"loss": 1 - accuracy, "accuracy": accuracy, "parameters": 100}
    history = rows() if history is None else history
    return Entry(
        name=name,
        settings={"epochs": 8, **settings},
        metrics=metrics,
        history=history,
        seconds=seconds,
        validation={"loss": 1.01 - accuracy, "accuracy": accuracy - 0.01},
    )


def three_seeds() -> list[Entry]:
    """Three seeds each of a good, a similar and a bad setting."""
    results = {
        "relu": (0.97, 0.98, 0.99),
        "gelu": (0.96, 0.98, 0.985),
        "sigmoid": (0.50, 0.52, 0.51),
    }
    return [
        entry(f"{name}-{seed}", accuracy, activation=name, seed=seed)
        for name, found in results.items()
        for seed, accuracy in enumerate(found)
    ]


def table(path: Path, rows: int = 160) -> str:
    """Write a table whose two classes a line divides, with noise."""
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, 3))
    kinds = np.where(x[:, 0] + 0.3 * random.normal(size=rows) > 0, "up", "down")
    lines = ["a,b,c,kind", *(",".join([*map(str, r), k]) for r, k in zip(x, kinds, strict=True))]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)
