"""Choosing a strategy by name."""

import pytest

from kerasrecipes import strategies
from kerasrecipes.errors import UserError


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch):
    for name in ("TF_CONFIG", "KERAS_DISTRIBUTION_JOB_ADDRESSES", "SLURM_STEP_NODELIST"):
        monkeypatch.delenv(name, raising=False)


def test_unknown_names_get_the_nearest():
    with pytest.raises(UserError, match="did you mean 'mirrored'"):
        strategies.select("miror")


def test_devices_that_are_not_there_are_told():
    with pytest.raises(UserError, match="no TPU"):
        strategies.select("tpu")
    with pytest.raises(UserError, match="no cluster of two workers"):
        strategies.select("multiworker")


def test_hosts_and_a_strategy_of_one_machine_exclude_each_other():
    with pytest.raises(
        UserError, match="the strategy cpu is of one machine: leave out hosts and rank"
    ):
        strategies.select("cpu", hosts=["a:1", "b:1"], rank=0)
