"""A decoder's inputs and labels are its targets, one token apart."""

import numpy as np

from kerasrecipes.data.ragged import Ragged
from kerasrecipes.data.text.teacher_forcing import teacher_forced
from kerasrecipes.data.text.tokenizer import END, START


def test_labels_are_the_inputs_one_token_later():
    inputs, labels, weight = teacher_forced(Ragged.of([np.array([7, 8]), np.array([9])]))
    assert [row.tolist() for row in inputs] == [[START, 7, 8], [START, 9]]
    assert [row.tolist() for row in labels] == [[7, 8, END], [9, END]]
    assert [row.tolist() for row in weight] == [[1, 1, 1], [1, 1]]
