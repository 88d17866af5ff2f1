"""The verb `list`."""

from __future__ import annotations

import argparse

from kerasrecipes import registry
from kerasrecipes.cli import flags
from kerasrecipes.errors import UserError


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "list", execute, "images")
    parser.add_argument(
        "pattern", nargs="?", metavar="PATTERN", help="part of a name, summary or topic"
    )


def execute(arguments: argparse.Namespace) -> None:
    """List the recipes by topic."""
    found = registry.entries(arguments.pattern or "")
    if not found:
        raise UserError(
            f"no recipe has '{arguments.pattern}' in its name, summary or topic; "
            f"try: {flags.PROGRAM} list"
        )
    width = max(len(entry.name) for entry in found)
    # Entries come sorted by topic. They are printed without rich, which need not load for a list.
    topic = None
    for entry in found:
        if entry.topic != topic:
            print(entry.topic if topic is None else f"\n{entry.topic}")
            topic = entry.topic
        print(f"  {entry.name:<{width}}  {entry.summary}")
