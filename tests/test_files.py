"""Files appear whole or not at all, and what a killed process leaves is known as such."""

import errno
import io
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from kerasrecipes import files, processes
from kerasrecipes.errors import UserError

ERRORS = ("ENOSPC", "EACCES", "EIO", "EROFS", "EFBIG")
CALLS = ("open", "mkdir", "write", "fsync", "replace")


class Faults:
    """Fails the n-th call that writes, and counts all of them."""

    def __init__(self, patch, at=0, error="ENOSPC"):
        self.at, self.error, self.count = at, getattr(errno, error), 0
        for name in ("open", "mkdir", "fsync", "replace"):
            patch.setattr(os, name, self.failing(getattr(os, name), name))
        fdopen = os.fdopen

        def opened(*given, **named):
            file = fdopen(*given, **named)
            return self.writing(file)

        patch.setattr(os, "fdopen", opened)

    def failing(self, call, name):
        def wrapped(*given, **named):
            if name != "open" or (len(given) > 1 and given[1] & os.O_CREAT):
                self.step(given[-1] if name == "replace" else given[0])
            return call(*given, **named)

        return wrapped

    def writing(self, file):
        faults = self

        class Raw(io.RawIOBase):
            def write(self, data):
                faults.step(None)
                return os.write(file.fileno(), data)

            def readinto(self, data):
                return file.readinto(data)

            def seek(self, *given):
                return file.seek(*given)

            def fileno(self):
                return file.fileno()

            def writable(self):
                return True

            def readable(self):
                return True

            def seekable(self):
                return True

            def close(self):
                file.close()
                super().close()

        return io.BufferedRandom(Raw())

    def step(self, place):
        self.count += 1
        if self.count == self.at:
            raise OSError(self.error, os.strerror(self.error), place)


def write_sealed(path):
    with files.replacing(path, sealed=True) as file:
        file.write(b"new" * 10_000)


def write_folder(path):
    with files.replacing_path(path) as written:
        written.mkdir()
        (written / "a").write_bytes(b"new")


WAYS = {
    "text": lambda path: files.write_text(path, "new"),
    "sealed": write_sealed,
    "kept": lambda path: keep(path),
    "folder": write_folder,
    "made": lambda path: files.make_folder(path / "b" / "c"),
}


def keep(path):
    with files.replacing(path, keep=path.with_name("before")) as file:
        file.write(b"new")


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("way", WAYS)
def test_an_error_at_any_call_is_told_in_a_line_and_leaves_no_rest(way, error, tmp_path):
    old = b"old"
    at = 0
    while True:
        at += 1
        folder = tmp_path / f"{at}"
        folder.mkdir()
        path = folder / "name"
        if way not in ("folder", "made"):
            path.write_bytes(old)
        with pytest.MonkeyPatch.context() as patch:
            faults = Faults(patch, at, error)
            try:
                with files.telling_failures("go on"):
                    WAYS[way](path)
                failed = False
            except UserError as told:
                failed = True
                assert str(told).endswith("; go on") and "\n" not in str(told)
        if faults.count < at:
            break
        assert failed
        assert not [found for found in folder.rglob(".*") if "part" in found.name]
        if way not in ("folder", "made"):
            # The old content is there, in its place or in the one where it is kept.
            there = [p.read_bytes() for p in (path, folder / "before") if p.exists()]
            whole = old in there or there[0].startswith(b"new")
            assert whole
    assert at > 4


