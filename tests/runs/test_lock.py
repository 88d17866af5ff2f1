"""One process at a time works on a folder, and a stale lock is no obstacle."""

import json
import multiprocessing
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from kerasrecipes import processes
from kerasrecipes.errors import UserError
from kerasrecipes.runs import lock
from kerasrecipes.runs.config import read_toml
from kerasrecipes.runs.finding import find
from kerasrecipes.runs.lock import Holder, InUse, held, holder
from kerasrecipes.runs.run import Run
from kerasrecipes.tuning import results, secret

DEAD = 999_999_999


def leave(folder, age=0.0, **changes):
    """Write a lock of another process, touched some seconds ago."""
    path = folder / lock.NAME
    path.write_text(json.dumps(asdict(replace(Holder.this(), **changes))))
    os.utime(path, (time.time() - age,) * 2)
    return path


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path):
    with held(tmp_path):
        with pytest.raises(InUse) as refused, held(tmp_path):
            pass
        said = str(refused.value)
        assert f"process {os.getpid()}" in said and f"remove {tmp_path / 'lock'}" in said
        assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", said)
        assert holder(tmp_path).process == os.getpid()
    assert holder(tmp_path) is None and not list(tmp_path.iterdir())


STALE = {
    "killed": {"process": DEAD},
    "number given again": {"process": os.getpid(), "beginning": "1"},
    "another machine, long silent": {"machine": "01234567", "host": "other", "age": 601},
    "this machine, started anew": {"machine": "01234567", "age": 10**9},
}
ALIVE = {
    "this process": {},
    "another machine": {"machine": "01234567", "host": "other", "process": DEAD, "age": 60},
    "a container of this name": {"machine": "01234567", "process": DEAD, "age": 0},
}


@pytest.mark.parametrize("case", STALE)
def test_a_stale_lock_is_taken(case, tmp_path):
    if case == "number given again" and not processes.started(os.getpid()):
        pytest.skip("this system does not tell when a process began")
    leave(tmp_path, **STALE[case])
    assert holder(tmp_path) is None
    with held(tmp_path) as mine:
        mine.check()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("case", ALIVE)
def test_a_living_holder_is_believed(case, tmp_path):
    path = leave(tmp_path, **ALIVE[case])
    before = path.read_text()
    with pytest.raises(InUse, match="is in use by process"), held(tmp_path):
        pass
    assert path.read_text() == before and [p.name for p in tmp_path.iterdir()] == ["lock"]


@pytest.mark.parametrize("case", STALE)
def test_what_a_dead_process_left_is_cleared(case, tmp_path):
    if case == "number given again" and not processes.started(os.getpid()):
        pytest.skip("this system does not tell when a process began")
    leave(tmp_path, **STALE[case])
    (tmp_path / "figures").mkdir()
    (tmp_path / "figures" / ".curves.png.0a0a0a0a-99.abcd1234.part").write_bytes(b"half")
    (tmp_path / "metrics.json").write_text("{}")
    lock.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["figures", "metrics.json"]


@pytest.mark.parametrize("case", ALIVE)
def test_what_a_living_process_writes_is_not_cleared(case, tmp_path):
    leave(tmp_path, **ALIVE[case])
    (tmp_path / ".curves.png.0a0a0a0a-99.abcd1234.part").write_bytes(b"half")
    before = sorted(tmp_path.iterdir())
    lock.clear(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_run_that_is_found_is_cleared(tmp_path):
    run = tmp_path / "mlp" / "2026-11-30-101010"
    run.mkdir(parents=True)
    (run / "config.toml").write_text("")
    leave(run, process=DEAD)
    assert find(str(run)).path == run and not (run / lock.NAME).exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"host": 1}', "\x00" * 9, "[" * 100_000])
def test_a_damaged_lock_is_stale_after_a_while(text, tmp_path):
    path = tmp_path / lock.NAME
    path.write_text(text)
    with pytest.raises(InUse), held(tmp_path):
        pass
    os.utime(path, (time.time() - 60,) * 2)
    with held(tmp_path):
        pass


def test_a_lock_that_was_taken_away_is_noticed_and_left_alone(tmp_path):
    with held(tmp_path) as mine:
        leave(tmp_path, host="other", machine="01234567")
        with pytest.raises(InUse, match="was taken away; it belongs to process"):
            mine.check()
    assert (tmp_path / lock.NAME).exists()
    (tmp_path / lock.NAME).unlink()
    with held(tmp_path) as mine:
        (tmp_path / lock.NAME).unlink()
        with pytest.raises(InUse, match="by hand"):
            mine.check()


def test_a_disk_without_links_has_locks_too(tmp_path, monkeypatch):
    def refused(*given):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    with held(tmp_path), pytest.raises(InUse), held(tmp_path):
        pass
    assert not list(tmp_path.iterdir())


def race(folder, start, results):
    start.wait()
    try:
        with held(folder):
            results.put(True)
            time.sleep(0.5)
    except InUse:
        results.put(False)


@pytest.mark.parametrize("stale", [False, True])
def test_of_many_processes_one_gets_the_lock(stale, tmp_path):
    if stale:
        leave(tmp_path, process=DEAD)
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    start, results = context.Event(), context.Queue()
    workers = [context.Process(target=race, args=(tmp_path, start, results)) for _ in range(6)]
    for worker in workers:
        worker.start()
    start.set()
    won = [results.get(timeout=30) for _ in workers]
    for worker in workers:
        worker.join(30)
    assert sum(won) == 1


def test_the_lock_of_a_killed_process_is_stale(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from kerasrecipes.runs.lock import Lock\n"
        "Lock(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert (tmp_path / lock.NAME).exists() and holder(tmp_path) is None
    with held(tmp_path):
        pass


@pytest.mark.parametrize("ahead", [-7200.0, -900.0, 900.0, 7200.0])
def test_a_clock_that_goes_wrong_takes_no_lock(ahead, tmp_path, monkeypatch):
    clock = time.time
    leave(tmp_path, machine="elsewhere", host="elsewhere")
    monkeypatch.setattr(time, "time", lambda: clock() + ahead)
    with pytest.raises(InUse, match="on elsewhere"), held(tmp_path):
        pass
    monkeypatch.setattr(time, "time", clock)
    leave(tmp_path, age=lock.SILENCE + 60, machine="elsewhere", host="elsewhere")
    with held(tmp_path):
        pass


def test_a_lock_that_is_anothers_now_is_not_kept_alive(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "BEAT", 0.02)
    with held(tmp_path):
        leave(tmp_path, age=100.0, machine="elsewhere", host="elsewhere")
        before = (tmp_path / "lock").stat().st_mtime
        time.sleep(0.2)
        assert (tmp_path / "lock").stat().st_mtime == before


def pipe(path):
    os.mkfifo(path)


def listener(path):
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("make", [pipe, listener, Path.mkdir])
def test_what_is_no_file_is_not_waited_for(make, monkeypatch):
    # A socket's name has 108 characters at most.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("lock", "config.toml", "info.json", "metrics.json", "search.json", "secret"):
            make(folder / file)
        assert holder(folder) is None or make is not Path.mkdir
        run = Run(folder)
        for read in (
            lambda: read_toml(folder / "config.toml"),
            lambda: run.info,
            lambda: run.metrics,
            lambda: results.read(folder),
        ):
            with pytest.raises(UserError) as caught:
                read()
            assert "\n" not in str(caught.value)
        assert secret.of_folder(folder) is None
