"""Rows of different length are padded batch by batch, and batches hold rows of like length."""

import itertools

import numpy as np
import pytest

from kerasrecipes.data import ragged as sequences
from kerasrecipes.data.batches import Batches
from kerasrecipes.data.ragged import Ragged, RaggedExamples, bucket_length, padded_length
from kerasrecipes.errors import UserError


def rows(count=300, longest=200, seed=0):
    random = np.random.default_rng(seed)
    lengths = np.minimum(1 + random.exponential(40, count).astype(int), longest)
    return [np.full(length, number + 1, np.int32) for number, length in enumerate(lengths)]


def examples(**options):
    given = rows()
    return RaggedExamples(Ragged.of(given), np.arange(len(given)), **options)


def test_rows_come_back_as_they_were():
    given = [np.array([3, 1]), np.array([], int), np.array([7])]
    ragged = Ragged.of(iter(given))
    assert len(ragged) == 3 and [row.tolist() for row in ragged] == [[3, 1], [], [7]]
    assert ragged.lengths.tolist() == [2, 0, 1] and ragged[-1].tolist() == [7]
    assert [row.tolist() for row in ragged.take(np.array([2, 0, 2]))] == [[7], [3, 1], [7]]
    assert ragged.padded().tolist() == [[3, 1], [0, 0], [7, 0]]
    assert ragged.padded(1, value=-1).tolist() == [[3], [-1], [7]]
    assert ragged.take(np.array([1, 2])).padded(3).tolist() == [[0, 0, 0], [7, 0, 0]]
    with pytest.raises(IndexError, match="no row 3"):
        ragged[3]
    assert len(Ragged.of([])) == 0


def test_entries_may_be_rows_themselves():
    ragged = Ragged.of([np.ones((2, 5)), np.zeros((0, 5)), np.ones((1, 5))])
    assert ragged.padded().shape == (3, 2, 5) and ragged.take(np.array([2])).padded().tolist() == [
        [[1] * 5]
    ]


def test_rounded_lengths_are_few_and_never_shorter():
    rounded = [bucket_length(n) for n in range(1, 1001)]
    assert all(r >= n for n, r in enumerate(rounded, 1)) and rounded == sorted(rounded)
    assert (
        sorted(set(rounded))[:9] == [8, 16, 24, 32, 48, 64, 96, 128, 160]
        and len(set(rounded)) == 20
    )
    assert all(bucket_length(r) == r for r in rounded)


@pytest.mark.parametrize("kind", [np.int8, np.int32, np.int64, np.uint16])
def test_lengths_may_be_integers_of_numpy(kind):
    for length in (1, 9, 33, 100, 127):
        rounded = bucket_length(kind(length))
        assert type(rounded) is int and rounded == bucket_length(length)
        assert padded_length(kind(length)) == padded_length(length)


@pytest.mark.parametrize(("freely", "widths"), [(True, {200, 208, 216}), (False, {224})])
def test_a_batch_is_rounded_to_few_lengths_only_where_a_compiler_meets_them(
    monkeypatch, freely, widths
):
    monkeypatch.setattr(sequences.backend, "takes_any_shape", lambda: freely)
    given = RaggedExamples(Ragged.of(np.ones((n, 1))[:, 0] for n in (199, 203, 216)), np.zeros(3))
    assert {given.take(np.array([number]))[0].shape[1] for number in range(3)} == widths
    assert given.lengths.tolist() == [200, 208, 216]  # the order is the same on every backend


def test_a_batch_is_padded_to_its_own_longest_row():
    given = RaggedExamples(
        {"a": Ragged.of([[1] * 3, [2] * 20]), "b": np.zeros((2, 4))}, Ragged.of([[1], [2]])
    )
    x, y = given.take(np.array([0]))
    assert x["a"].shape == (1, 8) and x["b"].shape == (1, 4) and y.shape == (1, 8)
    assert given.take(np.array([1, 0]))[0]["a"].shape == (2, 24)
    (a, b), y = given.signature[0].values(), given.signature[1]
    assert a == ((None, None), np.int32) and b == ((None, 4), np.float64) and y[0] == (None, None)


def test_an_epoch_holds_every_example_once_and_little_padding():
    given = examples()
    batches = Batches(given, 16, seed=3, shuffle=True)
    orders = [batches.order(epoch) for epoch in (0, 1)]
    assert (
        all(sorted(order) == list(range(300)) for order in orders)
        and orders[0].tolist() != orders[1].tolist()
    )
    entries = [sum(batches[0, k][0].size for k in range(len(batches)))]
    plain = RaggedExamples(given.x, given.y, pad_to=200)
    assert entries[0] < 0.4 * Batches(plain, 16, shuffle=True)[0, 0][0].size * len(batches)
    # In no order of length, and not the same companions again.
    lengths = [batches[0, k][0].shape[1] for k in range(len(batches) - 1)]
    assert lengths != sorted(lengths)
    company = [{frozenset(order[k * 16 : k * 16 + 16]) for k in range(18)} for order in orders]
    assert len(company[0] & company[1]) < 9


def test_a_stream_from_any_position_gives_what_the_whole_stream_gives_there():
    batches = Batches(examples(), 16, seed=3, shuffle=True)
    whole = [y.tolist() for _, y in itertools.islice(batches.stream(), 30)]
    assert [y.tolist() for _, y in itertools.islice(batches.stream(1, 4), 30 - 23)] == whole[23:]
    assert batches[1, 4][1].tolist() == whole[23]


def test_unshuffled_they_come_in_order_of_length():
    shapes = [x.shape[1] for x, _ in itertools.islice(Batches(examples(), 16).stream(), 19)]
    assert shapes == sorted(shapes)


def test_selections_keep_columns_and_lengths_together():
    given = examples(weight=np.ones(300))
    some = given.select(np.array([5, 250, 7])).sample(2, seed=0)
    x, y, weight = some.take(np.arange(2))
    assert len(some) == 2 and (x[:, 0] == y + 1).all() and weight.shape == (2,)
    assert (some.lengths >= some.x.lengths).all()


def test_without_buckets_all_are_padded_to_one_length():
    given = examples(pad_to=64)
    assert given.lengths is None and given.signature[0][0] == (None, 64)
    assert {given.take(np.array([number]))[0].shape for number in range(20)} == {(1, 64)}
    assert given.select(np.arange(3)).pad_to == 64


def test_columns_of_different_number_are_refused():
    with pytest.raises(UserError, match="equally many"):
        RaggedExamples(Ragged.of(rows(3)), np.arange(4))
