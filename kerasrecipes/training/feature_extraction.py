"""Features of a frozen network, computed once and cached on disk, in the fastest precision."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerasrecipes import files
from kerasrecipes.data import feature_cache
from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.training import device_defaults

BATCH = 32
PREFETCH = 3  # batches decoded before the device asks for them
PRECISIONS = ("float32", "mixed_bfloat16")

# On a processor with matrix units for bfloat16 VGG16 is four times as fast with it and MobileNet is
# not, see benchmarks/RESULTS.md: no default of the device would suit both, so it is measured.
# bfloat16 is taken if it is faster by this factor, its features differ from float32's by at most
# this share of their norm, and float32 would take at least these seconds.
MIN_SPEEDUP, MAX_DIFFERENCE, MIN_SECONDS = 1.3, 0.1, 3.0
MIN_IMAGES = 48  # fewer are computed in float32 without a measurement
PROBED_IMAGES = 4


@dataclass
class ExtractionStats:
    """Where the time of extracting features went.

    Args:
        images: number of examples that were computed; the others were cached.
        seconds: in all.
        waiting: of these, seconds of waiting for them to be read.
        precision: dtype policy of the network.
    """

    images: int = 0
    seconds: float = 0.0
    waiting: float = 0.0
    precision: str = ""

    @property
    def sentence(self) -> str:
        """The same as a sentence."""
        if not self.images:
            return (
                f"all features were on disk already, in {self.precision}; "
                f"reading them took {self.seconds:.1f} s"
            )
        return (
            f"features of {self.images:,} examples were computed in {self.seconds:.1f} s "
            f"in {self.precision}, of which {100 * self.waiting / self.seconds:.0f} % "
            "were spent waiting for them to be read"
        )


def extract_features(
    network: keras.Model,
    parts: Sequence[Examples],
    *,
    identity: Sequence[Any] = (),
    precision: str = "auto",
    observers: Sequence[Any] = (),
    stats: ExtractionStats | None = None,
) -> list[Arrays | feature_cache.Features]:
    """Replace images by their features; those that are cached already are not computed again.

    Args:
        network: frozen, from `(batch, height, width, 3)` to the features.
        parts: collections of images, such as the splits.
        identity: plain values on which the images depend beside their files, such as how they are
            cropped.
        precision: `float32`, `mixed_bfloat16`, or `auto`, which measures this network on this
            machine.
        observers: callbacks that show the progress.
        stats: filled with images, seconds and precision.

    Returns:
        The collections with features as inputs.

    Raises:
        OSError: if the cache cannot be written.
    """
    stats = stats if stats is not None else ExtractionStats()
    began = time.perf_counter()
    keys = np.concatenate([feature_cache.keys_of(part) for part in parts])
    weights = [np.asarray(keras.ops.convert_to_numpy(w)) for w in network.weights]
    # Whatever changes the features is in the name, so that others are never taken for them.
    described = (_described(network), *identity)
    name = feature_cache.network_name(described, weights)
    stats.precision = _choose_precision(network, name, parts, keys, precision)
    store = _store(name, stats.precision)
    if missing := int((store.places(keys)[:, 0] < 0).sum()):
        worker = _compiled(network, stats.precision)
        _notify(observers, "on_predict_begin", missing)
        for part in parts:
            _compute(worker, part, store, observers, stats)
            # Parts may share images: the next one finds those that this one has computed.
            store.refresh()
        _notify(observers, "on_predict_end", 0)
    stats.seconds += time.perf_counter() - began
    return [feature_cache.examples_of(store, part) for part in parts]


# Of a layer's configuration: what does not change its outputs, or is told by the weights.
_IRRELEVANT = ("name", "dtype", "trainable", "seed", "inbound_nodes", "build_config")
_OF_TRAINING = ("_initializer", "_regularizer", "_constraint", "put_layers")


def _described(network: keras.Model) -> str:
    """Return shapes and layers of a network as text, such as how it pools, without names."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: plain(one)
                for key, one in value.items()
                if one is not None and key not in _IRRELEVANT and not key.endswith(_OF_TRAINING)
            }
        return [plain(one) for one in value] if isinstance(value, (list, tuple)) else value

    layers = [(type(one).__name__, plain(one.get_config())) for one in network.layers]
    found = (network.input_shape, network.output_shape, layers)
    return json.dumps(found, sort_keys=True, default=lambda one: type(one).__name__)


def _store(name: str, precision: str) -> feature_cache.Store:
    return feature_cache.Store(feature_cache.home() / "features" / f"{name}-{precision}")


def _compiled(network: keras.Model, precision: str) -> keras.Model:
    worker = with_precision(network, precision)
    worker.compile(jit_compile=device_defaults.kind() != "cpu")
    return worker


def _compute(
    network: keras.Model,
    part: Examples,
    store: feature_cache.Store,
    observers: Sequence[Any],
    stats: ExtractionStats,
) -> None:
    """Compute the missing features, and store them piece by piece."""
    keys = feature_cache.keys_of(part)
    indices = np.flatnonzero(store.places(keys)[:, 0] < 0)
    if part.lengths is not None:
        # Texts of one length together, so that little is padded.
        indices = indices[np.argsort(part.lengths[indices], kind="stable")]
    gathered: list[np.ndarray] = []
    begin = end = 0
    for images, seconds in _decoded(part, indices):
        values = np.asarray(network.predict_on_batch(_filled(images)), np.float32)[: len(images)]
        # Feature maps are stored in half precision, as they are many times larger than vectors.
        gathered.append(values.astype(np.float16) if values.ndim > 2 else values)
        end += len(images)
        stats.images += len(images)
        stats.waiting += seconds
        _notify(observers, "on_predict_batch_end", stats.images)
        if sum(piece.nbytes for piece in gathered) >= feature_cache.PIECE or end == len(indices):
            store.add(keys[indices[begin:end]], np.concatenate(gathered))
            gathered, begin = [], end


