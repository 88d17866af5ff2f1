"""What the tests of searches share."""

import json
import socket
from pathlib import Path

from kerasrecipes.cli import main

PAGE = str(Path(__file__).parent / "page.py")


def silent(scheduler, over):
    """Show nothing."""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return opened.getsockname()[1]


def refused(capsys, *words):
    """Run a command that must end with exit status 2 and one line of error, and return the line."""
    assert main(words) == 2
    captured = capsys.readouterr()
    (line,) = captured.err.strip().splitlines()
    return line


def state(**changes):
    """Return the state of a search as it stands in its file, or something like it."""
    plan = {
        "recipe": "lenet",
        "base": {},
        "method": "random",
        "objective": "val_loss",
        "maximize": False,
        "epochs": 1,
    }
    whole = {
        "plan": plan,
        "phase": "search",
        "seconds": 0.0,
        "records": {},
        "oracle": {},
        "trials": [],
    }
    return json.dumps(
        {name: value for name, value in (whole | changes).items() if value is not None}
    )
