"""Values that several tests of the reports share."""

from __future__ import annotations


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
