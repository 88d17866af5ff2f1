"""A trial's process as the search sees it."""

import os
import threading
import types

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.tuning import trial_process


def test_a_result_is_awaited_however_long_it_works_in_silence(monkeypatch):
    monkeypatch.setattr(trial_process, "_START", 0.05)
    process = trial_process.TrialProcess(types.SimpleNamespace(waiting={"1": None}), "1")
    process.events.put({"event": "started", "pid": os.getpid()})
    ending = [{"event": "done", "run": "x"}, {"event": "exit"}]
    late = threading.Timer(0.4, lambda: [process.events.put(event) for event in ending])
    late.start()
    assert process.result()["run"] == "x"
    with pytest.raises(UserError, match="without a reason"):
        trial_process.TrialProcess(types.SimpleNamespace(waiting={}), "2").result()
