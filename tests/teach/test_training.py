"""A real training is an ordinary run, which ends with the server, however it ends, and goes on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

import kerasrecipes
from kerasrecipes.teach import lessons
from kerasrecipes.teach.training import Training
from tests.teach.test_lessons import drawings, table


def test_nothing_is_learned_at_first():
    training = Training()
    assert training.state() == {"status": "nothing"} and training.run is None
    training.stop()
    training.close()


def wait(training, *statuses, seconds=120):
    end = time.monotonic() + seconds
    while (state := training.state())["status"] not in statuses:
        assert time.monotonic() < end, state
        time.sleep(0.1)
    return state


@pytest.mark.slow
def test_each_kind_is_learned_as_an_ordinary_run():
    ended = []
    for write, recipe, question in [
        (lambda: lessons.of_table(table(60), "kind"), "mlp", None),
        (lambda: lessons.of_texts(["good", "bad"], [["a fine film"] * 9, ["so poor"] * 9]), *TEXT),
        (lambda: lessons.of_images("photographs", ["a", "b"], drawings(8)), "lenet", None),
    ]:
        training = Training(ended.append)
        training.begin(write)
        state = wait(training, "finished", "failed", "interrupted")
        assert state["status"] == "finished", state
        assert state["recipe"] == recipe and training.run.finished
        assert (training.run.path / "report.html").is_file()
        if question:
            assert kerasrecipes.predict(training.run, [question])[0].label == "good"
    assert len(ended) == 3


TEXT = ("sentiment", "a fine film")


def server():
    command = [sys.executable, "-m", "kerasrecipes", "teach", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, re.search(r"http\S+", process.stdout.readline()).group()


def said(address, path, body=None):
    request = urllib.request.Request(f"{address}{path}", body, method="POST" if body else "GET")
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_training_ends_with_the_server_and_can_go_on(how):
    # Long enough to be interrupted, as the page's own choice for these would not be.
    path = lessons.of_images("drawings", ["a", "b"], drawings(20))
    words = ["run", "lenet", "--data", str(path / lessons.TABLE), "--epochs", "200"]
    (path / "choice.json").write_text(json.dumps({"recipe": "lenet", "why": "", "command": words}))
    process, address = server()
    said(address, "resume", b" ")
    deadline = time.monotonic() + 120
    while said(address, "state")["status"] != "training":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    pupil = int(json.loads(next(path.glob("runs/*/*/lock")).read_text())["process"])
    os.kill(process.pid, how)
    process.wait(60)
    while os.path.exists(f"/proc/{pupil}") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not os.path.exists(f"/proc/{pupil}")
    training = Training()
    assert training.state()["status"] == "interrupted"
    done = len(training.run.history)
    training.resume()
    state = wait(training, "training", "concluding", "finished")
    assert len(state["curve"]["training"]) >= done > 0
    training.close()
