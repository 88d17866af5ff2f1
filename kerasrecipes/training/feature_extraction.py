"""The pass that computes a frozen network's features once, in the arithmetic that is fastest
here.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasrecipes import files
from kerasrecipes.data import feature_cache as stores
from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.errors import UserError
from kerasrecipes.training import device_defaults

BATCH = 32
AHEAD = 3  # batches decoded before the device asks for them

# bfloat16 is taken where it is this much faster, and where features differ from float32's by no
# more than this.
FASTER, DIFFERENCE = 1.3, 0.1
# Images that the arithmetic is measured with, and seconds after which the measurement is not
# repeated.
PROBED, ENOUGH = 4, 0.3
WORTH_PROBING, WORTH_CHANGING = 48, 3.0  # images, and seconds that they take in float32


@dataclass
class Clock:
    """Where the time of a pass went.

    Args:
        images: how many were computed; the others were on disk.
        seconds: of the pass in all.
        waiting: of these, waiting for decoded images.
        precision: the arithmetic.
    """

    images: int = 0
    seconds: float = 0.0
    waiting: float = 0.0
    precision: str = ""

    @property
    def sentence(self) -> str:
        """The same in words."""
        if not self.images:
            return f"all features were on disk already, in {self.precision}; reading them took {self.seconds:.1f} s"
        return (
            f"features of {self.images:,} images were computed in {self.seconds:.1f} s in {self.precision}, "
            f"of which {100 * self.waiting / self.seconds:.0f} % were spent waiting for decoded images"
        )


def features(
    network: keras.Model,
    parts: Sequence[Examples],
    *,
    identity: Sequence[Any] = (),
    precision: str = "auto",
    observers: Sequence[Any] = (),
    clock: Clock | None = None,
) -> list[Arrays | stores.Features]:
    """Replace images by their features; those that are on disk already are not computed again.

    Args:
        network: frozen, from `(batch, height, width, 3)` to the features.
        parts: collections of images, such as the splits.
        identity: plain values on which the images depend beside their files, such as how they are
            cut.
        precision: `float32`, `mixed_bfloat16`, or `auto`, by a measurement of this network on this
            machine.
        observers: callbacks that are told of the progress.
        clock: what is to be filled with the times.

    Returns:
        The collections with features as inputs.

    Raises:
        UserError: if the disk holds features that cannot be read.
    """
    clock = clock if clock is not None else Clock()
    began = time.perf_counter()
    keys = np.concatenate([stores.keys_of(part) for part in parts])
    weights = [np.asarray(keras.ops.convert_to_numpy(w)) for w in network.weights]
    name = stores.network_name((len(network.layers), network.input_shape, *identity), weights)
    clock.precision = _precision(network, name, parts, keys, precision)
    store = stores.Store(stores.home() / "features" / f"{name}-{clock.precision}")
    if missing := int((store.places(keys)[:, 0] < 0).sum()):
        worker = in_precision(network, clock.precision)
        worker.compile(jit_compile=device_defaults.kind() != "cpu")
        _tell(observers, "on_predict_begin", missing)
        for part in parts:
            _compute(worker, part, store, observers, clock)
            store.refresh()
        _tell(observers, "on_predict_end", 0)
    clock.seconds += time.perf_counter() - began
    return [stores.examples_of(store, part) for part in parts]


def _compute(
    network: keras.Model,
    part: Examples,
    store: stores.Store,
    observers: Sequence[Any],
    clock: Clock,
) -> None:
    """Run those images through a network whose features are missing, and keep the results piece by
    piece.
    """
    keys = stores.keys_of(part)
    numbers = np.flatnonzero(store.places(keys)[:, 0] < 0)
    gathered: list[np.ndarray] = []
    begin = end = 0
    for images, wait in _decoded(part, numbers):
        values = np.asarray(network.predict_on_batch(_filled(images)), np.float32)[: len(images)]
        gathered.append(values.astype(np.float16) if values.ndim > 2 else values)
        end, clock.waiting, clock.images = (
            end + len(images),
            clock.waiting + wait,
            clock.images + len(images),
        )
        _tell(observers, "on_predict_batch_end", clock.images)
        if sum(piece.nbytes for piece in gathered) >= stores.PIECE or end == len(numbers):
            store.add(keys[numbers[begin:end]], np.concatenate(gathered))
            gathered, begin = [], end


def _decoded(part: Examples, numbers: np.ndarray) -> Iterator[tuple[np.ndarray, float]]:
    """Give batch after batch of images, decoded ahead of time, with the seconds that each was
    waited for.
    """
    plan = [numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = [pool.submit(part.take, batch) for batch in plan[:AHEAD]]
        for following in [*plan[AHEAD:], *[None] * AHEAD][: len(plan)]:
            began = time.perf_counter()
            images = waiting.pop(0).result()[0]
            yield images, time.perf_counter() - began
            if following is not None:
                waiting.append(pool.submit(part.take, following))


def _filled(images: np.ndarray) -> np.ndarray:
    """Fill the last batch up, so that the network is compiled for one shape only."""
    missing = BATCH - len(images)
    return np.concatenate([images, np.repeat(images[-1:], missing, axis=0)]) if missing else images


def in_precision(network: keras.Model, precision: str) -> keras.Model:
    """Give a network that computes in another arithmetic, with the same weights.

    Pixels are scaled, and features averaged, in float32 in any case.
    """
    if precision == "float32":
        return network

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        if layer.name not in ("scaling", "pooling") and not isinstance(
            layer, keras.layers.InputLayer
        ):
            config["dtype"] = precision
        return type(layer).from_config(config)

    twin = keras.models.clone_model(network, clone_function=clone)
    twin.set_weights(network.get_weights())
    return twin


def _precision(
    network: keras.Model, name: str, parts: Sequence[Examples], keys: np.ndarray, wanted: str
) -> str:
    """Choose the arithmetic: the user's, that of features which are all there, or the faster
    one.
    """
    if wanted != "auto":
        return "float32" if wanted == "float32" else "mixed_bfloat16"
    folder, counts = stores.home() / "features", {}
    for precision in ("float32", "mixed_bfloat16"):
        counts[precision] = int(
            (stores.Store(folder / f"{name}-{precision}").places(keys)[:, 0] >= 0).sum()
        )
    best = max(counts, key=counts.__getitem__)
    missing = len(keys) - counts[best]
    if missing < WORTH_PROBING or missing < counts[best]:
        return best if counts[best] else "float32"
    found = _probed(network, name, next(part for part in parts if len(part)))
    worth = found["seconds"] * missing >= WORTH_CHANGING
    return (
        "mixed_bfloat16"
        if worth and found["speedup"] >= FASTER and found["difference"] <= DIFFERENCE
        else "float32"
    )


def _probed(network: keras.Model, name: str, part: Examples) -> dict[str, float]:
    """Measure once per network and machine, and remember."""
    path = stores.home() / "probes" / f"{stores.digest(name, platform.node(), _versions())}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_text(
            path, json.dumps(probe(network, part.take(np.arange(min(PROBED, len(part))))[0]))
        )
    try:
        found = json.loads(path.read_text())
        return {name: float(found[name]) for name in ("speedup", "difference", "seconds")}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"cannot read the measurement {path}; remove it, and it is made again"
        ) from error


def _versions() -> str:
    return f"{keras.backend.backend()} {keras.__version__} {platform.processor()} {device_defaults.kind()}"


def probe(network: keras.Model, images: np.ndarray) -> dict[str, float]:
    """Measure a network in float32 and in bfloat16.

    Args:
        network: float32, from images to features.
        images: a few.

    Returns:
        `speedup` of bfloat16, `difference`, the distance of its features relative to their length,
        and `seconds` per image in float32.
    """
    seconds, results = {}, {}
    for precision in ("float32", "mixed_bfloat16"):
        worker = in_precision(network, precision)
        worker.compile(jit_compile=device_defaults.kind() != "cpu")
        worker.predict_on_batch(images)
        times: list[float] = []
        while len(times) < 3 and sum(times) < ENOUGH:
            began = time.perf_counter()
            results[precision] = np.asarray(worker.predict_on_batch(images), np.float32)
            times.append(time.perf_counter() - began)
        seconds[precision] = min(times)
    exact, rough = results["float32"], results["mixed_bfloat16"]
    difference = float(np.linalg.norm(exact - rough) / max(np.linalg.norm(exact), 1e-12))
    speedup = seconds["float32"] / seconds["mixed_bfloat16"]
    return {
        "speedup": speedup,
        "difference": difference,
        "seconds": seconds["float32"] / len(images),
    }


def _tell(observers: Sequence[Any], event: str, count: int) -> None:
    for observer in observers:
        if event == "on_predict_batch_end":
            observer.on_predict_batch_end(count)
        elif event == "on_predict_begin":
            observer.set_params({**(observer.params or {}), "images": count})
            observer.on_predict_begin()
        else:
            observer.on_predict_end()
