"""What reaches the terminal is ours: the libraries' log lines do not."""

import os
import subprocess
import sys

import keras
import pytest

HEADER = "age,sex,bmi,bp,s1,s2,s3,s4,s5,s6"  # of the embedded table
VERBS = (
    ("run", "linear", "--limit", "100", "--epochs", "1"),
    ("evaluate", "linear"),
    ("predict", "linear", "rows.csv"),
    ("export", "linear", "model.keras"),
    ("export", "linear", "saved"),
    ("export", "linear", "model.tflite"),
)


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow is what logs")
def test_no_log_line_of_tensorflow_reaches_the_terminal(tmp_path):
    (tmp_path / "rows.csv").write_text(HEADER + "\n" + ",".join(["0.01"] * 10) + "\n")
    quiet = {"TF_CPP_MIN_LOG_LEVEL", "TF_CPP_MAX_VLOG_LEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    said = {}
    for words in VERBS:
        # Each in a process of its own: what one loads loudly another would have loaded before.
        command = [sys.executable, "-m", "kerasrecipes", *words]
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        # All that may be said beside the results is ours, and begins so.
        lines = done.stderr.splitlines()
        foreign = [line for line in lines if not line.startswith(("from ", "kerasrecipes"))]
        assert foreign == [], words
        said[words] = done.stdout
    assert "what the run gives" in said[VERBS[-1]]


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow is what logs")
@pytest.mark.parametrize("words", [("serve", "zoo/lenet"), ("teach",)], ids=" ".join)
def test_none_reaches_it_from_a_server(words, tmp_path):
    quiet = {"TF_CPP_MIN_LOG_LEVEL", "TF_CPP_MAX_VLOG_LEVEL"}
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "KERASRECIPES_HOME": str(tmp_path)}
    command = [sys.executable, "-u", "-m", "kerasrecipes", *words, "--port", "0"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().startswith("open http://")
        process.terminate()
        assert process.stderr.read() == ""
