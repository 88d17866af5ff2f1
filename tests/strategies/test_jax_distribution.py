"""A model that is sharded over devices learns what it learns on one."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import pytest

from kerasrecipes import strategies
from kerasrecipes.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(find_spec("jax") is None, reason="needs JAX")
def test_two_by_two_devices_equal_one(tmp_path):
    command = [sys.executable, "-m", "tests.programs.strategies_layout", str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert answer.returncode == 0, answer.stderr[-2000:]
    found = json.loads(answer.stdout.splitlines()[-1])
    assert found["difference"] < 1e-6
    assert found["cut"] == [[5, 4]] * 4, "the kernel of 5 x 8 is cut in two"
    assert found["lost"] == 0, "what is saved is what was learned"
    assert "'broad' is not a variable" in found["refused"]
    assert "must be at least 2 and divide the 4 devices" in found["uneven"]


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="concerns the backend tensorflow"
)
def test_tensorflow_refuses_a_layout():
    with pytest.raises(UserError, match="on the backend jax only"):
        strategies.select("cpu", layout={"kernel": (None, "model")}, model_devices=2)
