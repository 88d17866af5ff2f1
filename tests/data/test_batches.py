"""Batches are addressed by number."""

from itertools import islice

import numpy as np

from kerasrecipes.data.batches import Batches
from kerasrecipes.data.examples import Arrays


def numbers(count=10):
    return Arrays({"a": np.arange(count), "b": np.arange(count) * 2}, np.arange(count) * 3)


def test_a_stream_from_any_position_gives_what_the_whole_stream_gives_there():
    batches = Batches(numbers(), 3, seed=7, shuffle=True)
    whole = [y.tolist() for _, y in islice(batches.stream(), 12)]
    for epoch, batch in [(0, 0), (0, 2), (1, 1), (2, 3)]:
        position = epoch * len(batches) + batch
        rest = [y.tolist() for _, y in islice(batches.stream(epoch, batch, ahead=2), 12 - position)]
        assert rest == whole[position:]


def test_an_epoch_holds_every_example_once_in_an_order_of_its_own():
    batches = Batches(numbers(), 3, seed=7, shuffle=True)
    epochs = [np.concatenate([batches[e, k][1] for k in range(len(batches))]) for e in range(2)]
    assert all(sorted(epoch) == list(range(0, 30, 3)) for epoch in epochs)
    assert epochs[0].tolist() != epochs[1].tolist()


def test_columns_stay_together():
    x, y = Batches(numbers(), 4, shuffle=True)[3, 1]
    assert (x["b"] == 2 * x["a"]).all() and (y == 3 * x["a"]).all()


def test_a_remainder_can_be_dropped_but_never_the_only_batch():
    assert [len(Batches(numbers(n), 4, drop_remainder=True)) for n in (3, 4, 10)] == [1, 1, 2]
    assert [len(Batches(numbers(n), 4)) for n in (3, 4, 10)] == [1, 1, 3]
