"""Splits: one rule for those that are missing, and the random draw itself."""

import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.splits import make_splits, split, split_of, words_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request

JUDGE = Request(trained_info=Info())


def piece(count, start=0):
    """Examples of two classes, one in four of the second."""
    numbers = np.arange(start, start + count)
    return Arrays(numbers, (numbers % 4 == 0).astype(int))


def made(request=Request(), labels=lambda e: e.y, **parts):  # noqa: B008
    splits, notes = make_splits(parts, request, labels=labels)
    return [splits[name].x.tolist() for name in ("train", "validation", "test")], notes


def test_one_piece_is_divided_by_label():
    whole = piece(80)
    (train, validation, test), notes = made(train=whole)
    assert sorted(train + validation + test) == list(range(80))
    assert [len(train), len(validation), len(test)] == [64, 8, 8]
    assert [whole.y[part].sum() for part in (train, validation, test)] == [16, 2, 2]
    assert notes == ["10 % of the examples were drawn for validation, 10 % for test"]
    assert made(train=whole)[0] == [train, validation, test]
    assert made(Request(seed=1), train=whole)[0] != [train, validation, test]


def test_missing_validation_is_a_twelfth_of_the_training_examples():
    (train, validation, test), notes = made(train=piece(48), test=piece(5, 100))
    assert len(train) == 44 and len(validation) == 4 and test == list(range(100, 105))
    assert notes == ["a twelfth of the training examples was drawn for validation"]


def test_missing_test_is_half_of_the_validation_examples():
    (train, validation, test), notes = made(train=piece(48), validation=piece(8, 100))
    assert train == list(range(48)) and len(validation) == len(test) == 4
    assert sorted(validation + test) == list(range(100, 108)) and "halved" in notes[0]


def test_three_splits_stay_as_they_are():
    parts = {"train": piece(8), "validation": piece(4, 10), "test": piece(4, 20)}
    splits, notes = make_splits(parts, Request(), labels=lambda e: e.y)
    assert splits == parts and not notes


def test_an_empty_split_counts_as_missing():
    (train, validation, test), _ = made(train=piece(40), validation=piece(0), test=piece(0))
    assert len(train) + len(validation) + len(test) == 40 and validation and test


@pytest.mark.parametrize(
    "parts, judged",
    [(("train", "validation", "test"), "test"), (("train", "validation"), "validation")],
)
def test_a_trained_model_is_judged_without_a_draw(parts, judged):
    given = {name: piece(10, 10 * k) for k, name in enumerate(parts)}
    (train, validation, test), notes = made(JUDGE, **given)
    assert not (train or validation or notes) and test == given[judged].x.tolist()


def test_a_trained_model_is_judged_on_data_in_one_piece_whole():
    assert made(JUDGE, train=piece(3))[0] == [[], [], [0, 1, 2]]
    assert made(JUDGE, test=piece(3))[0] == [[], [], [0, 1, 2]]


def test_a_group_stays_in_one_split():
    groups = np.repeat(np.arange(20), 3)
    splits, _ = make_splits(
        {"train": piece(60)}, Request(), groups=lambda e: [f"g{n}" for n in groups[e.x]]
    )
    found = [set(groups[part.x]) for part in splits.values()]
    assert sum(map(len, found)) == 20 and [len(part) for part in found] == [16, 2, 2]


def test_too_few_examples_are_refused():
    with pytest.raises(UserError, match="3 examples are too few"):
        made(train=Arrays(np.arange(3), np.array([0, 0, 1])))


def test_a_split_is_stratified_disjoint_and_repeatable():
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    parts = split(labels, (0.7, 0.2, 0.1), seed=1)
    assert sorted(np.concatenate(parts)) == list(range(100))
    assert [np.bincount(labels[part]).tolist() for part in parts] == [
        [42, 21, 7],
        [12, 6, 2],
        [6, 3, 1],
    ]
    assert all(
        (a == b).all() for a, b in zip(parts, split(labels, (0.7, 0.2, 0.1), seed=1), strict=True)
    )


def test_a_class_with_too_few_examples_stays_in_training():
    parts = split(np.array([0] * 10 + [1]), (0.6, 0.2, 0.2), seed=0)
    assert 10 in parts[0]


@pytest.mark.parametrize(
    "name, split",
    [
        ("train_2.csv", "train"),
        ("dev-v1.1.json", "validation"),
        ("instances_val2017.json", "validation"),
        ("validate_PlayMusic.json", "validation"),
        ("TEST", "test"),
        ("latest.csv", ""),
        ("trainer", ""),
        ("", ""),
    ],
)
def test_names_say_their_split_by_a_whole_word(name, split):
    assert split_of(words_of(name)) == split
    assert split_of(["x", *words_of(name), "test"]) == (split or "test")