@pytest.mark.parametrize("way", ["text", "sealed", "folder"])
def test_a_process_killed_at_any_call_leaves_the_old_file_or_the_new_one(way, tmp_path):
    """In a real process, for no handler runs then."""
    code = (
        "import os, sys; from pathlib import Path; import pytest\n"
        "sys.path.insert(0, sys.argv[3]); from tests.test_files import WAYS, Faults\n"
        "with pytest.MonkeyPatch.context() as patch:\n"
        "    faults = Faults(patch); plain = faults.step; at = int(sys.argv[2])\n"
        "    def step(place):\n"
        "        plain(place)\n"
        "        if faults.count == at: os._exit(9)\n"
        "    faults.step = step\n"
        "    for number in range(1, 100):\n"
        "        pid = os.fork()\n"
        "        if not pid:\n"
        "            at = number; WAYS[sys.argv[1].split('/')[0]](Path(str(number)) / 'name')\n"
        "            os._exit(0)\n"
        "        if not os.waitpid(pid, 0)[1]: break\n"
        "    print(number)\n"
    )
    for number in range(1, 40):
        (tmp_path / f"{number}").mkdir()
        if way != "folder":
            (tmp_path / f"{number}" / "name").write_bytes(b"old")
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run(
        [sys.executable, "-c", code, way, "0", root],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": root},
    )
    calls = int(done.stdout)
    assert calls > 4
    for number in range(1, calls):
        folder = tmp_path / f"{number}"
        if way != "folder":
            assert (folder / "name").read_bytes()[:3] in (b"old", b"new")
        files.remove_leftovers(folder)  # of a dead process of this machine
        assert {path.name for path in folder.iterdir()} <= {"name"}


def test_every_damage_of_a_sealed_file_is_found(tmp_path):
    path, draw = tmp_path / "a", random.Random(0)
    with files.replacing(path, sealed=True) as file:
        np.savez(file, a=np.arange(50), b=np.ones(3))
    whole = path.read_bytes()
    assert files.is_intact(path)
    with np.load(path) as archive:  # what reads it looks for nothing behind it
        np.testing.assert_array_equal(archive["a"], np.arange(50))
    for _ in range(300):
        changed = bytearray(whole)
        place = draw.randrange(len(changed))
        changed[place] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(changed))
        assert not files.is_intact(path), place
        path.write_bytes(whole[: draw.randrange(len(whole))])
        assert not files.is_intact(path)


LEFT = {
    ".last.npz.x8a_3b2c.part": "file",
    ".part-x8a_3b2c": "folder",
    f".a.{processes.machine()}-999999999.x8a_3b2c.part": "file",
    f".part-{processes.machine()}-999999999-x8a_3b2c": "folder",
    ".a.01234567-1.x8a_3b2c.part": "file",
    f".a.{processes.machine()}-{os.getpid()}.x8a_3b2c.part": "file",
}
STAY = {"a.part": "file", ".hidden": "file", ".partner": "folder", ".git": "folder", "b": "folder"}


@pytest.mark.parametrize("owned", [False, True])
def test_leftovers_are_removed_and_nothing_else(owned, tmp_path):
    for folder in (tmp_path, tmp_path / "b"):
        for name, kind in {**LEFT, **STAY}.items():
            if kind == "file":
                (folder / name).write_text("x")
            else:
                (folder / name).mkdir(exist_ok=True)
                (folder / name / "within").write_text("x")
    files.remove_leftovers(tmp_path, owned=owned)
    dead = {name for name in LEFT if "999999999" in name}
    gone = set(LEFT) if owned else dead
    assert {path.name for path in tmp_path.iterdir()} == {*LEFT, *STAY} - gone
    inner = {path.name for path in (tmp_path / "b").iterdir()}
    assert inner == {*LEFT, *STAY, "within"} - (set(LEFT) if owned else set())


def test_an_error_leaves_the_old_file_and_no_rest(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    with pytest.raises(OSError, match="disk"), files.replacing(path) as file:
        file.write(b"ne")
        raise OSError("disk")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "a.txt"
    files.write_text(path, "old")
    files.write_text(path, "new")
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("name", ["", "no/such", "a\x00b", "é" * 5000, "~nobody-of-this-name/x"])
def test_what_cannot_be_a_name_names_nothing(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert files.is_there(name) is (name == "")  # the empty path is the working folder
    assert files.is_there(tmp_path)
