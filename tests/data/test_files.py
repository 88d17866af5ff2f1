"""Text files are read whatever their encoding, and tables of any size in constant memory."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kerasrecipes.data.files import natural_key, read_text, text_files, utf8
from kerasrecipes.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_a_file_is_read_in_any_usual_encoding(written, encoding):
    assert read_text(written("a.txt", "déjà – vu\nça va", encoding)) == "déjà – vu\nça va"


def test_lines_of_one_file_may_differ_in_encoding(written):
    mixed = "ça va\r\n".encode() + "ça va\n".encode("latin-1") + "电影".encode()
    assert read_text(mixed) == "ça va\nça va\n电影"
    assert read_text(b"") == ""


def test_characters_are_not_torn_between_pieces():
    long = "é🎬" * 900_000  # one line of more than a block, without an end
    assert read_text(long.encode()) == long
    assert (
        b"".join(utf8((long + "\n" + "ü" * 99).encode("utf-16"))).decode() == long + "\n" + "ü" * 99
    )


def test_what_is_no_text_is_refused(written, tmp_path):
    for content in (b"\x89PNG\x00\x01\x02" * 99, bytes(range(256)) * 9):
        with pytest.raises(UserError, match="binary"):
            read_text(written("a.txt", content))
    with pytest.raises(UserError, match="cannot read"):
        read_text(tmp_path / "none.txt")


def test_text_files_of_a_folder_are_listed_without_hidden_ones(tmp_path):
    for name in ("b.txt", ".hidden.txt", "a.TXT", "c.png", "d"):
        (tmp_path / name).write_text("x")
    assert [path.rsplit("/")[-1] for path in text_files(tmp_path)] == ["a.TXT", "b.txt", "d"]


LOADED = """
import sys, threading, time
from kerasrecipes import api, registry
from kerasrecipes.data.batches import Batches
from kerasrecipes.training import assembly

def anonymous():
    # Pages of a file on disk do not count: the system takes them back when it needs them.
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1024

def watch():
    while True:
        peak[0] = max(peak[0], anonymous())
        time.sleep(0.02)

peak = [0.0]
threading.Thread(target=watch, daemon=True).start()
recipe = registry.load("sentiment")
options = {"text": "text", "target": "label"}
config = api.resolve("sentiment", recipe, data=sys.argv[1], options=options)
splits = assembly.load_splits(recipe, config)
batches = Batches(splits.train, 64, shuffle=True)
for number, _ in zip(range(len(batches)), batches.stream()):
    pass
print(len(splits.train), peak[0])
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="reads the system's own figures"
)
def test_a_recipe_reads_a_table_of_any_size_in_constant_memory(tmp_path):
    found = {}
    words = [
        "so",
        "good",
        "I",
        "could",
        "see",
        "it",
        "again",
        "never",
        "more",
        "said",
        "the",
        "raven",
    ]
    for megabytes in (10, 120):
        path = tmp_path / f"{megabytes}.csv"
        random = np.random.default_rng(0)
        count = megabytes * 2**20 // 1200
        with path.open("w") as file:
            file.write("text,label\n")
            for number in range(count):
                file.write(f"{' '.join(random.choice(words, 260))},{number % 2}\n")
        done = subprocess.run(
            [sys.executable, "-c", LOADED, str(path)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        )
        examples, resident = done.stdout.split()[-2:]
        assert int(examples) > 0.7 * count
        found[megabytes] = float(resident)
    assert found[120] - found[10] < 60, found  # MiB, for labels and places of 90,000 more texts


@pytest.mark.parametrize("marks", ["²", "½", "٣", "Ⅷ", "９", "०", ""])
def test_names_with_digits_of_any_script_are_sorted(marks):
    names = [f"{head}{marks}{tail}" for head in ("5", "", "a10", "a2") for tail in ("", "x")]
    ordered = sorted(names, key=natural_key)
    assert sorted(ordered) == sorted(names)
    assert ordered.index(f"a2{marks}") < ordered.index(f"a10{marks}")
