"""The encoder and decoder as one model; its decoder has tests of its own."""

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.seq2seq import seq2seq


def test_a_bidirectional_encoder_takes_an_even_number():
    with pytest.raises(UserError, match="units=7"):
        seq2seq(20, 15, units=7, bidirectional=True)
