"""The verb `export`."""

from __future__ import annotations

import argparse

from kerasrecipes.cli import flags
from kerasrecipes.cli.output import line, quiet_start


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "export", execute, "lenet lenet.onnx")
    flags.add_run(parser)
    what = (
        ".keras, .onnx, .tflite, .xml for OpenVINO, .safetensors for torchvision and timm, or a "
        "folder for a SavedModel"
    )
    parser.add_argument("target", metavar="FILE", help=what)
    what = "store the weights in fewer bits; what that costs is printed"
    parser.add_argument("--quantize", choices=("int8", "float16"), help=what)
    what = "whose names a .safetensors file has"
    parser.add_argument("--format", choices=("torchvision", "timm"), help=what)
    flags.add_backend(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Write a trained model for other programs, and make sure that it answers the same there."""
    from kerasrecipes import api

    # A wrong name is refused before Keras loads.
    run = flags.found_run(arguments)
    with quiet_start():
        from kerasrecipes.inference.export.words import sentences

        exported = api.export(
            run, arguments.target, quantize=arguments.quantize, format=arguments.format
        )
    for sentence in sentences(exported):
        line(sentence)
