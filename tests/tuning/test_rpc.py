"""Which process is the chief, and what it says to those that join."""

import json
from pathlib import Path

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.tuning import rpc
from kerasrecipes.tuning.rpc import role


def test_a_chief_of_another_recipe_is_not_joined(monkeypatch):
    class Client:
        def get_space(self):
            return type("Space", (), {"values": {"kerasrecipes/plan": json.dumps(self.told)}})()

    client = Client()
    client.told = {"recipe": "lenet", "folder": "tuning-1", "token": "ab"}
    assert rpc.handshake(client, "lenet", "a:1") == (Path("tuning-1"), "ab")
    with pytest.raises(UserError, match="tunes 'lenet', not 'mlp'"):
        rpc.handshake(client, "mlp", "a:1")
    client.told = {"recipe": "lenet", "folder": "../../elsewhere"}
    with pytest.raises(UserError, match="names a folder that is not a search"):
        rpc.handshake(client, "lenet", "a:1")


def test_keras_tuners_and_slurms_variables_say_what_a_process_is():
    variables = {
        "KERASTUNER_TUNER_ID": "chief",
        "KERASTUNER_ORACLE_IP": "10.0.0.1",
        "KERASTUNER_ORACLE_PORT": "8000",
    }
    chief = role(None, None, variables)
    assert (chief.chief, chief.address, chief.trains) == (True, "10.0.0.1:8000", False)
    assert not role(None, None, {**variables, "KERASTUNER_TUNER_ID": "tuner0"}).chief
    with pytest.raises(UserError, match="KERASTUNER_TUNER_ID is not"):
        role(None, None, {"KERASTUNER_ORACLE_IP": "10.0.0.1"})
    slurm = {
        "SLURM_STEP_NODELIST": "n[1-2]",
        "SLURM_STEP_TASKS_PER_NODE": "1(x2)",
        "SLURM_PROCID": "1",
    }
    assert (role(None, None, slurm).chief, role(None, None, slurm).address) == (False, "n1:47100")
    assert role(None, None, {**slurm, "SLURM_PROCID": "0"}).chief
    assert role("a:1", None, slurm).address == "a:1" and role(None, None, {}) is None
