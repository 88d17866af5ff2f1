"""Global batches in the forms that Keras takes."""

import keras
import numpy as np
import pytest

from kerasrecipes.strategies import global_batches


def test_batches_begin_anew_and_keep_their_order():
    stream = global_batches.restartable(lambda: iter([(1, None), (2,)]))
    assert [stream[number] for number in range(5)] == [(1,), (2,), (1,), (2,), (1,)]
    assert stream[0] == (1,)
    with pytest.raises(IndexError, match="expected 1, received 3"):
        stream[3]


def test_batches_by_number_begin_anew():
    class Numbered(keras.utils.PyDataset):
        num_batches = 2

        def __getitem__(self, number):
            return (np.full((1, 1), number),)

    begin = global_batches.function_of(Numbered())
    assert [x.item() for (x,) in (*begin(), *begin())] == [0, 1, 0, 1]
    assert global_batches.function_of(len) is len
