"""Text for terminals is printed as it is, never obeyed."""

import io
import random
import subprocess
import sys

import pytest
from rich.table import Table

from benchmarks.faults.names import hostile_name
from kerasrecipes import terminal


def printed(*texts, **options):
    file = io.StringIO()
    console = terminal.new_console(file=file, force_terminal=True, width=10_000, **options)
    for text in texts:
        console.print(text, soft_wrap=True)
    return file.getvalue()


@pytest.mark.parametrize("seed", range(4))
def test_names_reach_the_terminal_as_they_are(seed):
    draw = random.Random(seed)
    for _, name in (hostile_name(draw) for _ in range(100)):
        shown = terminal.visible(name)
        table = Table(box=None)
        table.add_column(name, no_wrap=True)
        table.add_row(name)
        for found in (printed(name), printed(table)):
            assert "\x1b]" not in found and "\a" not in found and "\u202e" not in found
        assert printed(name, color_system=None).rstrip() == shown.expandtabs().rstrip()
        line = terminal.one_line(name)
        assert not any(ord(one) < 32 and one != "\t" for one in line) and "\x7f" not in line


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1252"])
def test_what_an_encoding_lacks_is_replaced(encoding):
    program = (
        "from kerasrecipes import cli; import sys;"
        "sys.exit(cli.main(['show', 'Größe [/b] 漢字 \\udcff 🦊']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode(encoding)
    assert done.returncode == 2 and "Traceback" not in said and said.count("\n") == 1, said
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from kerasrecipes.terminal import *; forgive_encodings();"
            "print('漢字 \\udcff'); new_console().print('漢字 \\udcff')",
        ],
        env={"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(filter(None, sys.path))},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0 and done.stdout.count(b"\n") == 2, done.stderr
