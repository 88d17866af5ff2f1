"""Seconds that commands take to answer, beside what loading the framework takes alone.

    python -m benchmarks.startup --rounds 5

Commands take turns, each in a process of its own; medians. Processor time tells more than the clock
where other work shares the cores. Runs are written to a folder that is removed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

KERAS = [sys.executable, "-c", "import keras"]
FIRST_STEP = "run lenet --epochs 1 --limit 128 --diagnose false"


def main() -> None:
    """Print a line for each command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        digit = _digit(Path(folder))
        commands = {"python -c 'import keras'": KERAS} | {
            f"kerasrecipes {said}": [sys.executable, "-m", "kerasrecipes", *said.split()]
            for said in ("list", "show lenet", "zoo", "run --help", FIRST_STEP)
        }
        answer = [sys.executable, "-m", "kerasrecipes", "predict", "zoo/lenet", str(digit)]
        commands["kerasrecipes predict zoo/lenet digit.png"] = answer
        found: dict[str, list[tuple[float, float]]] = {said: [] for said in commands}
        for _ in range(rounds):
            for said, command in commands.items():
                found[said].append(_timed(command, folder))
    print("| command | seconds | of processors |\n|---|---|---|")
    for said, times in found.items():
        clock, processors = (median(column) for column in zip(*times, strict=True))
        print(f"| `{said}` | {clock:.2f} | {processors:.2f} |")


def _timed(command: list[str], folder: str) -> tuple[float, float]:
    """Return seconds by the clock and of processors."""
    settings = os.environ | {"KERASRECIPES_HOME": folder, "TF_CPP_MIN_LOG_LEVEL": "3"}
    began, used = time.perf_counter(), _children()
    subprocess.run(command, check=True, capture_output=True, env=settings)
    return time.perf_counter() - began, _children() - used


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _digit(folder: Path) -> Path:
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    pixels = (load_digits().images[0] * 15).astype(np.uint8)
    path = folder / "digit.png"
    Image.fromarray(pixels).save(path)
    return path


if __name__ == "__main__":
    main()
