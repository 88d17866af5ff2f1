"""Time of one answer and of the start: `kerasrecipes.load` beside Keras's `predict` and runtimes.

    python -m benchmarks.latency                 zoo/lenet, a digit as PNG
    python -m benchmarks.latency --repeats 200

Each way is a process of its own, which says how long it took from the start of Python to the first
answer and how much of that its threads computed, which other programs do not lengthen, and the
median time of further answers, one input at a time, decoding and preprocessing
included. `keras predict` is what a tutorial would write: `keras.saving.load_model(…).predict(x)` on
the same pixels. Exports need the extra `[export]`; those whose runtime is missing are left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

OURS = """
import json, sys, time
import kerasrecipes
model, picture, repeats = kerasrecipes.load(sys.argv[1]), sys.argv[2], int(sys.argv[3])
model.predict(picture)
first, busy = time.time() - float(sys.argv[4]), time.process_time()
times = []
for _ in range(repeats):
    began = time.perf_counter()
    model.predict(picture)
    times.append(time.perf_counter() - began)
print(json.dumps([first, busy, sorted(times)[len(times) // 2]]))
"""
PLAIN = """
import json, sys, time
import keras, numpy as np
from PIL import Image
model, picture, repeats = keras.saving.load_model(sys.argv[1]), sys.argv[2], int(sys.argv[3])
height, width = model.input_shape[1:3]

def answer():
    image = Image.open(picture).convert("L").resize((width, height))
    x = 255 - np.asarray(image, "float32")[None, :, :, None]
    return int(model.predict(x, verbose=0)[0].argmax())

answer()
first, busy = time.time() - float(sys.argv[4]), time.process_time()
times = []
for _ in range(repeats):
    began = time.perf_counter()
    answer()
    times.append(time.perf_counter() - began)
print(json.dumps([first, busy, sorted(times)[len(times) // 2]]))
"""


def main() -> None:
    """Measure every way and print a row for each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--repeats", type=int, default=100, help="answers of which the median is")
    parser.add_argument("--processes", type=int, default=3, help="of which the middle one counts")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        picture = folder / "digit.png"
        drawn = Image.new("L", (200, 200), 255)
        ImageDraw.Draw(drawn).line([(100, 30), (100, 170)], fill=0, width=16)
        drawn.save(picture)
        ways = [("Keras predict", PLAIN, _exported(folder / "plain.keras"))]
        ways += [("load zoo/lenet", OURS, "zoo/lenet")]
        for ending in (".onnx", ".tflite", ".xml"):
            target = _exported(folder / f"lenet{ending}")
            ways += [(f"load lenet{ending}", OURS, target)] if target else []
        print(
            "| one digit at a time | first answer | on the processor | further answers | |\n"
            "|---|---|---|---|---|"
        )
        plain = 0.0
        for title, *way in ways:
            first, busy, further = _measured(*way, picture, arguments.repeats, arguments.processes)
            plain = plain or further
            times = f"{1e3 * further:.2f} ms | {plain / further:.1f} times"
            # At once, for a slow machine may be asked to stop before the last.
            print(f"| {title} | {first:.2f} s | {busy:.2f} s | {times} |", flush=True)


def _exported(target: Path) -> str:
    """Export the model; empty where that is not possible here."""
    command = [sys.executable, "-m", "kerasrecipes", "export", "zoo/lenet", str(target)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"{target.suffix} is left out: {done.stderr.strip().splitlines()[-1]}")
    return "" if done.returncode else str(target)


def _measured(program: str, model: str, picture: Path, repeats: int, processes: int) -> list[float]:
    """Return seconds to the first answer, how many of them were computed in, and seconds of further
    answers; of each the middle one of several processes.
    """
    found = []
    for _ in range(processes):
        began = str(time.time())
        command = [sys.executable, "-c", program, model, str(picture), str(repeats), began]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    return [float(value) for value in np.median(found, axis=0)]


if __name__ == "__main__":
    main()
