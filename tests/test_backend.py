"""Which backend Keras is told to run on, before it loads."""

import os
import subprocess
import sys

import pytest

import kerasrecipes
from kerasrecipes import backend
from kerasrecipes.errors import UserError


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Pretend a machine with some packages and devices, on which nobody has chosen."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def pretend(*packages, chips=(), keras_json=None):
        for chip in chips:
            (tmp_path / chip).mkdir(parents=True)
        if keras_json:
            (tmp_path / "keras.json").write_text(keras_json)
        monkeypatch.setattr(backend, "DEVICES", tmp_path)
        monkeypatch.setattr(backend, "_installed", lambda name: name in packages)
        monkeypatch.setattr(os, "environ", dict(os.environ))
        backend.settle()
        return os.environ.get("KERAS_BACKEND")

    return pretend


def test_jax_is_taken_where_tensorflow_is_absent(machine):
    assert machine("jax") == "jax"


def test_tensorflow_is_left_where_it_is(machine):
    assert machine("jax", "tensorflow") is None
    assert machine("jax", "tensorflow", chips=["accel0"]) is None  # no driver


@pytest.mark.parametrize("chip", ["accel0", "vfio/0"])
def test_jax_is_taken_on_a_tpu(machine, chip):
    assert machine("jax", "tensorflow", "libtpu", chips=[chip]) == "jax"


def test_what_the_user_chose_is_honoured(machine, monkeypatch):
    assert machine("jax", keras_json='{"backend": "torch"}') is None
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    assert machine("jax", "tensorflow", "libtpu", chips=["accel0"]) == "tensorflow"


def test_a_foreign_backend_is_told_in_a_line():
    done = subprocess.run(
        [sys.executable, "-m", "kerasrecipes", "run", "lenet"],
        env={**os.environ, "KERAS_BACKEND": "tensorflw"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("kerasrecipes: unknown backend of KERAS_BACKEND 'tensorflw'")
    assert len(done.stderr.splitlines()) == 1


def test_keras_that_runs_already_is_not_changed(monkeypatch):
    import keras

    other = {"tensorflow": "jax", "jax": "tensorflow"}[keras.backend.backend()]
    monkeypatch.setattr(backend, "_installed", lambda name: True)
    with pytest.raises(UserError, match=f"Keras runs on {keras.backend.backend()} already"):
        backend.choose(other)


def test_strategies_are_at_hand_by_name():
    assert kerasrecipes.strategies.select("auto").num_replicas == 1
