"""The verb `copy`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from kerasrecipes import registry
from kerasrecipes.cli import flags
from kerasrecipes.errors import UserError


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "copy", execute, "lenet my_page.py")
    parser.add_argument("name", metavar="NAME", help="a recipe")
    parser.add_argument("target", metavar="PAGE.py", help="the page to write")


def execute(arguments: argparse.Namespace) -> None:
    """Copy a recipe's page to make it your own."""
    source, target = registry.find(arguments.name), Path(arguments.target)
    if target.suffix != ".py":
        raise UserError(
            f"a page is a Python file, received '{target}'; try: {target.with_suffix('.py')}"
        )
    try:
        # Mode `x` looks and creates in one step: nothing can appear in between and be overwritten.
        with source.open("rb") as read, target.open("xb") as written:
            shutil.copyfileobj(read, written)
    except FileExistsError as error:
        raise UserError(
            f"'{target}' exists already and is left alone; choose another name"
        ) from error
    except OSError as error:
        raise UserError(f"cannot write '{target}': {error.strerror}") from error
    path = target if target.is_absolute() else f"./{target}"
    print(f"{target} is yours; try: {flags.PROGRAM} run {path}")
