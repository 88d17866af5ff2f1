"""Kill the chief and the workers at random, again and again: every trial ends exactly once."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from kerasrecipes.tuning.results import Tuning, folders

PAGE = str(Path(__file__).parent / "page.py")
KILLS, TRIALS = 10, 30

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux"),
]


def start(*words):
    """Start or resume the search in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "kerasrecipes", "tune", PAGE, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def children(pid):
    """List a process's children and theirs."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid:
                process = int(stat.parent.name)
                found += [process, *children(process)]
    return found


def left_behind(seconds=10):
    """List the fork servers of this page and their trials that have outlived their search."""
    end = time.monotonic() + seconds
    while True:
        found = []
        for line in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                words = line.read_bytes().decode(errors="replace").split("\0")
                if "kerasrecipes.tuning.forkserver" in words and PAGE in words:
                    found.append(int(line.parent.name))
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.2)


def at_work(process, deadline=120):
    """Wait until trials run, and give the processes of the workers and of the fork server."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        assert process.poll() is None, process.stdout.read().decode()
        if folders("page") and len(found := children(process.pid)) >= 2:
            return found
        time.sleep(0.1)
    raise AssertionError("no trial has begun")


def ended():
    """Give the ids of the trials that are over, with their outcomes, as they are on disk."""
    for folder in folders("page"):
        records = Tuning(folder).state["records"].values()
        return {
            r["id"]: (r["status"], r["score"], r["attempt"])
            for r in records
            if r["score"] is not None
        }
    return {}


@pytest.mark.parametrize(
    ("method", "epochs", "seed"), [("random", 24, 0), ("random", 24, 1), ("hyperband", 72, 5)]
)
def test_every_trial_ends_exactly_once(method, epochs, seed, capsys):
    chance = random.Random(seed)
    given = f"--method {method} --trials {TRIALS} --workers 2 --repeats 0 --epochs {epochs}".split()
    process, killed, seen, resumed = start(*given), [], {}, 0
    while len(killed) < KILLS:
        workers = at_work(process)
        time.sleep(chance.uniform(0.0, 4.0))
        victim = process.pid if chance.random() < 0.5 else chance.choice(workers)
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        killed.append("chief" if victim == process.pid else "worker")
        for trial, outcome in seen.items():
            assert ended()[trial] == outcome, "what has ended stays as it is"
        seen = ended()
        if victim == process.pid:
            process.wait()
            time.sleep(0.5)
            resumed += 1
            process = start("--resume", "--workers", "2")
    output = process.communicate(timeout=900)[0].decode()
    assert process.returncode == 0, output
    (folder,) = folders("page")
    records = Tuning(folder).records("search")
    with capsys.disabled():
        again = [r for r in records if r["attempt"] > 1]
        further = sum(bool(r["begun"][-1]) for r in again)
        went_on = f"{len(again)} trials went on, {further} of them in mid-training"
        print(f"\n{killed}: {resumed} resumes, {went_on}")
    assert len(records) == TRIALS and len({record["id"] for record in records}) == TRIALS
    assert {record["status"] for record in records} <= {"completed", "ended early"}
    new = [record for record in records if record["earlier"] is None]
    assert len({tuple(record["settings"].items()) for record in new}) == len(new)
    assert (len(new) < TRIALS) == (method == "hyperband")
    for trial, outcome in seen.items():
        assert (
            next((r["status"], r["score"], r["attempt"]) for r in records if r["id"] == trial)
            == outcome
        )
    for record in records:
        if record["status"] == "completed":
            assert record["epochs"] == len(record["history"]) == (record["until"] or epochs)
        if record["earlier"]:
            before = records[int(record["earlier"])]
            assert before["history"].items() <= record["history"].items(), (
                "it went on from what the earlier one did"
            )
            assert next(epoch for epoch in record["begun"] if epoch is not None) >= before["epochs"]
    assert not left_behind(), "nobody is left behind"
