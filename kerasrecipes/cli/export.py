"""The verb `export`."""

from __future__ import annotations

import argparse

from kerasrecipes.cli import flags
from kerasrecipes.cli.output import line, quiet_start


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "export", execute, "lenet lenet.onnx")
    flags.add_run(parser)
    what = ".keras, .onnx, .tflite, or a folder for a SavedModel"
    parser.add_argument("target", metavar="FILE", help=what)
    flags.add_backend(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Write a trained model for other programs, and make sure that it answers the same there."""
    from kerasrecipes import api

    # A wrong name is refused before Keras loads.
    run = flags.found_run(arguments)
    with quiet_start():
        difference = api.export(run, arguments.target)
    line(f"{arguments.target} gives what {run.path} gives, to {difference:.1g}")
    line(f"{arguments.target}.json tells how inputs become numbers, and what outputs mean")
