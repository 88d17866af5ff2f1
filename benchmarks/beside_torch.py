"""Training steps of recipes' networks beside PyTorch eager, and generation with a cache.

    python -m benchmarks.beside_torch --torch PYTHON
    python -m benchmarks.beside_torch dcgan gpt --rounds 5 --steps 4

Both train the same network on batches of the same shapes, a process each, in turns; the ratio is
the median over the rounds, above 1 where ours is faster. Seconds are those of the processor, of all
threads together, which others on the machine do not change; `taskset -c 0` gives one core.
`--torch` names a Python that has torch, by default this one. Ours is compiled as the trainer
compiles it, and steps through `model.fit`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import where


@dataclass
class Case:
    """A network of ours, and what PyTorch's is made of.

    Args:
        model: compiled.
        x: of one batch.
        y: of one batch, or `None`.
        settings: of PyTorch's network.
        given: `(x, y)` as PyTorch's takes them.
        generate: `generate(tokens)`, where the network does.
    """

    model: Any
    x: Any
    y: Any
    settings: dict[str, Any]
    given: tuple[Any, Any]
    generate: Callable[[int], Any] | None = None

    def steps(self, count: int) -> float:
        """Take so many steps; return the processor's seconds."""
        x, y = (None if one is None else _repeated(one, count) for one in (self.x, self.y))
        size = len(self.given[0])
        began = time.process_time()
        self.model.fit(x, y, batch_size=size, epochs=1, shuffle=False, verbose=0)
        return time.process_time() - began


def _repeated(array: Any, count: int) -> Any:
    if isinstance(array, dict):
        return {name: _repeated(one, count) for name, one in array.items()}
    return np.concatenate([array] * count)


def dcgan() -> Case:
    """The game alone: what judges it is left out."""
    import keras

    from kerasrecipes.models.gan import gan
    from kerasrecipes.training.alternating import AlternatingOptimizer

    model = gan((64, 64, 3), None, latent=100, filters=64)
    model.turns = ("discriminator", "generator")
    model._kinds = lambda images: 1.0
    rates = {"learning_rate": 2e-4, "beta_1": 0.5}
    parts = {turn: keras.optimizers.Adam(**rates) for turn in model.turns}
    model.compile(optimizer=AlternatingOptimizer(parts), jit_compile=False)
    images = _random().integers(0, 256, (16, 64, 64, 3), np.uint8)
    return Case(model, images, None, {"filters": 64, "latent": 100}, (images, images[:1]))


def speech() -> Case:
    """Two seconds of sound, twenty letters, all recordings of one length."""
    from kerasrecipes.layers.spectrogram import mel_weights
    from kerasrecipes.losses.ctc import CTC
    from kerasrecipes.models.speech_recognizer import speech_recognizer

    rate, symbols, count = 8000, 30, 16
    # What SpecAugment hides, PyTorch's network does not.
    model = _compiled(speech_recognizer(rate, symbols, hidden_parts=0), CTC())
    random = _random()
    samples = random.uniform(-0.5, 0.5, (count, 2 * rate)).astype("float32")
    labels = random.integers(1, symbols, (count, 20)).astype("int32")
    settings = {"window": 200, "stride": 80, "filters": 96, "units": 96, "symbols": symbols}
    settings["mel"] = mel_weights(rate, 256, 40, 60.0)
    x = {"samples": samples, "length": np.full(count, 2 * rate, np.int32)}
    return Case(model, x, labels, settings, (samples, labels.astype("int64")))


def wavenet() -> Case:
    """The recipe's network for recordings, a quarter of a second of 8,000 samples."""
    from kerasrecipes.models.wavenet import wavenet as build

    settings = {"channels": 32, "skip": 64, "depth": 8, "cycles": 2, "told": 16}
    model = _compiled(build(1, **settings), _crossentropy(from_logits=True))
    codes = _random().integers(0, 256, (8, 2001)).astype("int32")
    x = {"samples": codes[:, :-1], "label": np.zeros(8, np.int32)}
    given = tuple(part.astype("int64") for part in (codes[:, :-1], codes[:, 1:]))
    return Case(model, x, codes[:, 1:], settings, given)


def unet() -> Case:
    """The recipe's U-Net at 96 pixels."""
    from kerasrecipes.models.unet import unet as build

    model = _compiled(
        build((96, 96, 3), 3, filters=16, levels=4, batch_normalization=True), _crossentropy()
    )
    random = _random()
    images = random.integers(0, 256, (16, 96, 96, 3), np.uint8)
    masks = random.integers(0, 3, (16, 96, 96)).astype("int32")
    settings = {"filters": 16, "levels": 4, "classes": 3}
    return Case(model, images, masks, settings, (images, masks.astype("int64")))


