"""The verb `serve`."""

from __future__ import annotations

import argparse
import importlib.util
from functools import partial
from pathlib import Path

from kerasrecipes.cli import flags
from kerasrecipes.cli.output import line, quiet_start
from kerasrecipes.errors import UserError


def add(verbs: flags.Verbs) -> None:
    """Add the verb's parser."""
    parser = flags.add_verb(verbs, "serve", execute, "zoo/lenet")
    what = "runs: their folders, recipes' names for their best runs, or models of the zoo"
    parser.add_argument("runs", nargs="+", metavar="RUN", help=what)
    add_address(parser, port=8000)
    flags.add_backend(parser)


def add_address(parser: flags.Parser, port: int) -> None:
    """Add the flags of a server's address.

    Args:
        parser: of the verb.
        port: by default.
    """
    what = "address to listen at; by default this machine alone can ask"
    parser.add_argument("--host", default="127.0.0.1", help=what)
    what = "port to listen at; 0 for a free one"
    parser.add_argument("--port", type=int, default=port, metavar="N", help=what)
    what = "that requests have to bring along; made by itself where other machines can ask"
    parser.add_argument("--token", help=what)


def check_address(arguments: argparse.Namespace) -> None:
    """Refuse to serve where a package is missing, or at a port that is none.

    Args:
        arguments: with `port`.

    Raises:
        UserError: with what is missing, or what a port is.
    """
    packages = ("starlette", "uvicorn", "python_multipart")
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        words = " ".join(missing).replace("_", "-")
        raise UserError(f"serving needs {words.replace(' ', ' and ')}: pip install {words}")
    if not 0 <= arguments.port < 65536:
        raise UserError(f"--port is 0 to 65535, received {arguments.port}")


def execute(arguments: argparse.Namespace) -> None:
    """Answer over HTTP, and show a page to try a model in a browser.

    POST /predict takes JSON, files and texts; GET /openapi.json describes all of it.
    """
    check_address(arguments)
    from kerasrecipes.runs import finding

    found = {name: finding.find(name) for name in arguments.runs}
    # Addresses tell nothing of this machine's folders.
    runs = {
        f"{run.path.parent.name}/{run.path.name}" if Path(name).is_dir() else name: run
        for name, run in found.items()
    }
    with quiet_start():
        from kerasrecipes.serve import server
        from kerasrecipes.serve.application import application
        from kerasrecipes.serve.models import Served

        served = [Served(name, run) for name, run in runs.items()]
        for one in served:
            one.check()
    server.run(
        partial(application, served),
        host=arguments.host,
        port=arguments.port,
        token=arguments.token,
        started=lambda address: line(f"open {address} in a browser; Ctrl-C ends it"),
    )
