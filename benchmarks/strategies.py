"""Does training on several devices and hosts give what one process gives, and how fast?

    python -m benchmarks.strategies

prints, for each case, backend and way of spreading, the largest difference to one process on
TensorFlow in the losses of the first steps, in the weights after them, in evaluation and in
predictions; and the time per step of one and more processes with one core each. To add a case, add
a line to `CASES` in strategies_cases.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.strategies_cases import CASES, Case, batches, compiled
from kerasrecipes.cli.launch import launch

# What a job found: figures by name, for each number of devices and optimizer.
Found = dict[tuple[int, str], dict[str, np.ndarray]]

KINDS = ("losses", "history", "weight", "evaluation", "prediction")
ROOT = Path(__file__).parent.parent


def measure(
    case: Case, strategy: Any, optimizer: str, options: argparse.Namespace
) -> dict[str, np.ndarray]:
    """Train, evaluate and predict under a strategy, and collect the figures."""
    import keras

    fit, model = strategy.prepare(*compiled(case, optimizer))
    steps = -(-options.examples // case.batch_size)
    seen: dict[str, list[float]] = {"loss": [], "time": []}

    def note(_, logs):
        seen["loss"].append(float(logs["loss"]))
        seen["time"].append(time.perf_counter())

    found = {}
    callbacks = [keras.callbacks.LambdaCallback(on_train_batch_end=note)]
    if fit.optimizer.use_ema:
        callbacks.append(keras.callbacks.SwapEMAWeights())
    history = fit.fit(
        strategy.feed(lambda: batches(case, options.examples)),
        validation_data=strategy.feed(lambda: batches(case, case.batch_size + 1), "evaluate"),
        validation_steps=2,
        steps_per_epoch=steps,
        epochs=-(-options.steps // steps),
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )
    found["losses"] = np.array(seen["loss"])
    found["seconds"] = np.diff(seen["time"])[len(seen["time"]) // 2 :]
    found["history"] = np.array([value for values in history.history.values() for value in values])
    values = [keras.ops.convert_to_numpy(weight) for weight in model.weights]
    found.update({f"weight{number:03d}": value for number, value in enumerate(values)})
    for size in options.sizes:
        steps = -(-size // case.batch_size)
        part = lambda size=size: batches(case, size)  # noqa: E731
        found[f"evaluation{size}"] = np.array(
            fit.evaluate(strategy.feed(part, "evaluate"), steps=steps, verbose=0)
        )
        found[f"prediction{size}"] = fit.predict(
            strategy.feed(part, "predict"), steps=steps, verbose=0
        )
    return found


def strategy_on(devices: int) -> Any:
    """Make the strategy over the first devices of this process; TensorFlow allows one number above
    1.
    """
    import keras

    from kerasrecipes.strategies import Strategy

    if devices == 1:
        return Strategy("cpu", "one device")
    if keras.backend.backend() == "jax":
        from kerasrecipes.strategies.jax_distribution import Sharded

        return Sharded(
            "mirrored", f"{devices} devices", keras.distribution.list_devices()[:devices]
        )
    import tensorflow as tf

    from kerasrecipes.strategies.tf_distribute import Replicated

    names = [device.name for device in tf.config.list_logical_devices("CPU")[:devices]]
    return Replicated("mirrored", f"{devices} devices", tf.distribute.MirroredStrategy(names))


def make_devices(count: int) -> None:
    """Split this process's processor into virtual devices."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_num_cpu_devices", count)
    else:
        import tensorflow as tf

        each = [tf.config.LogicalDeviceConfiguration()] * count
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], each)


def job(options: argparse.Namespace) -> None:
    """Do one process's part of some measurements."""
    if options.cores:
        rank = int(os.environ.get("KERAS_DISTRIBUTION_PROCESS_ID", 0))
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[rank]})
    found = {}
    if "TF_CONFIG" in os.environ:
        from kerasrecipes.strategies import select

        strategies = {1: select("multiworker")}
    else:
        make_devices(max(options.devices))
        strategies = {devices: strategy_on(devices) for devices in options.devices}
    for (devices, strategy), optimizer in itertools.product(strategies.items(), options.optimizers):
        case = CASES[options.case]
        case = replace(case, batch_size=options.batch or case.batch_size)
        figures = measure(case, strategy, optimizer, options)
        found.update({f"{devices}/{optimizer}/{name}": value for name, value in figures.items()})
    np.savez(f"{options.out}.{strategy.rank}.npz", **found)


def run(
    case: str, folder: Path, python: str, backend: str, processes: int = 1, **options: Any
) -> list[Found]:
    """Measure a case in processes of its own.

    Args:
        case: name of the case.
        folder: for files.
        python: interpreter of the environment that has the backend.
        backend: `tensorflow` or `jax`.
        processes: how many; with more than one, each has one device.
        options: `optimizers`, `devices` and `sizes`, in text with commas, and `steps`, `examples`,
            `cores` and `batch`.

    Returns:
        For each process, what it found by number of its devices and name of the optimizer.

    Raises:
        RuntimeError: with the processes' output, if one fails.
    """
    options = {"examples": 5 * CASES[case].batch_size + 5, **options}
    out = folder / f"{case}-{backend}-{processes}"
    argv = [python, "-m", "benchmarks.strategies", "job", case, str(out)]
    argv += itertools.chain(*([f"--{name}", str(value)] for name, value in options.items()))
    env = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    env["JAX_PLATFORMS"] = "cpu"
    lines: list[str] = []
    if processes > 1:
        status = launch(processes, argv, write=lines.append, env=env)
    else:
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
        status, lines = done.returncode, [done.stdout, done.stderr]
    if status:
        raise RuntimeError("\n".join(lines))
    return [_load(f"{out}.{rank}.npz") for rank in range(processes)]


