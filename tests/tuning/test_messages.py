"""Messages of workers: what is not as it has to be is refused in one sentence."""

import copy
import json
import math
import random

import pytest

from kerasrecipes.tuning import messages
from kerasrecipes.tuning.messages import Message, Refused
from tests.tuning.samples import good_messages, spoil


def test_what_is_as_it_has_to_be_is_read_as_it_was_written():
    for message in good_messages():
        assert messages.read(messages.write(message)) == message


@pytest.mark.parametrize("seed", range(5))
def test_every_drawn_message_is_read_or_refused_in_one_sentence(seed):
    draw = random.Random(seed)
    refused = 0
    for _ in range(400):
        body = spoil(draw.choice(good_messages()), draw)
        try:
            found = messages.read(body)
        except Refused as error:
            refused += 1
            assert 5 < len(str(error)) < 300 and "\n" not in str(error)
        else:
            assert isinstance(found, Message) and found.call in messages.CALLS
    assert refused > 200


@pytest.mark.parametrize("score", [None, math.nan, math.inf, "0.9", True, [0.9], 10**400])
def test_a_score_is_a_finite_number(score):
    (good,) = (one for one in good_messages() if one.call == "end_trial")
    values = copy.deepcopy(vars(good))
    values["arguments"]["outcome"]["score"] = score
    with pytest.raises(Refused, match="score"):
        messages.read(json.dumps(values).encode())


def test_a_loss_may_be_no_number_but_not_missing():
    for value, fits in ((math.nan, True), (math.inf, True), (None, False), ("1", False)):
        values = {"lease": "0000.1", "metrics": {"loss": value}, "step": 1}
        message = Message("update_trial", values, "1@a-1", "0" * 32, "1" * 32, 1)
        if fits:
            assert messages.read(messages.write(message)).call == "update_trial"
        else:
            with pytest.raises(Refused, match="metrics"):
                messages.read(messages.write(message))
