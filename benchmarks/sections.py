"""Sections of RESULTS.md that commands write: what each runs, and where its tables stand."""

from __future__ import annotations

import datetime
import os
import platform
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


@dataclass(frozen=True)
class Section:
    """A benchmark whose tables stand in RESULTS.md.

    Args:
        name: by which it is asked for, and between whose marks its tables stand.
        title: the heading that it gets where it has no place yet.
        words: module of `benchmarks` and its arguments.
    """

    name: str
    title: str
    words: tuple[str, ...]

    @property
    def command(self) -> str:
        """What is typed to measure it alone."""
        return shlex.join(["python", "-m", f"benchmarks.{self.words[0]}", *self.words[1:]])

    def measured(self) -> str | None:
        """Run it, showing what it prints.

        Returns:
            What it printed, or `None` if it failed.
        """
        command = [sys.executable, "-m", f"benchmarks.{self.words[0]}", *self.words[1:]]
        said = []
        with subprocess.Popen(
            command, cwd=RESULTS.parent.parent, stdout=subprocess.PIPE, text=True
        ) as process:
            for line in process.stdout or ():
                print(line, end="", flush=True)
                said.append(line)
        return "".join(said) if process.returncode == 0 else None


SECTIONS = {
    section.name: section
    for section in (
        Section("startup", "Startup", ("startup",)),
        Section("first_step", "The first step of a training", ("first_step",)),
        Section("throughput", "Throughput of the trainer beside `model.fit`", ("throughput",)),
        Section("execution", "Compilation and steps per call", ("execution", "lenet")),
        Section("recurrent", "Recurrent layers", ("recurrent",)),
        Section("decoding", "Decoding", ("decoding",)),
        Section("wavenet", "Sound sample by sample", ("wavenet",)),
        Section("agent", "Moves of the agent", ("agent", "--moves", "640", "--rounds", "2")),
        Section("reading", "Reading tables", ("reading",)),
        Section("latency", "One answer at a time", ("latency",)),
        Section("serving", "Serving", ("serving", "--requests", "2000")),
        Section("transfer", "Transfer", ("transfer", "--memory", "1000,100000")),
    )
}


def placed(text: str, section: Section, said: str) -> str:
    """Put what was measured where it belongs.

    Args:
        text: of RESULTS.md.
        section: what was measured.
        said: what it printed.

    Returns:
        The new text: between the section's marks, or under a new heading at its end.
    """
    begin = f"<!-- {section.name}: written by python -m benchmarks -->"
    end = f"<!-- end of {section.name} -->"
    block = f"{begin}\n`{section.command}`, {_where()}:\n\n{_tables(said)}\n{end}"
    if begin not in text:
        return f"{text.rstrip()}\n\n## {section.title}\n\n{block}\n"
    marks = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    return marks.sub(lambda _: block, text, count=1)


def _tables(said: str) -> str:
    """Return the tables of what was printed; all of it, as it was, where there is none."""
    blocks = re.findall(r"(?:^\|.*\n?)+", said, re.MULTILINE)
    return "\n".join(blocks).strip() if blocks else f"```\n{said.strip()}\n```"


def _where() -> str:
    """Say when and on what a benchmark ran, and how busy the machine was."""
    versions = []
    for name in ("tensorflow", "jax", "keras"):
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            continue
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    cores = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return f"{datetime.date.today()}, {cores}, {', '.join(versions)}{load}"