def _decoded(part: Examples, indices: np.ndarray) -> Iterator[tuple[np.ndarray, float]]:
    """Iterate over batches of images, decoded ahead, and the seconds that each was waited for."""
    plan = [indices[start : start + BATCH] for start in range(0, len(indices), BATCH)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        waiting = [pool.submit(part.take, batch) for batch in plan[:PREFETCH]]
        # The last `PREFETCH` batches are awaited with nothing new to submit behind them.
        for following in [*plan[PREFETCH:], *[None] * PREFETCH][: len(plan)]:
            began = time.perf_counter()
            images = waiting.pop(0).result()[0]
            yield images, time.perf_counter() - began
            if following is not None:
                waiting.append(pool.submit(part.take, following))


def _filled(images: np.ndarray) -> np.ndarray:
    """Fill the last batch up, so that the network is compiled for one shape only."""
    missing = BATCH - len(images)
    return np.concatenate([images, np.repeat(images[-1:], missing, axis=0)]) if missing else images


def with_precision(network: keras.Model, precision: str) -> keras.Model:
    """Return a network with another dtype policy and the same weights.

    Pixels are scaled, and features averaged, in float32 in any case.

    Args:
        network: with float32 weights.
        precision: the dtype policy.
    """
    if precision == "float32":
        return network

    def clone(layer: keras.Layer) -> keras.Layer:
        config = layer.get_config()
        exact = layer.name in ("scaling", "pooling", "pool")
        # What is no layer, such as the comparison of a mask, has the dtype of its input.
        takes_policy = isinstance(layer, keras.Layer)
        if takes_policy and not exact and not isinstance(layer, keras.layers.InputLayer):
            config["dtype"] = precision
        return type(layer).from_config(config)

    twin = keras.models.clone_model(network, clone_function=clone)
    twin.set_weights(network.get_weights())
    return twin


def _choose_precision(
    network: keras.Model, name: str, parts: Sequence[Examples], keys: np.ndarray, wanted: str
) -> str:
    """Return the precision that is wanted, that has most features cached, or that is faster."""
    if wanted != "auto":
        return "float32" if wanted == "float32" else "mixed_bfloat16"
    cached = {p: int((_store(name, p).places(keys)[:, 0] >= 0).sum()) for p in PRECISIONS}
    most = max(PRECISIONS, key=cached.__getitem__)
    missing = len(keys) - cached[most]
    # Where most are on disk, their precision goes on: the features of one run have one precision.
    if missing < max(MIN_IMAGES, cached[most]):
        return most
    found = _measured(network, name, next(part for part in parts if len(part)))
    faster = found["speedup"] >= MIN_SPEEDUP and found["difference"] <= MAX_DIFFERENCE
    worth = faster and found["seconds"] * missing >= MIN_SECONDS
    return "mixed_bfloat16" if worth else "float32"


def _measured(network: keras.Model, name: str, part: Examples) -> dict[str, float]:
    """Read the measurement of a network on this machine, or measure it now and write it."""
    # A folder of caches may be shared by machines, so the name tells machines and software apart.
    versions = f"{keras.backend.backend()} {keras.__version__} {platform.processor()} "
    machine = (platform.node(), versions + device_defaults.kind())
    path = feature_cache.home() / "probes" / f"{feature_cache.digest(name, *machine)}.json"
    try:
        found = json.loads(path.read_text())
        return {key: float(found[key]) for key in ("speedup", "difference", "seconds")}
    except (OSError, ValueError, KeyError, TypeError):
        found = measure_precisions(network, part.take(np.arange(min(PROBED_IMAGES, len(part))))[0])
        # A cache that cannot be written costs a measurement, no training.
        with suppress(OSError):
            files.make_folder(path.parent)
            files.write_text(path, json.dumps(found))
        return found


def measure_precisions(network: keras.Model, images: np.ndarray) -> dict[str, float]:
    """Measure a network in float32 and in bfloat16.

    Args:
        network: float32, from images to features.
        images: `(batch, height, width, 3)`, a few.

    Returns:
        `speedup` of bfloat16, `difference`, the distance of its features over the norm of
        float32's, and `seconds` per image in float32.
    """
    seconds, features = [], []
    for precision in PRECISIONS:
        worker = _compiled(network, precision)
        features.append(np.asarray(worker.predict_on_batch(images), np.float32))  # compiles
        times: list[float] = []
        while len(times) < 3 and sum(times) < 0.3:
            began = time.perf_counter()
            worker.predict_on_batch(images)
            times.append(time.perf_counter() - began)
        # The least of several is the one that other processes disturbed least.
        seconds.append(min(times))
    exact, rough = features
    difference = float(np.linalg.norm(exact - rough)) / max(float(np.linalg.norm(exact)), 1e-12)
    return {
        "speedup": seconds[0] / seconds[1],
        "difference": difference,
        "seconds": seconds[0] / len(images),
    }


def _notify(observers: Sequence[Any], event: str, count: int) -> None:
    for observer in observers:
        if event == "on_predict_batch_end":
            observer.on_predict_batch_end(count)
        elif event == "on_predict_begin":
            observer.set_params({**(observer.params or {}), "images": count})
            observer.on_predict_begin()
        else:
            observer.on_predict_end()
