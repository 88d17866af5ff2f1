"""Training over devices and processes gives what one process gives, and ends when a worker dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from benchmarks.strategies import differences, run
from benchmarks.strategies_cases import CASES, OPTIMIZERS
from kerasrecipes.cli.launch import launch

TOLERANCE = 3e-6
PROGRAMS = Path(__file__).parents[1] / "programs"
BACKEND = keras.backend.backend()


def env():
    return {
        **os.environ,
        "KERAS_BACKEND": BACKEND,
        "PYTHONPATH": str(PROGRAMS.parents[1]),
        "JAX_PLATFORMS": "cpu",
    }


def close(found, expected):
    for kind, figure in differences(found, expected).items():
        assert figure < TOLERANCE, kind


def measure(tmp_path, case, processes=1, **options):
    return run(case, tmp_path, sys.executable, BACKEND, processes, **options)


def test_devices_and_processes_equal_one_process(tmp_path):
    options = {"optimizers": "adamw", "sizes": "1,33", "steps": 6}
    [found] = measure(tmp_path, "normalized", devices="1,3", **options)
    expected = found[1, "adamw"]
    close(found[3, "adamw"], expected)
    for worker in measure(tmp_path, "normalized", 2, **options):
        close(worker[1, "adamw"], expected)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_every_optimizer_on_every_spread(tmp_path, case):
    # The last batch of an epoch has fewer rows than there are devices.
    options = {
        "optimizers": ",".join(OPTIMIZERS),
        "sizes": "1,2,3,33,70",
        "examples": 5 * CASES[case].batch_size + 1,
    }
    [found] = measure(tmp_path, case, devices="1,2", **options)
    found |= measure(tmp_path, case, devices="4", **options)[0]
    workers = [
        worker for processes in (2, 3) for worker in measure(tmp_path, case, processes, **options)
    ]
    for optimizer in OPTIMIZERS:
        expected = found[1, optimizer]
        assert len(expected["losses"]) >= 20
        for devices in (2, 4):
            close(found[devices, optimizer], expected)
        for worker in workers:
            close(worker[1, optimizer], expected)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_both_backends_agree(tmp_path, case):
    other = "jax" if BACKEND == "tensorflow" else "tensorflow"
    python = os.environ.get("OTHER_PYTHON", sys.executable)
    if subprocess.run(
        [python, "-c", f"import {other}"], capture_output=True, check=False
    ).returncode:
        pytest.skip(f"needs an interpreter that has {other}, in OTHER_PYTHON")
    options = {"optimizers": "adamw", "sizes": "1,33"}
    [expected] = measure(tmp_path, case, **options)
    [found] = run(case, tmp_path, python, other, devices="1,2", **options)
    for devices in (1, 2):
        close(found[devices, "adamw"], expected[1, "adamw"])


@pytest.mark.slow
def test_every_size_is_evaluated_and_predicted_as_by_one_process(tmp_path):
    options = {"optimizers": "sgd", "sizes": ",".join(map(str, range(1, 101))), "steps": 3}
    [found] = measure(tmp_path, "sentiment", devices="1,4", **options)
    close(found[4, "sgd"], found[1, "sgd"])
    for worker in measure(tmp_path, "sentiment", 3, **options):
        close(worker[1, "sgd"], found[1, "sgd"])


@pytest.mark.slow
@pytest.mark.parametrize(("processes", "devices"), [(1, 1), (1, 2), (2, 1)])
def test_a_checkpoint_in_mid_epoch_goes_on_to_the_same_bits(tmp_path, processes, devices):
    for mode in ("whole", "resumed"):
        argv = [
            sys.executable,
            str(PROGRAMS / "strategies_checkpoint.py"),
            str(tmp_path),
            mode,
            str(devices),
        ]
        lines = []
        variables = {**env(), "TF_DETERMINISTIC_OPS": "1"}
        if processes == 1:
            argv = ["env", "-u", "TF_CONFIG", *argv]
        assert launch(processes, argv, write=lines.append, env=variables) == 0, "\n".join(lines)
    whole, resumed = np.load(tmp_path / "whole.npz"), np.load(tmp_path / "resumed.npz")
    for name in whole.files:
        np.testing.assert_array_equal(whole[name], resumed[name])
    assert keras.saving.load_model(tmp_path / "whole.keras").count_params()


ENDLESS = """
import itertools, os
import keras
from benchmarks.strategies_cases import CASES, batches, compiled
from kerasrecipes import strategies
strategy = strategies.select()
fit, _ = strategy.prepare(*compiled(CASES["normalized"], "adamw"))
said = keras.callbacks.LambdaCallback(
    on_train_batch_end=lambda batch, logs: batch == 20 and print("trains", os.getpid(), flush=True)
)
stream = strategy.feed(lambda: batches(CASES["normalized"], 64))
fit.fit(stream, steps_per_epoch=10**7, verbose=0, callbacks=[said])
"""


@pytest.mark.slow
def test_a_killed_worker_ends_the_job(tmp_path):
    lines, killed = [], []

    def write(line):
        lines.append(line)
        if line.startswith("[1] trains"):
            killed.append(time.monotonic())
            os.kill(int(line.split()[-1]), signal.SIGKILL)

    status = launch(2, [sys.executable, "-c", ENDLESS], write=write, env=env())
    assert killed, "\n".join(lines)
    assert time.monotonic() - killed[0] < 30
    assert status == 128 + signal.SIGKILL
    assert lines[-1] == "process 1 of 2 was killed by SIGKILL; ending the other 1"


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow", reason="concerns the backend tensorflow")
def test_stock_keras_still_cannot_train_on_several_workers():
    lines = []
    launch(
        2, [sys.executable, str(PROGRAMS / "strategies_upstream.py")], write=lines.append, env=env()
    )
    assert not any("stock fit works" in line for line in lines), (
        "Keras now trains on MultiWorkerMirroredStrategy "
        "(https://github.com/keras-team/keras/issues/20585): compare "
        "its results with test_every_optimizer_on_every_spread, and if they agree let "
        "kerasrecipes.strategies.tf_distribute use stock fit"
    )
    assert any("stock fit failed" in line for line in lines), "\n".join(lines)


OVERFLOWING = """
import os, sys
import keras, numpy as np
from benchmarks.strategies import make_devices, strategy_on
from kerasrecipes import strategies
if "TF_CONFIG" in os.environ:
    strategy = strategies.select("multiworker")
