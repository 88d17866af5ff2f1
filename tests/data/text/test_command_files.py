"""Commands in the forms of ATIS, SNIPS and tables, and what is wrong with them."""

import json

import pytest

from kerasrecipes.data import text
from kerasrecipes.data.text.command_files import files_by_split, read
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

WORDS = "wake me at half past six"
TAGS = "O O O B-time I-time I-time"


def parallel(folder, words=WORDS, tags=TAGS, intent="wake", count=4):
    folder.mkdir(parents=True)
    for name, line in (("seq.in", words), ("seq.out", tags), ("label", intent)):
        lines = [f"{line}\n" for _ in range(count - 1)]
        (folder / name).write_text(
            "".join(lines) + {"seq.in": "hi", "seq.out": "O"}.get(name, "hi")
        )
    return folder


def snips(path, intent="wake"):
    pieces = [{"text": "wake me at "}, {"text": "half past six", "entity": "time"}]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({intent: [{"data": pieces}, {"data": [{"text": " "}]}]}))
    return path


def test_the_same_command_is_read_from_every_form(tmp_path):
    table = tmp_path / "commands.csv"
    table.write_text(f"id,Text,slots,intent\n1,{WORDS},{TAGS},wake\n\n")
    for path in (parallel(tmp_path / "atis"), snips(tmp_path / "train_wake.json"), table):
        assert read(path)[0] == (WORDS.split(), TAGS.split(), "wake")
        assert text.commands().accepts(str(path))
    assert len(read(tmp_path / "train_wake.json")) == 1
    renamed = tmp_path / "other.tsv"
    renamed.write_text(f"a\tb\tc\n{WORDS}\t{TAGS}\twake\n")
    options = {"text": "a", "column": {"slots": "b", "intent": "c"}}
    assert read(renamed, options)[0][2] == "wake"


def test_splits_are_found_by_their_names(tmp_path):
    for name in ("train", "valid", "test"):
        parallel(tmp_path / "atis" / name)
    splits = text.commands().load(Request(path=str(tmp_path / "atis")))
    assert [len(p) for p in (splits.train, splits.validation, splits.test)] == [4, 4, 4]
    assert splits.test.intents == ["wake", "wake", "wake", "hi"]
    assert any("also in train" in note for note in splits.notes)
    for name in ("train_Wake.json", "train_Wake_full.json", "validate_Wake.json"):
        snips(tmp_path / "snips" / "Wake" / name) if (tmp_path / "snips").exists() else snips(
            (tmp_path / "snips").mkdir() or tmp_path / "snips" / "Wake" / name
        )
    found = files_by_split(tmp_path / "snips")
    assert {name: [f.name for f in files] for name, files in found.items()} == {
        "train": ["train_Wake_full.json"],
        "validation": ["validate_Wake.json"],
    }


def test_missing_splits_are_drawn(tmp_path):
    splits = text.commands().load(Request(path=str(parallel(tmp_path / "atis", count=20))))
    assert len(splits.test) == 2 and len(splits.train) + len(splits.validation) == 18
    judged = text.commands().load(Request(path=str(tmp_path / "atis"), trained_info=splits.info))
    assert len(judged.test) == 20 and not len(judged.train)


def test_slots_of_another_length_than_words_are_told_with_file_and_line(tmp_path):
    folder = parallel(tmp_path / "atis", tags="O O O B-time")
    with pytest.raises(
        UserError, match=r"seq\.out, line 1: expected a tag for each of the 6 words"
    ):
        read(folder)
    table = tmp_path / "commands.csv"
    table.write_text("text,tags,intent\na b,O O,x\na b,O,x\n")
    with pytest.raises(UserError, match=r"commands\.csv, row 2: .* 2 words of 'a b', received 1"):
        read(table)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("text,tags\na,O\n", "has no column intent, only text, tags"),
        ("", "is empty"),
        ("text,tags,intent\na,O\n", "holds a header only"),
        ("text,tags,intent\na,O,\n", "row 1: the intent is empty"),
    ],
)
def test_broken_tables_are_told(tmp_path, content, what):
    path = tmp_path / "commands.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=what):
        read(path)


@pytest.mark.parametrize("content", ["[1]", "{", '{"a": [{"text": 1}]}', '{"a": 3}'])
def test_json_of_another_form_is_told(tmp_path, content):
    path = tmp_path / "train_a.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"train_a\.json"):
        read(path)


def test_files_that_do_not_belong_together_are_told(tmp_path):
    folder = parallel(tmp_path / "atis")
    (folder / "label").write_text("wake\n")
    with pytest.raises(
        UserError, match=r"equally many lines, received 4 in seq\.in, .* 1 in label"
    ):
        read(folder)
    parallel(tmp_path / "only" / "test")
    with pytest.raises(UserError, match="has no training commands"):
        text.commands().load(Request(path=str(tmp_path / "only")))
