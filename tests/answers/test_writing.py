"""Answers become the files that were asked for, and none that is there is lost."""

import csv
import json

import numpy as np
import pytest

from kerasrecipes.answers import writing
from kerasrecipes.answers.pixels import Image
from kerasrecipes.answers.words import Chance, Failure, Label, Text, Value
from kerasrecipes.errors import UserError

TEXTS = [Text(input="To be", text="To be or not"), Text(input="../a/To be", text="To sleep")]
PIXELS = np.zeros((4, 4), np.uint8)


def test_one_answer_is_the_file_that_was_named(tmp_path):
    path = tmp_path / "new" / "folder" / "poem.TXT"
    assert writing.write(TEXTS[:1], path) == [path]
    assert path.read_text() == "To be or not\n"


def test_several_answers_are_numbered(tmp_path):
    paths = writing.write([Image(image=PIXELS)] * 3, tmp_path / "digit.png")
    assert [path.name for path in paths] == ["digit-1.png", "digit-2.png", "digit-3.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_a_folder_has_a_file_named_after_each_input(tmp_path):
    failure = Failure(input="x", error="not a text")
    paths = writing.write([*TEXTS, failure, Text(text="none")], tmp_path / "poems")
    assert [path.name for path in paths] == ["To-be.txt", "To-be-2.txt", "3.txt"]


def test_tables_and_pages_hold_all_answers(tmp_path):
    answers = [
        Label(input="a", label="x", probability=0.5, probabilities=(Chance("x", 0.5),)),
        Value(input="b", by_target={"price": 2.5, "age": 3.0}, notes=["odd", "rare"]),
        Failure(input="c", error="unreadable"),
    ]
    (table,) = writing.write(answers, tmp_path / "all.csv")
    rows = list(csv.DictReader(table.open()))
    assert rows[0]["probability of x"] == "0.5" and rows[1]["notes"] == "odd; rare"
    assert rows[1]["price"] == "2.5" and rows[2]["error"] == "unreadable"
    (listed,) = writing.write(answers, tmp_path / "all.json")
    assert [row["input"] for row in json.loads(listed.read_text())] == ["a", "b", "c"]
    (page,) = writing.write(answers, tmp_path / "all.html")
    assert page.read_text().startswith("<!doctype html>")


def test_nothing_is_overwritten_without_force(tmp_path):
    path = tmp_path / "poem.txt"
    path.write_text("old")
    with pytest.raises(UserError, match="--force"):
        writing.check(path, force=False)
    with pytest.raises(UserError, match="--force"):
        writing.write(TEXTS[:1], path)
    assert path.read_text() == "old"
    # The second of several is there: the first is not written either.
    (tmp_path / "more-2.txt").write_text("old")
    with pytest.raises(UserError, match=r"more-2\.txt"):
        writing.write(TEXTS, tmp_path / "more.txt")
    assert not (tmp_path / "more-1.txt").exists()
    writing.write(TEXTS[:1], path, force=True)
    assert path.read_text() == "To be or not\n"


def test_a_form_that_the_kind_does_not_have_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match=r"'text' is not written as '\.mid'; possible are .*\.txt"):
        writing.write(TEXTS, tmp_path / "melody.mid")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot be written"):
        writing.write(TEXTS[:1], tmp_path / "file" / "poem.txt")
