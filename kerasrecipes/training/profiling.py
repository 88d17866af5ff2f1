"""Profile of a training: a trace of a few steps, and where the time of a step goes, in words.

Two callbacks, before and behind all others, divide the time of each step by the host's clock; a
few steps are traced by TensorFlow's profiler or by JAX's, for TensorBoard or Perfetto, and the
operations that took longest are read from the trace.
"""

from __future__ import annotations

import glob
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import keras

from kerasrecipes.metrics.names import duration, percent

FOLDER = "profile"
TRACED = 10  # steps in the trace
WARM = 2  # steps before it, which compile
LOADED = 30  # batches by which the loading is measured
TOP = 5  # operations that are named

Logs = Mapping[str, float] | None


class StepTimes(keras.callbacks.Callback):
    """Times of the parts of each step, and a trace of a few; it comes before all callbacks.

    Args:
        folder: of the trace.
        stride: steps per call of the device.

    Attributes:
        behind: the callback that comes behind all others.
        parts: seconds of each call of the device, by part: `callbacks`, `model` and `between`.
        once: seconds of what is not a part of a step: `first`, `validation` and `epoch_end`.
    """

    def __init__(self, folder: Path, stride: int = 1):
        super().__init__()
        self.folder, self.stride = folder, stride
        self.behind = _Behind(self)
        self.parts: dict[str, list[float]] = {"callbacks": [], "model": [], "between": []}
        self.once: dict[str, list[float]] = {"first": [], "validation": [], "epoch_end": []}
        self.calls = 0
        self.traced = False
        self._tracing, self._fresh = False, True
        self._clock = time.perf_counter()
        self._began_callbacks = 0.0

    def lap(self) -> float:
        """Return the seconds since the last call of this method."""
        now = time.perf_counter()
        seconds, self._clock = now - self._clock, now
        return seconds

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Start the clock of the epoch."""
        self._fresh = True

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Begin a call of the device."""
        between = self.lap()
        if not self._fresh and self.calls > WARM:
            self.parts["between"].append(between)
        self._fresh = False
        if self.calls == WARM and not self.traced:
            self._start()
            self.lap()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """End the step itself."""
        for value in (logs or {}).values():
            float(value)  # a device that computes while Python goes on is waited for
        self._count("model", self.lap())

    def _count(self, part: str, seconds: float) -> None:
        if self.calls == 0 and part == "model":
            self.once["first"].append(seconds)
        elif self.calls > WARM:
            self.parts[part].append(seconds)

    def step_began(self) -> None:
        """Take the time of the callbacks before the step."""
        self._began_callbacks = self.lap()

    def step_ended(self) -> None:
        """Take the time of the callbacks behind the step."""
        self._count("callbacks", self._began_callbacks + self.lap())
        self.calls += 1
        if self._tracing and self.calls >= WARM + max(1, TRACED // self.stride):
            self._stop()
            self.lap()

    def on_test_begin(self, logs: Logs = None) -> None:
        """Begin the validation."""
        self.lap()

    def on_test_end(self, logs: Logs = None) -> None:
        """End the validation."""
        self.once["validation"].append(self.lap())

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Begin what callbacks do after an epoch, such as checkpoints; a trace ends before."""
        if self._tracing:
            self._stop()
        self.lap()

    def _start(self) -> None:
        # Only one may run in a process, and it fails where another one does.
        start_trace(self.folder)
        self._tracing = True

    def _stop(self) -> None:
        self._tracing, self.traced = False, True
        stop_trace()


class _Behind(keras.callbacks.Callback):
    """The second clock, behind all callbacks."""

    def __init__(self, times: StepTimes):
        super().__init__()
        self.times = times

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Take the time of the callbacks before the step."""
        self.times.step_began()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Take the time of the callbacks behind the step."""
        self.times.step_ended()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Take the time of what callbacks do after an epoch."""
        self.times.once["epoch_end"].append(self.times.lap())


def start_trace(folder: Path) -> None:
    """Start the profiler of the backend.

    Args:
        folder: that takes the trace.
    """
    if keras.backend.backend() == "jax":
        import jax

        jax.profiler.start_trace(str(folder), create_perfetto_trace=True)
    else:
        import tensorflow as tf

        tf.profiler.experimental.start(str(folder))


def stop_trace() -> None:
    """Stop the profiler and write the trace."""
    if keras.backend.backend() == "jax":
        import jax

        jax.profiler.stop_trace()
    else:
        import tensorflow as tf

        tf.profiler.experimental.stop()


def loading(batches: Iterable[Any], count: int = LOADED) -> float | None:
    """Measure how long a batch takes to load when nothing else is done.

    Args:
        batches: as training takes them; may have no end.
        count: the most batches to load.

    Returns:
        Seconds per batch; `None` if there are fewer than two.
    """
    iterator: Iterator[Any] = iter(batches)
    next(iterator, None)  # fills what is read ahead
    began, number = time.perf_counter(), 0
    for _ in islice(iterator, count):
        number += 1
    return (time.perf_counter() - began) / number if number else None


def measured(
    times: StepTimes, steps: int, batches: Callable[[], Iterable[Any]] | None
) -> dict[str, Any]:
    """Return what was measured, and what it means in sentences.

    Args:
        times: of the training.
        steps: of an epoch.
        batches: makes batches as training takes them, to measure their loading alone; `None` where
            a loop makes them itself.

    Returns:
        Milliseconds of a step by part (`model`, `callbacks`, `between`, `loading`), seconds of
        what comes once (`first`, `validation`, `epoch_end`), `top` operations with milliseconds
        per step and share, `trace`, the folder, and `sentences`; only the sentence that there were
        too few steps where there were.
    """
    if not times.parts["model"]:
        return {"sentences": [f"the profile needs more than {WARM + 1} steps"]}
    # The median: a pause of the machine is not a part of a step.
    parts = {
        name: 1e3 * _median(values) / times.stride if values else 0.0
        for name, values in times.parts.items()
    }
    alone = None if batches is None else loading(batches())
    top = []
    with suppress(Exception):  # traces have no format that is promised
        top = operations(times.folder)
    found: dict[str, Any] = {
        "step_ms": sum(parts.values()),
        **{f"{name}_ms": value for name, value in parts.items()},
        **{f"{name}_seconds": _median(v) for name, v in times.once.items() if v},
        "steps": steps,
        "top": top,
    }
    if alone is not None:
        found["loading_ms"] = 1e3 * alone
    if times.traced:
        found["trace"] = str(times.folder)
    return {**found, "sentences": sentences(found)}


def sentences(found: Mapping[str, Any]) -> list[str]:
    """Say where the time goes.

    Args:
        found: of `measured`.

    Returns:
        Sentences, the most important first.
    """
    step = found["step_ms"]
    shares = {name: found[f"{name}_ms"] / step for name in ("model", "callbacks", "between")}
    text = (
        f"a step takes {_ms(step)}: {percent(shares['model'])} the model and the wait for its "
        f"batch, {percent(shares['callbacks'])} callbacks, {percent(shares['between'])} the loop"
    )
    told = [text]
    if "loading_ms" in found:
        told.append(_loading(found["loading_ms"], found["model_ms"]))
    if shares["callbacks"] > 0.2:
        told.append("callbacks take more than a fifth of a step: --steps-per-execution calls fewer")
    epoch = step * found["steps"] / 1e3
    extra = {
        "validation": found.get("validation_seconds", 0.0),
        "checkpoints and other work after it": found.get("epoch_end_seconds", 0.0),
    }
    told.append(
        f"an epoch takes {duration(epoch)} of steps"
        + "".join(f", {duration(value)} of {name}" for name, value in extra.items() if value)
        + f"; the first step, which compiles, took {duration(found.get('first_seconds', 0.0))}"
    )
    if found["top"]:
        named = ", ".join(f"{o['name']} {percent(o['share'])}" for o in found["top"])
        told.append(f"operations that take longest in the trace: {named}")
    if "trace" in found:
        told.append(f"trace of {TRACED} steps, for TensorBoard or Perfetto: {found['trace']}")
    return [sentence.replace("\u00a0", " ") for sentence in told]


def _loading(alone: float, model: float) -> str:
    text = f"loading a batch alone takes {_ms(alone)}"
    if alone > 0.8 * model:
        return f"{text}, as long as the step: the data holds the model up"
    if alone > 0.3 * model:
        return f"{text}, a part of the step that is noticed where it is not read ahead"
    return f"{text}, so that the model does not wait for data"


def _ms(value: float) -> str:
    return f"{value:.3g} ms"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def operations(folder: Path) -> list[dict[str, Any]]:
    """Read the operations that took longest from a trace.

    Args:
        folder: of the trace.

    Returns:
        `name`, `ms` in the trace and `share` of all operations, the longest first: kernels of the
        accelerator where there is one, else operations of the host.
    """
    totals: dict[str, dict[str, float]] = {"device": defaultdict(float), "host": defaultdict(float)}
    for path in glob.glob(f"{folder}/**/*.xplane.pb", recursive=True):
        for plane, line, name, nanoseconds in _events(path):
            place = "device" if plane.startswith("/device:") else "host"
            if found := _on_device(line, name) if place == "device" else _on_host(line, name):
                totals[place][found] += nanoseconds
    chosen = totals["device"] or totals["host"]
    whole = sum(chosen.values())
    return [
        {"name": name, "ms": total / 1e6, "share": total / whole}
        for name, total in sorted(chosen.items(), key=lambda pair: -pair[1])[:TOP]
    ]


def _on_device(line: str, name: str) -> str | None:
    """Return the kind of a kernel; other lines of a device tell of steps and modules."""
    if not line.startswith(("Stream", "XLA Ops")):
        return None
    return re.split(r"[<(]|\.\d", name, maxsplit=1)[0][:48]


def _on_host(line: str, name: str) -> str | None:
    """Return the kind of an operation, `None` for what runs it or loads data."""
    python = line.startswith("python")
    if python and keras.backend.backend() == "tensorflow":
        match = None  # functions of Python, which only call what other lines tell
    elif python or line.startswith("tf_XLA"):
        # Such as `dot.3` and `multiply_add_fusion.6`; what begins with a capital runs them. Those
        # of small models run where they are called, in Python's thread.
        match = re.fullmatch(r"([a-z][\w\-]*?)(?:\.\d+)*", name)
    elif line.startswith("tf_data"):
        match = None
    else:
        # Such as `lenet/dense/MatMul:MatMul`.
        match = re.fullmatch(r"[\w/.\-]+:(\w+)", name)
    return match[1].lstrip("_") if match else None


def _events(path: str) -> Iterator[tuple[str, str, str, float]]:
    """Iterate over the events of a trace: plane, line, name and nanoseconds."""
    if keras.backend.backend() == "jax":
        import jax

        for plane in jax.profiler.ProfileData.from_file(path).planes:
            for line in plane.lines:
                for event in line.events:
                    yield plane.name, line.name, event.name, event.duration_ns
        return
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace()
    space.ParseFromString(Path(path).read_bytes())
    for one in space.planes:
        names = {number: event.name for number, event in one.event_metadata.items()}
        for line in one.lines:
            for event in line.events:
                yield one.name, line.name, names[event.metadata_id], event.duration_ps / 1e3
