"""Texts are read whatever their encoding, and columns of tables without holding the table."""

import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from kerasrecipes.data.files import read_text, text_files, utf8
from kerasrecipes.data.text.store import Texts, TextStore, numbered
from kerasrecipes.data.text.tables import TextTable
from kerasrecipes.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    (f'Good, "very" good\nfilm {n}, déjà vu – ça', "pos" if n % 2 else "neg") for n in range(40)
]
CSV = "id,review,sentiment\n" + "".join(
    f'{n},"{text.replace(chr(34), chr(34) * 2)}",{label}\n' for n, (text, label) in enumerate(ROWS)
)


@pytest.fixture
def written(tmp_path):
    def write(name, content, encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return str(path)

    return write


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_a_file_is_read_in_any_usual_encoding(written, encoding):
    assert read_text(written("a.txt", "déjà – vu\nça va", encoding)) == "déjà – vu\nça va"
    assert list(TextTable(written("a.csv", CSV, encoding))) == ROWS


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


def test_columns_are_found_by_name_and_by_number_and_by_themselves(written):
    path = written("a.csv", CSV)
    for options in ({}, {"text": "review", "target": "Sentiment"}, {"text": "2", "target": "-1"}):
        table = TextTable(path, **options)
        assert (table.text, table.target) == ("review", "sentiment") and list(table) == ROWS
    assert "'review'" in TextTable(path).notes[0]


def test_a_wrong_column_is_told_with_the_nearest(written):
    path = written("a.csv", CSV)
    with pytest.raises(UserError, match=r"text column 'reveiw'.*'review'"):
        TextTable(path, text="reveiw")
    with pytest.raises(UserError, match=r"target column 'sentimnt'.*'sentiment'"):
        TextTable(path, target="sentimnt")
    with pytest.raises(UserError, match="no text column 7; the table has 3"):
        TextTable(path, text="7")
    with pytest.raises(UserError, match="both the column 'review'"):
        TextTable(path, text="review", target="review")


def test_tab_separated_quotation_marks_are_part_of_the_text(written):
    path = written("a.tsv", "".join(f'{n % 3}\tHe said "good {n}\n' for n in range(30)))
    assert list(TextTable(path))[4] == ('He said "good 4', "1")


def test_a_table_without_names_begins_with_its_first_row(written):
    assert (
        len(
            list(
                TextTable(written("a.csv", "Pretty good one.,1\nNot so good.,0\nBad.,0\nNice.,1\n"))
            )
        )
        == 4
    )


def test_json_lines_and_lists(written):
    rows = [{"text": f"it 🎬 {n}", "stars": float(n % 5)} for n in range(30)]
    expected = [(row["text"], str(int(row["stars"]))) for row in rows]
    assert (
        list(TextTable(written("a.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n"))) == expected
    )
    assert list(TextTable(written("a.json", json.dumps(rows)))) == expected
    with pytest.raises(UserError, match=r"b.jsonl:2 is no JSON"):
        list(TextTable(written("b.jsonl", '{"text": "a", "y": 1}\n{"text": \n')))
    with pytest.raises(UserError, match="no object"):
        TextTable(written("c.jsonl", "[1, 2]\n"))


def test_broken_tables_are_told_in_a_sentence(written):
    with pytest.raises(UserError, match="is empty"):
        TextTable(written("a.csv", ""))
    with pytest.raises(UserError, match="only the column 'text'"):
        TextTable(written("b.csv", "text\ngood\nbad\n"))
    table = TextTable(written("c.csv", "text,label\n" + "fine,0\n" * 9 + "good, bad, ugly,1\n" * 3))
    assert len(list(table)) == 9 and any("left out 3 rows" in note for note in table.notes)


def test_texts_are_stored_and_chosen_without_copies():
    store = TextStore.of(iter(["good", "", "电影 🎬", "half \ud83d sign"]))
    assert list(store) == ["good", "", "电影 🎬", "half ? sign"]
    assert (
        list(store.select(np.array([2, 0]))) == ["电影 🎬", "good"]
        and store.select(np.array([2, 0])).size == 15
    )
    texts = Texts.of(iter([("a", 1), ("b", 0), ("c", 1)])).select(np.array([2, 1]))
    assert list(texts.x) == ["c", "b"] and texts.y.tolist() == [1, 0]
    assert texts.take(np.array([1]))[0].tolist() == ["b"]


def test_large_token_rows_lie_on_disk():
    rows = [np.arange(n) for n in (3, 0, 2)]
    small, large = numbered(iter(rows), 10), numbered(iter(rows), 2**30)
    assert isinstance(large.values, np.memmap) and not isinstance(small.values, np.memmap)
    assert (
        [row.tolist() for row in large]
        == [row.tolist() for row in small]
        == [row.tolist() for row in rows]
    )


def _peak(path):
    import pyarrow

    tracemalloc.start()
    texts = Texts.of((text, int(label)) for text, label in TextTable(path, "text", "label"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return len(texts), peak, pyarrow.default_memory_pool().max_memory()


@pytest.mark.parametrize("megabytes", [72, pytest.param(300, marks=pytest.mark.slow)])
def test_memory_does_not_grow_with_the_file(written, megabytes):
    row = "so good, I could see it again " * 40
    lines = (f'"{row}{n}",{n % 2}\n' for n in range(megabytes * 2**20 // 1200))
    path = written("large.csv", "text,label\n" + "".join(lines))
    count, python, arrow = _peak(path)
    assert count == megabytes * 2**20 // 1200
    assert python < 56 * 2**20 and arrow < 16 * 2**20


def test_text_files_of_a_folder_are_listed_without_hidden_ones(tmp_path):
    for name in ("b.txt", ".hidden.txt", "a.TXT", "c.png", "d"):
        (tmp_path / name).write_text("x")
    assert [path.rsplit("/")[-1] for path in text_files(tmp_path)] == ["a.TXT", "b.txt", "d"]


LOADED = """
import sys, threading, time
from kerasrecipes import api, registry
from kerasrecipes.data.batches import Batches
from kerasrecipes.training import trainer

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
config = api.resolve("sentiment", recipe, data=sys.argv[1], options={"text": "text", "target": "label"})
splits = trainer.load_splits(recipe, config)
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
