"""What all tests share: quiet frameworks, and run folders that vanish."""

import os
import signal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("MPLBACKEND", "agg")

import pytest

import kerasrecipes  # noqa: F401 - lets Keras run on JAX where TensorFlow is absent

# Behind nohup and the like an interrupt is ignored, by every process that the tests start too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    """Let every test write its runs to a folder of its own."""
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path / "runs"))
    monkeypatch.setenv("KERASRECIPES_CACHE", str(tmp_path / "cache"))
