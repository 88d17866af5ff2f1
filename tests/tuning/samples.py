"""What the tests of searches share."""

import json
import socket
from pathlib import Path

from kerasrecipes.cli import main
from kerasrecipes.tuning.messages import Message

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


def good_messages():
    """Return a message of each kind, as a worker sends them."""
    outcome = {
        "seconds": 1.5,
        "ended": "done",
        "score": 0.5,
        "scores": [0.5],
        "epochs": 2,
        "begun": 0,
        "history": [{"epoch": 1.0, "loss": 0.5}],
    }
    calls = {
        "get_plan": {},
        "create_trial": {},
        "get_trial": {"lease": "0000.1"},
        "update_trial": {"lease": "0000.1", "metrics": {"val_accuracy": 0.5}, "step": 1},
        "end_trial": {"lease": "0000.1", "outcome": outcome},
    }
    return [
        Message(call, arguments, "1@host-7", "0" * 32, "1" * 32, number)
        for number, (call, arguments) in enumerate(calls.items())
    ]


# What stands in the place of a value: of each type, too long, too deep, too large.
ODD = (
    None,
    True,
    -1,
    0,
    1.5,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "x" * 5000,
    "0000.1\n",
    "²",
    "\ud800",
    [],
    [[]] * 3,
    {},
    {"a": None},
    ["x"] * 50,
)


def spoil(message, draw):
    """Return a message in which something was replaced, removed, added or cut off.

    Args:
        message: that is as it has to be.
        draw: from which it is drawn.
    """
    values = json.loads(json.dumps(vars(message)))
    tables = [values, values["arguments"], values["arguments"].get("outcome", {})]
    for _ in range(draw.randint(1, 3)):
        table = draw.choice(tables)
        name = draw.choice([*table, "further"])
        way = draw.randrange(3)
        if way == 0:
            table.pop(name, None)
        else:
            table[name] = draw.choice(ODD) if way == 1 else [table.get(name)]
    body = json.dumps(values).encode()
    way = draw.randrange(8)
    if way == 0:
        return body[: draw.randrange(len(body))]
    if way == 1:
        return b"[" * 100_000
    if way == 2:
        place = draw.randrange(len(body))
        return body[:place] + draw.randbytes(3) + body[place:]
    return body
