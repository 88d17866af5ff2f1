"""Which process is the chief of a search on several machines."""

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.tuning.hosts import role


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
