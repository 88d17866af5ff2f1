"""Memory of trainings on much data: a long series, and a folder of many recordings.

    python -m benchmarks.streams
    python -m benchmarks.streams series --count 10000000 --seconds 60

Each data set is made at a hundredth and at its whole size. A process of its own reads all of it and
trains an epoch on a part, then takes shuffled batches of all for so many seconds; its largest
resident size is printed. Recordings are hard links to a few, so that they take little room.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

_SOUNDS = 8  # recordings that all others are links to
_ROWS = 200_000  # of a series that are written at a time
_CHILD = """
import json, resource, sys, time
import kerasrecipes
from kerasrecipes import api, registry
from kerasrecipes.data.batches import Batches
from kerasrecipes.training import assembly
page, path, settings, seconds = json.loads(sys.argv[1])

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

began = time.perf_counter()
kerasrecipes.run(page, path, observers=(), **settings)
found = [peak(), time.perf_counter() - began]
whole = {name: value for name, value in settings.items() if name != 'limit'}
recipe = registry.load(page)
splits = assembly.load_splits(recipe, api.resolve(page, recipe, data=path, **whole))
batches = Batches(splits.train, 64, seed=0, shuffle=True)
began, taken = time.perf_counter(), 0
for indices in batches.plan():
    taken += len(splits.train.take(indices)[1])
    if time.perf_counter() - began > seconds or taken >= len(splits.train):
        break
print(json.dumps([*found, peak(), taken, len(splits.train)]))
"""


def series(count: int, folder: Path) -> Path:
    """Write a series of so many minutes, with a time in each row."""
    path, random = folder / f"series_{count}.csv", np.random.default_rng(0)
    start = np.datetime64("2000-01-01T00:00")
    with path.open("w", encoding="ascii") as file:
        file.write("time,load\n")
        for first in range(0, count, _ROWS):
            minutes = np.arange(first, min(count, first + _ROWS))
            values = (
                10 + 3 * np.sin(minutes * (2 * np.pi / 1440)) + random.normal(0, 1, len(minutes))
            )
            stamps = np.datetime_as_string(start + minutes.astype("timedelta64[m]"), unit="m")
            pairs = zip(stamps, values, strict=True)
            file.writelines(f"{stamp.replace('T', ' ')},{value:.3f}\n" for stamp, value in pairs)
    return path


def speech(count: int, folder: Path) -> Path:
    """Write a few recordings of a second, and links to them whose names say words."""
    root, random = folder / f"recordings_{count}", np.random.default_rng(0)
    root.mkdir()
    words = ("one", "two", "three", "four", "five", "six", "seven", "eight")
    for number in range(min(count, _SOUNDS)):
        sound = np.sin(np.arange(8000) * (0.1 + 0.05 * number)) + random.normal(0, 0.1, 8000)
        with wave.open(str(root / f"{words[number]}_s0_{number}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes((8000 * sound).astype("<i2").tobytes())
    for number in range(_SOUNDS, count):
        word = words[number % _SOUNDS]
        # A folder for each speaker: a file system holds few links in one.
        place = root / f"s{number % 40}"
        place.mkdir(exist_ok=True)
        source = root / f"{word}_s0_{number % _SOUNDS}.wav"
        os.link(source, place / f"{word}_s{number % 40}_{number}.wav")
    return root


# Of all that was read a training takes a part, so that an epoch ends.
CASES: dict[str, tuple[Callable[[int, Path], Path], int, str, dict[str, object]]] = {
    "series": (series, 10_000_000, "forecast", {"context": 96, "horizon": 24, "limit": 20_000}),
    "speech": (speech, 100_000, "speech", {"units": 16, "filters": 16, "limit": 400}),
}


def measure(name: str, count: int, seconds: int) -> None:
    """Print the largest resident size at a hundredth and at the whole."""
    make, whole, page, settings = CASES[name]
    for size in ((count or whole) // 100, count or whole):
        with tempfile.TemporaryDirectory() as folder:
            path = make(size, Path(folder))
            given = [page, str(path), {**settings, "epochs": 1}, seconds]
            done = subprocess.run(
                [sys.executable, "-c", _CHILD, json.dumps(given)],
                env={**os.environ, "KERASRECIPES_HOME": folder, "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
        trained, took, walked, taken, there = json.loads(done.stdout.splitlines()[-1])
        print(
            f"{name}: {size:,} rows or files: {trained:,.0f} MB at most in {took:.0f} s of reading "
            f"and training, {walked:,.0f} MB after {taken:,} of {there:,} examples were taken",
            flush=True,
        )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help=f"of {', '.join(CASES)}; by default all")
    parser.add_argument("--count", type=int, default=0, help="rows, or recordings")
    parser.add_argument("--seconds", type=int, default=30, help="of taking batches")
    arguments = parser.parse_args()
    for name in arguments.names or CASES:
        measure(name, arguments.count, arguments.seconds)


if __name__ == "__main__":
    main()