else:
    make_devices(int(sys.argv[1]))
    strategy = strategy_on(int(sys.argv[1]))
keras.config.set_dtype_policy("mixed_float16")
keras.utils.set_random_seed(0)
x = np.ones((8, 3), "float32")
x[7] = 6e4  # overflows float16 on the second replica only
def build():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, kernel_initializer="ones")])
def compile(model):
    model.compile(keras.optimizers.SGD(1e-3, clipnorm=1.0), "mse")
fit, model = strategy.prepare(build, compile)
fit.fit(strategy.feed(lambda: iter([(x, x[:, :1])])), steps_per_epoch=3, verbose=0)
scale = [v for v in model.optimizer.variables if "dynamic_scale" in v.path][0]
values = [*model.get_weights(), keras.ops.convert_to_numpy(scale)]
print("found", *np.concatenate([np.ravel(value) for value in values]))
"""


@pytest.mark.slow
@pytest.mark.skipif(
    BACKEND != "tensorflow", reason="on jax one process judges an overflow for all devices"
)
@pytest.mark.parametrize(("processes", "devices"), [(1, 2), (2, 1)])
def test_an_overflow_on_one_replica_is_skipped_by_all(processes, devices):
    found = []
    for workers, each in ((1, 1), (processes, devices)):
        lines = []
        argv = [sys.executable, "-c", OVERFLOWING, str(each)]
        if workers == 1:
            argv = ["env", "-u", "TF_CONFIG", *argv]
        assert launch(workers, argv, write=lines.append, env=env()) == 0, "\n".join(lines)
        rows = [line.split()[2:] for line in lines if line.split()[1:2] == ["found"]]
        assert len(rows) == workers
        found += [[float(value) for value in row] for row in rows]
    assert np.isfinite(found).all()
    for row in found[1:]:
        np.testing.assert_allclose(row, found[0])
    assert found[0][-1] < 2.0**15
