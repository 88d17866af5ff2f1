"""What reaches the terminal is ours: the libraries' log lines do not."""

import os
import subprocess
import sys

import keras
import pytest

HEADER = "age,sex,bmi,bp,s1,s2,s3,s4,s5,s6"  # of the embedded table
VERBS = """
import sys
from kerasrecipes.cli import main

for words in (
    ["run", "linear", "--limit", "100", "--epochs", "1"],
    ["evaluate", "linear"],
    ["predict", "linear", "rows.csv"],
    ["export", "linear", "model.keras"],
    ["export", "linear", "saved"],
    ["export", "linear", "model.tflite"],
):
    status = main(words)
    assert status == 0, (words, status)
"""


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow is what logs")
def test_no_log_line_of_tensorflow_reaches_the_terminal(tmp_path):
    (tmp_path / "rows.csv").write_text(HEADER + "\n" + ",".join(["0.01"] * 10) + "\n")
    quiet = {"TF_CPP_MIN_LOG_LEVEL", "TF_CPP_MAX_VLOG_LEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", VERBS], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    # All that may be said beside the results is ours, and begins so.
    foreign = [
        line for line in done.stderr.splitlines() if not line.startswith(("from ", "kerasrecipes"))
    ]
    assert foreign == []
    assert "gives what" in done.stdout
