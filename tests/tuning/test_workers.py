"""Workers' shares of the machine."""

import os

import pytest

from kerasrecipes.tuning import workers


def test_workers_share_the_machine():
    if not hasattr(os, "sched_getaffinity") or workers.gpus():
        pytest.skip("needs Linux and no GPU")
    cores = os.sched_getaffinity(0)
    parts = [workers.resources(number, len(cores))["cores"] for number in range(len(cores))]
    assert sorted(core for part in parts for core in part) == sorted(cores)
    assert "cores" not in workers.resources(0, 1)


def test_gpus_are_dealt_out(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,5")
    dealt = [
        workers.resources(number, 2)["environment"]["CUDA_VISIBLE_DEVICES"] for number in range(2)
    ]
    assert dealt == ["0,5", "1"]
    shared = workers.resources(4, 6)["environment"]
    assert (
        shared["CUDA_VISIBLE_DEVICES"] == "1" and shared["XLA_PYTHON_CLIENT_PREALLOCATE"] == "false"
    )