def gpt() -> Case:
    """Characters, four blocks of 128 units, 128 of them looked back at."""
    from kerasrecipes.inference.sampling import Generator
    from kerasrecipes.models.gpt import gpt as build

    model = _compiled(build(65, 128, units=128, num_layers=4, num_heads=4), _crossentropy())
    tokens = _random().integers(1, 65, (16, 129)).astype("int32")
    settings = {"vocabulary": 65, "length": 128, "units": 128, "layers": 4, "heads": 4}
    given = tuple(part.astype("int64") for part in (tokens[:, :-1], tokens[:, 1:]))
    generator = Generator(model)

    def generate(count: int) -> Any:
        return generator.tokens([1], count)

    return Case(model, tokens[:, :-1], tokens[:, 1:], settings, given, generate)


CASES = {one.__name__: one for one in (dcgan, speech, wavenet, unet, gpt)}


def _random() -> np.random.Generator:
    return np.random.default_rng(0)


def _crossentropy(from_logits: bool = False) -> Any:
    import keras

    return keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)


def _compiled(model: Any, loss: Any) -> Any:
    import keras

    jax = keras.backend.backend() == "jax"
    model.compile(keras.optimizers.AdamW(1e-3), loss, jit_compile=jax)
    return model


class Torch:
    """PyTorch's network in a process of its own."""

    def __init__(self, python: str, name: str, case: Case, folder: Path):
        path = folder / f"{name}.npz"
        x, y = case.given
        np.savez(path, x=x, y=y, threads=len(os.sched_getaffinity(0)), **case.settings)
        script = Path(__file__).with_name("torch_networks.py")
        self.process = subprocess.Popen(
            [python, str(script), name, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.learns, self.version, self.threads = self._line().split()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def __call__(self, word: str, number: int) -> float:
        """Return the processor's seconds of so many steps, or tokens."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word} {number}\n".lstrip())
        self.process.stdin.flush()
        return float(self._line())

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def measure(name: str, torch: str, rounds: int, steps: int, tokens: int) -> None:
    """Print both in turns, and the ratio."""
    import keras

    keras.utils.set_random_seed(0)
    case = CASES[name]()
    with tempfile.TemporaryDirectory() as folder:
        other = Torch(torch, name, case, Path(folder))
        ours = sum(int(np.prod(weight.shape)) for weight in _learning(case.model))
        print(
            f"{name} on {keras.backend.backend()}, batch {len(case.given[0])}: {ours:,} weights, "
            f"PyTorch {other.version} {int(other.learns):,}, {other.threads} threads"
        )
        ways: dict[str, tuple[Any, Any, int]] = {
            "training steps": (case.steps, lambda n: other("", n), steps)
        }
        if case.generate is not None:
            ways["tokens with a cache"] = (
                lambda n: _timed(case.generate, n),
                lambda n: other("generate", n),
                tokens,
            )
        for what, (mine, theirs, count) in ways.items():
            _compare(what, mine, theirs, count, rounds)
        other.close()


def _learning(model: Any) -> list[Any]:
    parts = [getattr(model, turn) for turn in getattr(model, "turns", ())] or [model]
    return [weight for part in parts for weight in part.trainable_weights]


def _timed(function: Callable[[int], Any] | None, count: int) -> float:
    assert function is not None
    began = time.process_time()
    function(count)
    return time.process_time() - began


def _compare(
    what: str,
    ours: Callable[[int], float],
    theirs: Callable[[int], float],
    count: int,
    rounds: int,
) -> None:
    ours(count), theirs(count)  # the first call compiles
    pairs = [(ours(count), theirs(count)) for _ in range(rounds)]
    ratios = [other / mine for mine, other in pairs]
    mine, other = (count / statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"  {what}: ours {mine:,.2f}/s, PyTorch {other:,.2f}/s, ratio "
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f} over {rounds} "
        "rounds)",
        flush=True,
    )


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help=f"of {', '.join(CASES)}; by default all")
    parser.add_argument("--torch", default=sys.executable, metavar="PYTHON")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=4, help="of a round")
    parser.add_argument("--tokens", type=int, default=120, help="of a round")
    arguments = where.parsed(parser)
    if strangers := set(arguments.names) - set(CASES):
        parser.error(
            f"no such network: {', '.join(sorted(strangers))}; there are {', '.join(CASES)}"
        )
    if subprocess.run([arguments.torch, "-c", "import torch"], capture_output=True).returncode:
        print(f"{arguments.torch} has no torch: there is nothing to measure beside")
        return
    for name in arguments.names or CASES:
        measure(name, arguments.torch, arguments.rounds, arguments.steps, arguments.tokens)


if __name__ == "__main__":
    main()
