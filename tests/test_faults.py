"""A short form of what `python -m benchmarks.faults` repeats at length."""

import subprocess
import sys
from pathlib import Path

import keras
import pytest

ROOT = Path(__file__).resolve().parent.parent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / "benchmarks").is_dir(), reason="needs the source tree"),
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="processes are forked"),
    pytest.mark.skipif(sys.platform != "linux", reason="calls are intercepted as Linux allows"),
]


def test_faults_at_calls_that_write_are_told_and_led_on_from():
    words = ["writes", "--scenarios", "run", "--cases", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.faults", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MISHANDLED" not in done.stdout
