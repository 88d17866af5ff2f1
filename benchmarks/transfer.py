"""Time to a trained head, beside a frozen base that runs in every epoch; and memory by the number
of images.

Everything that is printed was measured in the run; nothing is extrapolated. Weights are random,
which changes no time.

    python -m benchmarks.transfer                                 VGG16, 320 images, 10 epochs
    python -m benchmarks.transfer --base resnet50 --images 400
    python -m benchmarks.transfer --memory 1000,100000            a folder of generated images each
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import where

CLASSES = 2


def guides_way(base: str, x: np.ndarray, y: np.ndarray, epochs: int) -> float:
    """Train a head as Keras's guide to transfer learning does: the frozen base is part of the model
    that is fitted.

    Returns:
        Seconds, building and compiling included.

    Reference:
        [Transfer learning & fine-tuning](https://keras.io/guides/transfer_learning/) (Chollet)
    """
    import keras

    from kerasrecipes.models import backbones

    began = time.perf_counter()
    network = backbones.base(base, x.shape[1:], weights="none")
    network.trainable = False
    inputs = keras.Input(x.shape[1:])
    features = keras.layers.GlobalAveragePooling2D()(network(inputs, training=False))
    outputs = keras.layers.Dense(CLASSES, activation="softmax")(keras.layers.Dropout(0.2)(features))
    model = keras.Model(inputs, outputs)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(x, y, batch_size=32, epochs=epochs, verbose=0)
    return time.perf_counter() - began


def our_way(
    base: str, x: np.ndarray, y: np.ndarray, epochs: int, precision: str
) -> dict[str, float | str]:
    """Train a head on features that are computed once; building, compiling and measuring the
    precision included.
    """
    import keras

    from kerasrecipes.data.examples import Arrays
    from kerasrecipes.models.surgery import cut
    from kerasrecipes.models.transfer import freeze, transfer
    from kerasrecipes.training import input_pipeline
    from kerasrecipes.training.feature_extraction import ExtractionStats, extract_features

    began, stats = time.perf_counter(), ExtractionStats()
    keras.utils.set_random_seed(
        0
    )  # The same weights each time, or features on disk would be another network's.
    model = transfer(x.shape[1:], CLASSES, base=base, weights="none")
    freeze(model, base, "all")
    frozen, head = cut(model, "pooling")
    (made,) = extract_features(
        frozen, [Arrays(x, y)], identity=(base,), precision=precision, stats=stats
    )
    head.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    batches = input_pipeline.Batches(made, 32, shuffle=True)
    head.fit(
        input_pipeline.train_batches(batches),
        steps_per_epoch=len(batches),
        epochs=epochs,
        verbose=0,
    )
    keras.utils.clear_session()
    return {
        "seconds": time.perf_counter() - began,
        "pass": stats.seconds,
        "precision": stats.precision,
    }


def speed(base: str, count: int, epochs: int, size: int) -> None:
    """Print the times to a trained head and their ratios."""
    random = np.random.default_rng(0)
    x = random.integers(0, 256, (count, size, size, 3), np.uint8)
    y = random.integers(0, CLASSES, count).astype(np.int32)
    print(f"{base}, {count} images of {size} x {size}, {epochs} epochs, {os.cpu_count()} cores")
    guide = guides_way(base, x, y, epochs)
    print(
        f"frozen base in every epoch            {guide:7.1f} s   {count * epochs / guide:7.1f} "
        "images/s"
    )
    for precision in ("float32", "auto", "again"):
        found = our_way(base, x, y, epochs, "auto" if precision == "again" else precision)
        name = {"again": "features on disk already"}.get(
            precision, f"features once, {precision} = {found['precision']}"
        )
        print(
            f"{name:<38}{found['seconds']:6.1f} s   {guide / found['seconds']:7.1f} times as fast",
            flush=True,
        )
        if precision == "float32":
            _forget()


def _forget() -> None:
    """Begin with an empty cache, so that the next pass computes everything."""
    os.environ["KERASRECIPES_CACHE"] = tempfile.mkdtemp(dir=os.environ["KERASRECIPES_CACHE"])


def drawn_folder(root: Path, count: int) -> Path:
    """Write generated images of two classes, each a file of its own."""
    random = np.random.default_rng(0)
    for number in range(count):
        folder = root / ("light" if number % 2 else "dark")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 128, (8, 8, 3), np.uint8) + np.uint8(127 * (number % 2))
        Image.fromarray(pixels).resize((96, 72)).save(folder / f"{number:06}.jpg", quality=80)
    return root


_CHILD = """
import json, resource, sys, kerasrecipes
settings = {"base": "small", "epochs": 2, "batch_size": 256}
run = kerasrecipes.run("transfer", data=sys.argv[1], observers=(), **settings)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
timing = json.loads((run.path / "features.json").read_text())
print(json.dumps({"peak": peak, **timing, **run.metrics["test"]}))
"""


def memory(counts: list[int]) -> None:
    """Print the largest resident size of a whole run by the number of image files, and the share of
    waiting.
    """
    print(
        f"{'images':>8}  {'peak MiB':>8}  {'images/s':>8}  {'waiting':>7}  precision, of the "
        "pass through the base"
    )
    for count in counts:
        with tempfile.TemporaryDirectory() as root:
            folder = drawn_folder(Path(root) / "images", count)
            homes = {"KERASRECIPES_HOME": f"{root}/runs", "KERASRECIPES_CACHE": f"{root}/cache"}
            command = [sys.executable, "-W", "ignore", "-c", _CHILD, str(folder)]
            done = subprocess.run(
                command, env={**os.environ, **homes}, capture_output=True, text=True, check=True
            )
            found = json.loads(done.stdout.splitlines()[-1])
        speed_, share = found["images"] / found["seconds"], found["waiting"] / found["seconds"]
        print(
            f"{count:8,}  {found['peak']:8.0f}  {speed_:8.0f}  {share:7.1%}  {found['precision']}",
            flush=True,
        )


def main() -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base", default="vgg16")
    parser.add_argument("--images", type=int, default=320)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--memory", help="numbers of generated image files, with commas between")
    arguments = where.parsed(parser)
    if arguments.memory:
        memory([int(word) for word in arguments.memory.split(",")])
        return
    with tempfile.TemporaryDirectory() as cache:
        os.environ["KERASRECIPES_CACHE"] = cache
        speed(arguments.base, arguments.images, arguments.epochs, arguments.size)


if __name__ == "__main__":
    main()
