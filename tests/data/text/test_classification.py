"""The user's own texts: tables, folders, classes, and splits that are there or are drawn."""

import numpy as np
import pytest

from kerasrecipes.data import text
from kerasrecipes.data import tfds as tfds_sets
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request


def table(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    return path


def many(labels=("good", "bad", "so so"), count=60):
    return [
        (f"it was {labels[n % len(labels)]} {n}", labels[n % len(labels)]) for n in range(count)
    ]


def load(path, trained_info=None, **options):
    source = text.table() if text.table().accepts(str(path)) else text.folder()
    return source.load(Request(path=str(path), options=options, trained_info=trained_info))


def test_a_table_is_divided_with_all_its_classes(tmp_path):
    splits = load(table(tmp_path / "a.csv", many()))
    assert splits.info.classes == ("bad", "good", "so so")
    parts = [splits.train, splits.validation, splits.test]
    assert [len(part) for part in parts] == [48, 6, 6]
    assert all(np.bincount(part.y, minlength=3).min() == len(part) // 3 for part in parts)
    for part in parts:
        assert all(
            splits.info.classes[label] in text for text, label in zip(part.x, part.y, strict=True)
        )


def test_numbers_are_classes_in_their_order(tmp_path):
    rows = [(f"text {n}", n % 11) for n in range(66)]
    assert load(table(tmp_path / "a.csv", rows)).info.classes == tuple(map(str, range(11)))


def test_rows_that_lack_text_or_label_are_left_out_and_counted(tmp_path):
    splits = load(table(tmp_path / "a.csv", [*many(), ("", "good"), ("  ", "bad"), ("fine", "")]))
    assert sum(len(part) for part in (splits.train, splits.validation, splits.test)) == 60
    assert any("2 rows without a text" in note for note in splits.notes)
    assert any("1 row without a label" in note for note in splits.notes)


def test_a_folder_of_tables_has_its_own_splits(tmp_path):
    for name, count in (("train", 60), ("dev", 12), ("test", 18)):
        table(tmp_path / f"{name}.csv", many(count=count))
    splits = load(tmp_path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [60, 12, 18]


def test_a_label_seen_only_in_the_test_split_is_left_out_and_noted(tmp_path):
    table(tmp_path / "train.csv", many())
    table(tmp_path / "test.csv", [*many(count=30), ("never seen", "strange"), ("again", "strange")])
    splits = load(tmp_path)
    assert splits.info.classes == ("bad", "good", "so so") and len(splits.test) == 30
    assert any("2 texts of the class 'strange' in test" in note for note in splits.notes)


def test_a_model_that_is_there_is_judged_on_all_rows_by_its_own_classes(tmp_path):
    trained_info = Info(
        classes=("bad", "good", "so so"), columns={"text": "text", "target": "label"}
    )
    splits = load(
        table(tmp_path / "a.csv", many(("good", "so so"), count=4)), trained_info=trained_info
    )
    assert (
        len(splits.test) == 4 and len(splits.train) == 0 and splits.test.y.tolist() == [1, 2, 1, 2]
    )
    with pytest.raises(UserError, match=r"class 'Good'.*'good'"):
        load(table(tmp_path / "b.csv", many(("Good", "bad"))), trained_info=trained_info)


@pytest.mark.parametrize("layout", ["flat", "splits"])
def test_a_folder_has_a_file_for_each_text(tmp_path, layout):
    parts = [""] if layout == "flat" else ["train", "test"]
    for part in parts:
        for label in ("neg", "pos"):
            (tmp_path / part / label).mkdir(parents=True)
            for n in range(20):
                (tmp_path / part / label / f"{n}.txt").write_text(
                    f"{label} text {n} ça", encoding="latin-1"
                )
    (tmp_path / parts[0] / "unsup").mkdir()
    (tmp_path / parts[0] / "unsup" / "1.txt").write_text("no label")
    (tmp_path / parts[0] / "pos" / "broken.txt").write_bytes(b"\x00\x01\x02" * 50)
    splits = load(tmp_path)
    assert splits.info.classes == ("neg", "pos")
    pairs = zip(splits.train.x, splits.train.y, strict=True)
    assert all(text.startswith(("neg", "pos")[label]) for text, label in pairs)
    assert "ça" in splits.train.x[0] and len(splits.test) == (4 if layout == "flat" else 40)
    assert any("1 text without a label" in n for n in splits.notes) and any(
        "binary" in n for n in splits.notes
    )


def test_what_gives_nothing_to_learn_is_told_in_a_sentence(tmp_path):
    with pytest.raises(UserError, match="only the class 'good'"):
        load(table(tmp_path / "a.csv", many(("good",))))
    with pytest.raises(UserError, match="too many for classes"):
        load(table(tmp_path / "b.csv", [(f"a {n}", f"b{n}") for n in range(90)]))
    with pytest.raises(UserError, match="at least 10"):
        load(table(tmp_path / "c.csv", many(count=6)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no text files"):
        text.folder().load(Request(path=str(tmp_path / "empty")))
    with pytest.raises(UserError, match="no folder"):
        text.folder().load(Request(path=str(tmp_path / "none")))


def test_a_source_takes_what_is_its_own(tmp_path):
    file = str(table(tmp_path / "a.csv", many()))
    assert text.table().accepts(file) and not text.folder().accepts(file)
    assert not text.table().accepts(str(tmp_path)) and not text.folder().accepts(str(tmp_path))
    (tmp_path / "pos").mkdir()
    (tmp_path / "pos" / "1.txt").write_text("x")
    assert text.folder().accepts(str(tmp_path))


def test_a_set_that_cannot_be_had_says_what_was_tried(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(tfds_sets, "online", lambda: False)
    with pytest.raises(
        UserError, match=r"imdb_reviews is not available: it is not prepared in .*leave out --data"
    ):
        text.tfds("imdb_reviews").load(Request())


@pytest.mark.data
def test_imdb_reviews_as_tfds_prepares_them():
    source = text.tfds("imdb_reviews")
    if source.reachable():
        pytest.skip(source.reachable())
    splits = source.load(Request())
    assert splits.info.classes == ("negative", "positive")
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [
        22916,
        2084,
        25000,
    ]
    assert (
        splits.test.y.mean() == 0.5 and sum(map(len, splits.test.x.select(np.arange(50)))) > 30_000
    )