def _load(path: str) -> Found:
    found: Found = {}
    with np.load(path, allow_pickle=False) as archive:
        for key in archive.files:
            devices, optimizer, name = key.split("/")
            found.setdefault((int(devices), optimizer), {})[name] = archive[key]
    return found


def differences(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> dict[str, float]:
    """Give the largest difference between two runs in each of `KINDS`."""
    return {
        kind: max(
            float(np.max(np.abs(found[name] - expected[name])))
            for name in expected
            if name.startswith(kind)
        )
        for kind in KINDS
    }


def agreement(pythons: dict[str, str], folder: Path) -> None:
    """Print the table of differences."""
    sizes = "1,2,3,33,64,100"
    print(
        f"Largest difference to one process on TensorFlow; 20 steps; evaluation of {sizes} "
        "examples\n"
    )
    print(f"| {'case':10} | {'spread':26} | {' | '.join(f'{kind:10}' for kind in KINDS)} |")
    print(f"|{'-' * 12}|{'-' * 28}|{'|'.join(['-' * 12] * len(KINDS))}|", flush=True)
    for case in CASES:
        expected = None
        for backend, python in pythons.items():
            [found] = run(case, folder, python, backend, devices="1,2", sizes=sizes)
            found |= run(case, folder, python, backend, devices="4", sizes=sizes)[0]
            rows = {f"{devices} devices": [figures] for (devices, _), figures in found.items()}
            for processes in (2, 3):
                everyone = run(case, folder, python, backend, processes, sizes=sizes)
                rows[f"{processes} processes"] = [figures[1, "adamw"] for figures in everyone]
            expected = expected or found[1, "adamw"]
            for spread, everyone in rows.items():
                worst = [
                    max(differences(found, expected)[kind] for found in everyone) for kind in KINDS
                ]
                told = f"{backend}, {'one process' if spread == '1 devices' else spread}"
                print(
                    f"| {case:10} | {told:26} | "
                    f"{' | '.join(f'{figure:<10.1e}' for figure in worst)} |",
                    flush=True,
                )


def scaling(pythons: dict[str, str], folder: Path) -> None:
    """Print the time per step of the same global batch on more and more processes with one core
    each.

    What a process's share of the batch takes when it is alone is computing; the rest goes to
    exchanging and waiting.
    """
    cores = len(os.sched_getaffinity(0))
    print(f"\nMilliseconds per step, one core for each process; this machine has {cores} cores\n")
    print(
        "| case       | backend    | processes | ms     | efficiency | communication and waiting |"
    )
    print(
        "|------------|------------|-----------|--------|------------|---------------------------|",
        flush=True,
    )
    for case, (backend, python) in itertools.product(
        ("lenet", "sentiment", "attention"), pythons.items()
    ):
        size = CASES[case].batch_size
        alone = milliseconds(case, folder, python, backend)
        for processes in range(1, cores + 1):
            together = (
                alone if processes == 1 else milliseconds(case, folder, python, backend, processes)
            )
            part = size // processes
            computing = (
                alone if processes == 1 else milliseconds(case, folder, python, backend, batch=part)
            )
            print(
                f"| {case:10} | {backend:10} | {processes:<9} | {together:6.1f} | "
                f"{alone / processes / together:10.0%} "
                f"| {max(0.0, 1 - computing / together):25.0%} |",
                flush=True,
            )


def milliseconds(
    case: str, folder: Path, python: str, backend: str, processes: int = 1, batch: int = 0
) -> float:
    """Measure the median step of processes with one core each, on batches of the case's size or of
    another.
    """
    options = {
        "cores": 1,
        "steps": 60,
        "examples": 10 * (batch or CASES[case].batch_size),
        "batch": batch,
    }
    found = run(case, folder, python, backend, processes, **options)[0]
    return 1000 * float(np.median(found[1, "adamw"]["seconds"]))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--tensorflow", default=sys.executable, help="interpreter that has TensorFlow"
    )
    parser.add_argument(
        "--jax", default=None, help="interpreter that has JAX; without it JAX is left out"
    )
    parser.add_argument("--only", choices=["agreement", "scaling"], help="one of the two tables")
    commands = parser.add_subparsers(dest="command")
    part = commands.add_parser("job", help="one process's part of a measurement")
    part.add_argument("case", choices=CASES)
    part.add_argument("out")
    part.add_argument("--optimizers", type=lambda text: text.split(","), default=["adamw"])
    part.add_argument("--devices", type=_numbers, default=[1])
    part.add_argument("--sizes", type=_numbers, default=[])
    for name, default in {"steps": 20, "examples": 325, "cores": 0, "batch": 0}.items():
        part.add_argument(f"--{name}", type=int, default=default)
    return parser


def main() -> None:
    """Print both tables, or do one process's part."""
    options = _parser().parse_args()
    if options.command == "job":
        return job(options)
    pythons = {"tensorflow": options.tensorflow, "jax": options.jax}
    pythons = {backend: python for backend, python in pythons.items() if python}
    with tempfile.TemporaryDirectory() as folder:
        if options.only != "scaling":
            agreement(pythons, Path(folder))
        if options.only != "agreement":
            scaling(pythons, Path(folder))
    return None


if __name__ == "__main__":
    main()
