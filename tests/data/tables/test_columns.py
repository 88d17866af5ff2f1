"""The encoding of columns: learned from training rows, applied to rows of any
kind.
"""

import numpy as np

from kerasrecipes.data.tables import columns


def words(*cells):
    return np.array(cells, dtype=object)


def test_numbers_words_and_missing_cells():
    train = {
        "age": np.array([10.0, np.nan, 30.0]),
        "city": words("Oslo", "Lyon", None),
        "size": np.array([1.0, 2.0, 3.0]),
    }
    encoding, notes = columns.fit(train)
    assert notes == []
    assert columns.features(encoding) == [
        "age",
        "age missing",
        "city=Lyon",
        "city=Oslo",
        "city missing",
        "size",
    ]
    expected = [[10, 0, 0, 1, 0, 1], [20, 1, 1, 0, 0, 2], [30, 0, 0, 0, 1, 3]]
    encoded = columns.encode(train, encoding)
    np.testing.assert_array_equal(encoded, expected)
    assert encoded.dtype == np.float32


def test_later_rows_are_filled_from_the_training_rows():
    encoding, _ = columns.fit({"age": np.array([10.0, 30.0]), "city": words("Oslo", "Lyon")})
    later = {"age": np.array([np.nan]), "city": words("Rome")}
    np.testing.assert_array_equal(columns.encode(later, encoding), [[20, 0, 0]])


def test_columns_without_use_are_left_out_and_named():
    names = words(*(f"person {number}" for number in range(40)))
    encoding, notes = columns.fit(
        {"name": names, "none": np.full(40, np.nan), "x": np.arange(40.0)}
    )
    assert [entry.name for entry in encoding] == ["x"]
    assert len(notes) == 2 and "'name'" in notes[0] and "'none'" in notes[1]


def test_only_the_most_frequent_words_get_a_number():
    cells = [f"w{number}" for number in range(150) for _ in range(3 if number < 100 else 2)]
    encoding, _ = columns.fit({"word": words(*cells)})
    assert len(encoding[0].words) == columns.MOST_CATEGORIES
    assert set(encoding[0].words) == {f"w{number}" for number in range(100)}


def test_raw_cells_are_typed_and_odd_ones_told():
    number = columns.EncodedColumn(name="age", kind="number", mean=5.0)
    values, odd = columns.typed(words("3", "old", None), number)
    np.testing.assert_array_equal(values, [3, np.nan, np.nan])
    assert list(odd) == [1] and "'old'" in odd[1]
    word = columns.EncodedColumn(name="class", kind="word", words=("1", "2"))
    values, odd = columns.typed(words("1", "2.0", "7", None), word)
    assert values.tolist() == ["1", "2", "7", None]
    assert list(odd) == [2] and "not seen" in odd[2]
