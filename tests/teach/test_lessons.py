"""What is dropped becomes a folder that a run reads, or is refused in a sentence."""

import csv
import io

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.errors import UserError
from kerasrecipes.teach import lessons


def picture(seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (12, 12), dtype=np.uint8)
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


def table(rows=24):
    return ("a,b,kind\n" + "".join(f"{n},{n % 5}.5,{'xy'[n % 2]}\n" for n in range(rows))).encode()


def drawings(count=5, classes=2):
    return [(n % classes, picture(n)) for n in range(count * classes)]


# As a person, or somebody who means harm, may call a class.
NAMES = [
    "../../etc/passwd",
    "a/b",
    "C:\\x",
    "..",
    ".",
    "~",
    "-rf",
    "=1+1",
    'q"uo,te',
    "ü 🙂",
    "$(x)",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_from_outside_are_never_paths(name):
    path = lessons.of_images("drawings", [name, "other"], drawings())
    assert path.parent == lessons.folder()
    files = {file.name for file in path.iterdir()}
    assert files == {"lesson.json", lessons.TABLE, *(f"{n:05}.png" for n in range(1, 11))}
    with (path / lessons.TABLE).open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert {row["label"] for row in rows} == {name, "other"}
    assert lessons.load(path).counts == {name: 5, "other": 5}


def test_texts_and_tables_are_written_as_a_run_reads_them():
    path = lessons.of_texts(["good", "bad"], [['so "fine", it is'] * 8, ["poor", ""] * 8])
    with (path / lessons.TABLE).open(newline="") as file:
        rows = [*csv.DictReader(file)]
    assert rows[0] == {"text": 'so "fine", it is', "label": "good"} and len(rows) == 16
    path = lessons.of_table(table(), "kind")
    assert (path / lessons.TABLE).read_bytes() == table()
    assert lessons.load(path) == lessons.Lesson(kind="table", target="kind", rows=24)
    assert [one["name"] for one in lessons.columns(table())] == ["a", "b", "kind"]
    assert lessons.newest() is not None


TWO = ["a", "b"]
REFUSED = [
    (lambda: lessons.of_images("drawings", None, []), "names of the classes are missing"),
    (lambda: lessons.of_images("drawings", ["a", 1], []), "names of the classes are missing"),
    (lambda: lessons.of_images("drawings", ["a", " "], drawings()), "has no name"),
    (lambda: lessons.of_images("drawings", ["a", "A"], drawings()), "two classes are called 'a'"),
    (lambda: lessons.of_images("drawings", ["a", "b\0"], drawings()), "not a word"),
    (lambda: lessons.of_images("drawings", ["a", "b" * 61], drawings()), "too long"),
    (lambda: lessons.of_images("drawings", ["a"], drawings(5, 1)), "one class only, 'a'"),
    (lambda: lessons.of_images("drawings", [], []), "no class yet"),
    (lambda: lessons.of_images("drawings", [str(n) for n in range(51)], []), "50 at most"),
    (lambda: lessons.of_images("drawings", TWO, drawings(4)), "'a' has only 4 drawings"),
    (lambda: lessons.of_images("drawings", TWO, drawings(5, 1)), "'b' has no drawings yet"),
    (lambda: lessons.of_images("photographs", TWO, drawings(5)), "give each class 8 at least"),
    (lambda: lessons.of_images("drawings", TWO, [*drawings(), (2, b"")]), "belongs to no class"),
    (lambda: lessons.of_images("drawings", TWO, [*drawings(), (1, b"x")]), "11 of all, of the"),
    (lambda: lessons.of_texts(TWO, None), "needs its texts"),
    (lambda: lessons.of_texts(TWO, [["x"] * 8, [1] * 8]), "texts are text"),
    (lambda: lessons.of_texts(TWO, [["x"] * 8, 3]), "'b' has no texts yet"),
    (lambda: lessons.of_texts(TWO, [["x"] * 8, ["x"]]), "'b' has only 1 text;"),
    (lambda: lessons.of_texts(TWO, [["x"] * 8, ["y" * 20_001] * 8]), "20,001 characters"),
    (lambda: lessons.of_texts(TWO, [["x"] * 8, ["y\0"] * 8]), "not text"),
    (lambda: lessons.of_table(b"", "a"), "cannot be read as a CSV file: the file is empty"),
    (lambda: lessons.of_table(b"\x89PNG\r\n\x1a\n\0\0", "a"), ""),
    (lambda: lessons.of_table(b"1,2\n" * 30, "a"), "names of its columns"),
    (lambda: lessons.of_table(b"a\n" + b"1\n" * 30, "a"), "one column only"),
    (lambda: lessons.of_table(table(5), "kind"), "5 rows; 20 are needed"),
    (lambda: lessons.of_table(table(), "kin"), "did you mean 'kind'"),
    (lambda: lessons.of_table(table(), None), "unknown column"),
    (lambda: lessons.of_table(b"a,b\n" + b"1,x\n" * 30, "b"), "one value only"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_cannot_be_learned_is_refused_and_nothing_is_left(call, words):
    with pytest.raises(UserError) as error:
        call()
    said = str(error.value)
    assert words in said and "\n" not in said and len(said) <= 250
    assert lessons.newest() is None and not list(lessons.folder().glob("*"))


def test_a_damaged_lesson_is_named():
    path = lessons.of_table(table(), "kind")
    for content in ("", "[]", "{}", '{"format": 2}', '{"format": 1, "kind": "x"}'):
        (path / "lesson.json").write_text(content)
        with pytest.raises(UserError, match=r"lesson\.json is damaged"):
            lessons.load(path)
