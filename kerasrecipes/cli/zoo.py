"""The verb `zoo`."""

from __future__ import annotations

import argparse
import json
import tomllib

from kerasrecipes import registry, zoo
from kerasrecipes.cli import flags
from kerasrecipes.metrics import summary


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    flags.add_verb(verbs, "zoo", execute, "")


def execute(_: argparse.Namespace) -> None:
    """List the trained models that ship with the package.

    Each stands where a run may: predict zoo/lenet photo.png, evaluate zoo/lenet --data mnist.
    """
    rows = [_row(name) for name in zoo.names()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _row(name: str) -> tuple[str, ...]:
    """Return name, size, what it does and the result."""
    folder = zoo.folder() / name
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    recipe = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))["recipe"]
    size = sum(path.stat().st_size for path in folder.iterdir())
    does = registry.entry(registry.find(recipe)).summary
    return f"{zoo.PREFIX}{name}", f"{size / 1000:,.0f} kB", does, summary.sentence(metrics)
