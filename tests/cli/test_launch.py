"""Local jobs: merged output, and an end in every case."""

import json
import os
import signal
import sys
import threading
import time

import pytest

from kerasrecipes.cli import launch as verb
from kerasrecipes.cli import main
from kerasrecipes.cli.launch import cluster_variables, free_ports, launch
from kerasrecipes.errors import UserError


def run(processes, code, **options):
    lines = []
    started = time.monotonic()
    status = launch(processes, [sys.executable, "-c", code], write=lines.append, **options)
    return status, lines, time.monotonic() - started


def test_every_process_knows_its_place():
    code = (
        "import os, json; print(json.loads(os.environ['TF_CONFIG'])['task']['index'], 'of the job')"
    )
    status, lines, _ = run(3, code)
    assert status == 0
    assert sorted(lines) == ["[0] 0 of the job", "[1] 1 of the job", "[2] 2 of the job"]


def test_variables_name_one_cluster():
    variables = cluster_variables(["a:1", "b:2"], 1)
    assert json.loads(variables["TF_CONFIG"])["cluster"]["worker"] == ["a:1", "b:2"]
    assert variables["KERAS_DISTRIBUTION_JOB_ADDRESSES"] == "a:1,b:2"
    assert variables["KERAS_DISTRIBUTION_PROCESS_ID"] == "1"
    assert len(set(free_ports(5))) == 5


def test_a_failure_ends_the_others_and_gives_its_status():
    code = (
        "import os, sys, time\n"
        "if os.environ['KERAS_DISTRIBUTION_PROCESS_ID'] == '1': print('oh'); sys.exit(7)\n"
        "time.sleep(600)"
    )
    status, lines, seconds = run(3, code, grace=1.0)
    assert status == 7 and seconds < 20
    assert "[1] oh" in lines
    assert lines[-1] == "process 1 of 3 ended with exit status 7; ending the other 2"


def test_who_ignores_the_request_is_ended_by_force():
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.getpid())\n"
        "time.sleep(1)\n"
        "if os.environ['KERAS_DISTRIBUTION_PROCESS_ID'] == '0':\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "time.sleep(600)"
    )
    status, lines, seconds = run(2, code, grace=0.5)
    assert status == 128 + signal.SIGKILL and seconds < 20
    assert lines[-1] == "process 0 of 2 was killed by SIGKILL; ending the other 1"
    for line in lines[:-1]:
        with pytest.raises(ProcessLookupError):
            os.kill(int(line.split()[1]), 0)


def test_interruption_reaches_every_process():
    code = (
        "import time\n"
        # Within, as the interrupt may come before a busy machine has gone on to the next line.
        "try: print('ready'); time.sleep(600)\n"
        "except KeyboardInterrupt: print('saved')"
    )
    lines = []

    def write(line):
        lines.append(line)
        if sum("ready" in seen for seen in lines) == 2 and "ready" in line:
            threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()

    status = launch(2, [sys.executable, "-c", code], write=write)
    assert status == 130
    assert {"[0] saved", "[1] saved"} <= set(lines)


def test_progress_bars_leave_their_last_state():
    status, lines, _ = run(1, "print('1/9\\r2/9\\r9/9')")
    assert (status, lines) == (0, ["[0] 9/9"])


def test_bad_input_is_told():
    with pytest.raises(UserError, match="1 process or more, received 0"):
        run(0, "")
    with pytest.raises(UserError, match="cannot start no-such-command"):
        launch(2, ["no-such-command"], write=print)


def test_the_verb_starts_the_words_behind_it_and_nothing_else(monkeypatch, capsys):
    given = []
    monkeypatch.setattr(verb, "launch", lambda processes, argv, **_: given.append(argv) or 0)
    assert main(["launch", "--processes", "2", "run", "lenet", "--epochs", "2"]) == 0
    assert given[0][1:] == ["-m", "kerasrecipes", "run", "lenet", "--epochs", "2"]
    assert main(["launch", "--processes", "2", "launch", "--processes", "2", "list"]) == 2
    assert main(["launch", "--processes", "2"]) == 2
    assert len(given) == 1 and "not itself" in capsys.readouterr().err
