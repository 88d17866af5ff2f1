"""The verb `teach`."""

from __future__ import annotations

import argparse
from functools import partial

from kerasrecipes.cli import flags
from kerasrecipes.cli.output import line, quiet_start
from kerasrecipes.cli.serve import add_address, check_address


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "teach", execute, "--port 0")
    add_address(parser, port=8001)
    flags.add_backend(parser)


def execute(arguments: argparse.Namespace) -> None:
    """Show a page on which anybody teaches a model with examples of their own.

    Draw, drop photographs, type texts or drop a table; train; watch; try it; take it along.
    Nothing leaves this machine. What was taught lies in the folder of runs, under taught/.
    """
    check_address(arguments)
    with quiet_start():
        from kerasrecipes.serve import server
        from kerasrecipes.teach.application import Classroom, application

    rooms: list[Classroom] = []

    def leave() -> None:
        for room in rooms:
            room.leave()

    server.run(
        partial(application, made=rooms.append),
        host=arguments.host,
        port=arguments.port,
        token=arguments.token,
        started=lambda address: line(f"open {address} in a browser; Ctrl-C ends it"),
        ending=leave,
    )
