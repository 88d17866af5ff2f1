"""What padding costs: training on texts padded to a fixed length, on bucketed ones, and PyTorch's
LSTM beside them.

    python -m benchmarks.text
    TFDS_DATA_DIR=… python -m benchmarks.text --torch PYTHON

Texts are IMDB reviews, where TFDS has them, and rows of a long-tailed length. Every line trains the
same network (embedding 64, LSTM 64, one unit; batch 64; Adam) on the same texts, an epoch in turn;
the speed is that of the fastest epoch. All are cut at 500 tokens. PyTorch packs, or pads as we do
and takes the state where a text ends. `--torch` names a Python that has torch, by default this one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import where

LENGTH, DIMENSION, UNITS, BATCH, VOCABULARY = 500, 64, 64, 64, 20_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=1280, help="of each set")
    parser.add_argument("--rounds", type=int, default=3, help="epochs of each line after the first")
    parser.add_argument(
        "--torch", default=sys.executable, metavar="PYTHON", help="a Python that has torch"
    )
    parser.add_argument("--only", choices=["imdb_reviews", "long_tailed"], help="one set alone")
    arguments = where.parsed(parser)
    sets: dict[str, Callable[[int], Any]] = {
        "imdb_reviews": imdb_reviews,
        "long_tailed": long_tailed,
    }
    for name, make in sets.items():
        if arguments.only in (None, name):
            try:
                rows, labels = make(arguments.texts)
            except Exception as error:  # what TFDS raises without the data has no common kind
                print(f"{name}: not here ({error})")
                continue
            measure(name, rows, labels, arguments.rounds, arguments.torch)


def imdb_reviews(count: int) -> tuple[Any, np.ndarray]:
    """Give the first tokens of reviews that are drawn from the training split, and their labels."""
    from kerasrecipes.data import text
    from kerasrecipes.data.ragged import Ragged
    from kerasrecipes.data.text.tokenizer import Tokenizer
    from kerasrecipes.recipe import Request

    train = text.tfds("imdb_reviews").load(Request()).train.sample(count, 0)
    texts, labels = train.take(np.arange(len(train)))[:2]
    texts = [str(text) for text in texts]
    tokenizer = Tokenizer.fit(texts, size=VOCABULARY)
    return Ragged.of(row[:LENGTH] for row in tokenizer.encoded(texts)), np.asarray(labels).reshape(
        -1
    )


def long_tailed(count: int) -> tuple[Any, np.ndarray]:
    """Give rows whose lengths are log-normal: half have less than 60 tokens, one in forty more than
    350.
    """
    from kerasrecipes.data.ragged import Ragged

    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(np.log(60), 0.9, count), 1, LENGTH).astype(int)
    rows = Ragged.of(random.integers(4, VOCABULARY, length) for length in lengths)
    return rows, random.integers(0, 2, count)


def measure(name: str, rows: Any, labels: np.ndarray, rounds: int, torch: str) -> None:
    """Print the share of padding and the speed of each way."""
    import keras

    from kerasrecipes.data.batches import Batches
    from kerasrecipes.data.ragged import RaggedExamples
    from kerasrecipes.layers.recurrent import recurrent

    labels = labels.astype(np.float32)[:, None]
    fixed = Batches(RaggedExamples(rows, labels, pad_to=LENGTH), BATCH, shuffle=True)
    bucketed = Batches(RaggedExamples(rows, labels), BATCH, shuffle=True)
    plain, own = keras.layers.LSTM(UNITS), recurrent("lstm", UNITS)
    ways = {
        f"padded to {LENGTH}, Keras's LSTM": (padding(fixed), trainer(fixed, plain)),
        f"padded to {LENGTH}, ours": (padding(fixed), trainer(fixed, own)),
        "bucketed, Keras's LSTM": (padding(bucketed), trainer(bucketed, keras.layers.LSTM(UNITS))),
        "bucketed, ours": (padding(bucketed), trainer(bucketed, recurrent("lstm", UNITS))),
    }
    with ExitStack() as stack:
        ways |= torch_ways(stack, torch, rows, labels, fixed, bucketed)
        seconds = {way: [] for way in ways}
        for number in range(rounds + 1):
            for way, (_, epoch) in ways.items():
                seconds[way].append(epoch(number))
    print(
        f"{name}: {len(rows):,} texts, {rows.lengths.mean():.0f} tokens on average, {rounds} "
        "epochs each"
    )
    for way, (share, _) in ways.items():
        # The first epoch compiles.
        print(
            f"  {way:34s} {share:6.1%} padding {len(rows) / min(seconds[way][1:]):8,.0f} "
            "sequences/s",
            flush=True,
        )


def padding(batches: Any) -> float:
    """Give the share of an epoch's tokens that is padding."""
    parts = [batches.examples.take(numbers)[0] for numbers in _epoch(batches)]
    return 1 - sum(int((part > 0).sum()) for part in parts) / sum(part.size for part in parts)


def trainer(batches: Any, layer: Any) -> Callable[[int], float]:
    """Make a function that trains for an epoch and gives the seconds it took."""
    import keras

    from kerasrecipes.training import input_pipeline

    tokens = keras.Input((None,), dtype="int32")
    x = layer(keras.layers.Embedding(VOCABULARY, DIMENSION, mask_zero=True)(tokens))
    model = keras.Model(tokens, keras.layers.Dense(1, activation="sigmoid")(x))
    model.compile("adam", "binary_crossentropy", jit_compile=keras.backend.backend() == "jax")

    def epoch(number: int) -> float:
        began = time.perf_counter()
        model.fit(
            input_pipeline.train_batches(batches),
            steps_per_epoch=len(batches),
            verbose=0,
            shuffle=False,
        )
        return time.perf_counter() - began

    return epoch


def torch_ways(
    stack: ExitStack, python: str, rows: Any, labels: np.ndarray, fixed: Any, bucketed: Any
) -> dict[str, tuple[float, Callable[[int], float]]]:
    """Start PyTorch in a process of its own, and give its ways; none where that Python has no
    torch.
    """
    if subprocess.run([python, "-c", "import torch"], capture_output=True).returncode:
        print(f"{python} has no torch: its lines are left out")
        return {}
    path = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "rows.npz"
    sizes = {
        "vocabulary_size": VOCABULARY,
        "dimension": DIMENSION,
        "units": UNITS,
        "batch_size": BATCH,
    }
    orders = {"shuffled": fixed.order(0), "bucketed": bucketed.order(0)}
    np.savez(path, values=rows.values, offsets=rows.offsets, labels=labels[:, 0], **sizes, **orders)
    command = [python, str(Path(__file__).with_name("packed_torch.py")), str(path)]
    process = stack.enter_context(
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    )
    stack.callback(process.stdin.close)
    _, version, _ = process.stdout.readline().split()
    name = f"PyTorch {version.split('+')[0]}"

    def epoch(way: str) -> float:
        process.stdin.write(f"{way}\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    shares = {"packed shuffled": 0.0, "packed bucketed": 0.0, "padded bucketed": padding(bucketed)}
    return {
        f"{name} {way}": (share, lambda number, way=way: epoch(way))
        for way, share in shares.items()
    }


def _epoch(batches: Any) -> Any:
    plan = batches.plan()
    return (next(plan) for _ in range(len(batches)))


if __name__ == "__main__":
    main()
