"""Grades are put in their order; what has none is refused."""

from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text.ratings import prepare
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def table(tmp_path, grades, name="reviews.csv"):
    rows = [f"text {n},{grades[n % len(grades)]}" for n in range(40)]
    (tmp_path / name).write_text("\n".join(["text,label", *rows]))
    return text.table().load(Request(path=str(tmp_path / name)))


def test_numbers_are_in_the_order_of_their_values(tmp_path):
    splits = table(tmp_path, ["10", "2", "-1", "2.5"])
    prepared = prepare(splits)
    assert prepared.info.classes == ("-1", "2", "2.5", "10") and prepared.info.task == "multiclass"
    names = np.array(splits.info.classes)[splits.test.y]
    assert list(np.array(prepared.info.classes)[prepared.test.y]) == list(names)


def test_words_need_an_order(tmp_path):
    splits = table(tmp_path, ["good", "bad", "fair"])
    with pytest.raises(UserError, match="bad, fair, good are not numbers: give their order"):
        prepare(splits)
    assert prepare(splits, grades="bad,fair,fine, good").info.classes == ("bad", "fair", "good")
    with pytest.raises(UserError, match="unknown grade 'fair'"):
        prepare(splits, grades="bad,good")


def test_two_grades_are_classes(tmp_path):
    with pytest.raises(UserError, match="at least 3, received 1, 2"):
        prepare(table(tmp_path, ["1", "2"]))


def test_other_data_is_graded_as_in_training(tmp_path):
    info = prepare(table(tmp_path, ["3", "1", "2"])).info
    other = replace(table(tmp_path, ["3", "1", "2"], "more.csv"), trained_info=info)
    assert prepare(other).info is info


def test_folders_of_lines_that_begin_with_a_grade_are_read(tmp_path):
    for name in ("stsa.fine.train", "stsa.fine.dev", "stsa.fine.test"):
        lines = [f"{n % 5} the film was {name} {n}" for n in range(20)]
        (tmp_path / name).write_text("\n".join(lines))
    assert text.table().accepts(str(tmp_path))
    splits = text.table().load(Request(path=str(tmp_path)))
    assert [len(p) for p in (splits.train, splits.validation, splits.test)] == [20] * 3
    assert (
        splits.info.classes == tuple("01234")
        and splits.test.x[0] == "the film was stsa.fine.test 0"
    )


def test_generated_reviews_are_graded_by_how_strongly_they_judge():
    splits = synthetic.graded_reviews().load(Request())
    assert splits.info.classes == tuple("12345")
    assert np.bincount(splits.train.y).min() > 300
    assert not set(splits.train.x) & set(splits.test.x)
    again = synthetic.graded_reviews().load(Request())
    assert list(again.test.x) == list(splits.test.x)
