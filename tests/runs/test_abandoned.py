import itertools
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict

import pytest

from kerasrecipes.runs import abandoned, lock
from kerasrecipes.runs.run import Run

BEFORE_A_RUN = ("info.json", "environment.json", "checkpoints")
SETS = [
    names for count in range(4) for names in itertools.combinations(BEFORE_A_RUN, count)
]  # all that a process can have written


def _dead_process() -> int:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def _begun(folder, names, held_by=None, age=0.0):
    folder.mkdir(parents=True)
    for name in names:
        if name == "checkpoints":
            (folder / name).mkdir()
        else:
            (folder / name).write_text("{}")
    if held_by is not None:
        holder = asdict(lock.Holder.this()) | {"process": held_by}
        (folder / lock.NAME).write_text(json.dumps(holder))
    then = time.time() - age
    os.utime(folder, (then, then))
    return folder


@pytest.mark.parametrize("names", SETS, ids="+".join)
def test_a_folder_whose_process_died_before_it_was_a_run_is_removed(names, tmp_path):
    folder = _begun(tmp_path / "mlp" / "2026-11-30-101010", names, _dead_process())
    Run.create("mlp", tmp_path)
    assert not folder.exists()


@pytest.mark.parametrize("names", SETS, ids="+".join)
def test_without_a_lock_it_must_be_old(names, tmp_path):
    new = _begun(tmp_path / "2026-11-30-101010", names, age=lock.SILENCE - 60)
    old = _begun(tmp_path / "2026-11-30-101010-2", names, age=lock.SILENCE + 60)
    abandoned.remove(tmp_path)
    assert new.exists() and not old.exists()


@pytest.mark.parametrize(
    "kept", ["config.toml", "history.csv", "notes.txt", "checkpoints/last.npz", "model.keras"]
)
def test_what_holds_anything_else_stays_as_it_is(kept, tmp_path):
    folder = _begun(tmp_path / "2026-11-30-101010", BEFORE_A_RUN, _dead_process(), age=1e6)
    (folder / kept).write_text("mine")
    before = sorted(folder.rglob("*"))
    abandoned.remove(tmp_path)
    assert sorted(folder.rglob("*")) == before


def test_the_folder_of_a_living_process_stays(tmp_path):
    folder = tmp_path / "2026-11-30-101010"
    folder.mkdir()
    with lock.held(folder):
        os.utime(folder, (0, 0))
        abandoned.remove(tmp_path)
        assert (folder / lock.NAME).exists()


@pytest.mark.parametrize("name", ["notes", "tuning-2026-11-30-101010", "2026-11-30"])
def test_other_folders_stay(name, tmp_path):
    folder = _begun(tmp_path / name, (), age=1e6)
    abandoned.remove(tmp_path)
    assert folder.exists()


def test_a_link_is_not_followed(tmp_path):
    elsewhere = _begun(tmp_path / "elsewhere" / "2026-11-30-101010", (), age=1e6)
    runs = tmp_path / "runs"
    runs.mkdir()
    (runs / "2026-11-30-101010").symlink_to(elsewhere)
    abandoned.remove(runs)
    assert elsewhere.exists()


def test_half_written_files_of_dead_processes_go_with_it(tmp_path):
    folder = tmp_path / "2026-11-30-101010"
    folder.mkdir()
    script = (
        "import os, sys; from pathlib import Path; from kerasrecipes.runs import lock;"
        "os.link = lambda *_: os.kill(os.getpid(), 9); lock.Lock(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", script, str(folder)], check=False)
    assert [path.suffix for path in folder.iterdir()] == [".part"]
    os.utime(folder, (0, 0))
    abandoned.remove(tmp_path)
    assert not folder.exists()
