"""Examples of the test split that are also in training are counted."""

import numpy as np

from kerasrecipes.data.duplicates import duplicates_note, notes_of, row_hashes
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.text.store import TextStore


def rows(numbers, words, labels):
    x = {"n": np.array(numbers, float), "w": np.array(words, object)}
    return Arrays(x, {"y": np.array(labels, object)})


def test_rows_alike_in_all_columns_are_counted():
    train = rows([1, np.nan, 0.0], ["a", "b", None], ["x", "y", "x"])
    test = rows([1, np.nan, -0.0, 1], ["a", "b", None, "b"], ["x", "y", "y", "x"])
    notes = duplicates_note({"train": train, "validation": train.select([0]), "test": test})
    assert notes[0].startswith("1 row of 1 in validation (100 %)")
    assert notes[1].startswith("2 rows of 4 in test (50 %)")


def test_many_different_rows_have_different_hashes():
    numbers = np.random.default_rng(0).integers(0, 1000, (200_000, 2)).astype(float)
    whole = Arrays({"a": numbers[:, 0], "b": numbers[:, 1]}, numbers[:, 0])
    assert len(np.unique(row_hashes(whole))) == len(np.unique(numbers, axis=0))
    images = Arrays(numbers.reshape(-1, 4, 5), np.zeros(len(numbers) // 10))
    assert len(np.unique(row_hashes(images))) == len(images)


def test_texts():
    texts = {"train": ["a", "ß"], "validation": ["c"], "test": ["ß", "d"]}
    hashes = {name: TextStore.of(some).hashes() for name, some in texts.items()}
    assert notes_of(hashes, "text") == [
        "1 text of 2 in test (50 %) is also in train, and easy to get right"
    ]
