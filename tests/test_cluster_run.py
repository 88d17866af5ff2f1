"""A recipe run by several processes: the result of one, and no work lost when a worker dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasrecipes.cli.launch import free_ports
from kerasrecipes.runs.finding import all_runs
from tests.training.interruptions import RUN_OF_LENET

pytestmark = pytest.mark.slow


def kerasrecipes(folder, *words, processes=2):
    """Start a command, on several processes if wanted, with its runs in a folder."""
    launcher = ("launch", "--processes", str(processes)) if processes > 1 else ()
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "kerasrecipes",
            *launcher,
            *words,
            *(() if "--resume" in words else ("--diagnose", "false")),
        ],
        env={**os.environ, "KERASRECIPES_HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def workers_of(process):
    """List the processes that a launcher has started."""
    return [
        int(pid)
        for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    ]


def weights(folder):
    """Read all variables of the only run in a folder."""
    (run,) = all_runs("lenet", folder)
    assert run.finished
    with np.load(run.path / "checkpoints" / "last.npz") as saved:
        return [saved[name] for name in sorted(saved.files) if name != "state"]


def test_workers_stop_early_at_the_same_epoch(tmp_path):
    lengths = []
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        words = ("run", "logistic", "--epochs", "60", "--patience", "1", "--learning-rate", "0.3")
        job = kerasrecipes(folder, *words, processes=processes)
        output, _ = job.communicate(timeout=300)
        assert job.returncode == 0, output
        (run,) = all_runs("logistic", folder)
        lengths.append(len(run.history))
    assert lengths[0] == lengths[1] < 60


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="JAX ends the process by itself"
)
@pytest.mark.parametrize("dies", [0, 1])
def test_hosts_given_by_hand_train_together_until_one_dies(tmp_path, dies):
    hosts = ",".join(f"127.0.0.1:{port}" for port in free_ports(2))
    workers = [
        kerasrecipes(
            tmp_path,
            *RUN_OF_LENET,
            "--epochs",
            "99",
            "--hosts",
            hosts,
            "--rank",
            str(rank),
            processes=1,
        )
        for rank in (0, 1)
    ]
    deadline = time.monotonic() + 240
    while not list(tmp_path.rglob("last.npz")) and time.monotonic() < deadline:
        assert [worker.poll() for worker in workers] == [None, None]
        time.sleep(0.1)
    workers[dies].kill()
    died = time.monotonic()
    output, _ = workers[1 - dies].communicate(timeout=60)
    assert time.monotonic() - died < 30, output
    assert workers[1 - dies].returncode == 2, output
    (run,) = all_runs("lenet", tmp_path)
    last = output.strip().splitlines()[-1]
    assert last.startswith("kerasrecipes: another worker of the 2 was lost") and last.endswith(
        f"--resume {run.path}"
    )
    assert "Traceback" not in output


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the workers by /proc")
def test_a_worker_dies_the_job_ends_and_goes_on_to_the_same_bits(tmp_path):
    broken, whole, single = (tmp_path / name for name in ("broken", "whole", "single"))
    process = kerasrecipes(broken, *RUN_OF_LENET)
    deadline = time.monotonic() + 240
    while (
        not list(broken.rglob("last.npz"))
        and process.poll() is None
        and time.monotonic() < deadline
    ):
        time.sleep(0.1)
    os.kill(workers_of(process)[-1], signal.SIGKILL)
    died = time.monotonic()
    output, _ = process.communicate(timeout=60)
    assert time.monotonic() - died < 30, output
    assert process.returncode != 0
    resumed = kerasrecipes(broken, "run", "--resume")
    output, _ = resumed.communicate(timeout=400)
    assert resumed.returncode == 0, output
    for folder, processes in ((whole, 2), (single, 1)):
        job = kerasrecipes(folder, *RUN_OF_LENET, processes=processes)
        output, _ = job.communicate(timeout=400)
        assert job.returncode == 0, output
    for one, other in zip(weights(broken), weights(whole), strict=True):
        np.testing.assert_array_equal(one, other)
    trained = [all_runs("lenet", folder)[0].model.get_weights() for folder in (whole, single)]
    for one, other in zip(*trained, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
