"""Folds: every example is held out once, strata and groups are kept, and nothing else changes."""

from collections import Counter

import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.folds import Fold
from kerasrecipes.data.splits import divided, make_splits
from kerasrecipes.data.text.language_modeling import LineExamples
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits


def drawn(parts, count, seed=0, **named):
    """Splits of every fold."""
    return [
        make_splits(parts, Request(seed=seed, fold=Fold(number, count)), **named)[0]
        for number in range(count)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_every_example_is_held_out_once_and_never_learned_from_then(seed):
    random = np.random.default_rng(seed)
    size, count = int(random.integers(40, 200)), int(random.integers(2, 8))
    whole = Arrays(np.arange(size), random.integers(0, 3, size))
    folds = drawn({"train": whole}, count, seed, labels=lambda part: part.y)
    held = np.concatenate([fold["test"].x for fold in folds])
    np.testing.assert_array_equal(np.sort(held), np.arange(size))
    for fold in folds:
        parts = [set(fold[name].x.tolist()) for name in ("train", "validation", "test")]
        assert sum(map(len, parts)) == size and len(set.union(*parts)) == size
        assert abs(len(fold["test"]) - size / count) < 1
        for label, number in Counter(whole.y.tolist()).items():
            assert abs((fold["test"].y == label).sum() - number / count) < 1


@pytest.mark.parametrize("seed", range(4))
def test_groups_are_never_divided(seed):
    random = np.random.default_rng(seed)
    group = random.integers(0, 30, 150)
    whole = Arrays(np.arange(150), group)
    for fold in drawn({"train": whole}, 4, seed, groups=lambda part: part.y):
        held = [set(fold[name].y.tolist()) for name in ("train", "validation", "test")]
        assert not held[0] & held[1] and not held[0] & held[2] and not held[1] & held[2]


def test_a_test_split_of_the_data_is_left_alone_and_its_validation_split_stays():
    parts = {
        "train": Arrays(np.arange(60)),
        "validation": Arrays(np.arange(100, 110)),
        "test": Arrays(np.arange(200, 220)),
    }
    folds = drawn(parts, 3)
    assert sorted(np.concatenate([fold["test"].x for fold in folds])) == list(range(60))
    assert all(fold["validation"] is parts["validation"] for fold in folds)
    request = Request(fold=Fold(0, 3))
    assert "left alone" in " ".join(make_splits(parts, request)[1])
    del parts["validation"]
    assert all(len(fold["validation"]) == 3 for fold in drawn(parts, 3))  # a twelfth of 40


def test_labels_that_are_known_of_the_whole_alone_are_used_for_both_draws():
    whole = Arrays(np.arange(90))
    classes = np.repeat([0, 1, 2], 30)
    for fold in drawn({"train": whole}, 3, labels=lambda _: classes):
        assert Counter(classes[fold["test"].x]) == {0: 10, 1: 10, 2: 10}
        assert min(Counter(classes[fold["validation"].x]).values()) >= 2


def test_a_text_is_divided_in_its_own_order():
    lines, nothing = LineExamples([str(line) for line in range(10)]), LineExamples([])
    splits = Splits(train=lines, validation=nothing, test=nothing, info=Info())
    held = [divided(splits, Request(fold=Fold(k, 3))).test.lines for k in range(3)]
    assert held == [["0", "1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]]
    kept = divided(splits, Request(fold=Fold(1, 3))).train.lines
    assert kept == ["0", "1", "2", "3", "7", "8", "9"]


def test_labels_at_hand_stratify_what_a_source_divided_by_itself():
    y = np.tile([0, 1, 1], 20).astype("int32")
    train = Arrays(np.arange(60), y)
    splits = Splits(train=train, validation=train, test=train, info=Info())
    for number in range(4):
        found = divided(splits, Request(fold=Fold(number, 4)))
        assert Counter(found.test.y.tolist()) == {0: 5, 1: 10}


@pytest.mark.parametrize("text", ["0/5", "6/5", "1/1", "one/5", "3", "", "-1/4"])
def test_a_fold_that_is_none_is_refused(text):
    with pytest.raises(UserError, match="fold"):
        Fold.of(text)
    assert str(Fold.of("2/5")) == "2/5"


def test_too_few_examples_for_the_folds_are_refused():
    with pytest.raises(UserError, match="3 examples are too few for 5 folds"):
        drawn({"train": Arrays(np.arange(3))}, 5)
