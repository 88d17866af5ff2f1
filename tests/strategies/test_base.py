"""One device, and what workers tell each other."""

import json
import threading

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.strategies.base import Strategy, decode, encode
from tests.strategies.threads import at_once


def small(**options):
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(**{"optimizer": "sgd", "loss": "mse", **options})
    return model


def test_one_device_wraps_nothing():
    strategy = Strategy("cpu", "the processor")
    fit, model = strategy.prepare(small, lambda model: None)
    assert fit is model
    assert strategy.is_chief and strategy.broadcast({"stop": True}) == {"stop": True}
    x = np.arange(15.0).reshape(5, 3)

    def batches():
        return ((x[start : start + 2], x[start : start + 2, :1], None) for start in (0, 2, 4))

    assert fit.fit(strategy.feed(batches), steps_per_epoch=3, verbose=0).history["loss"]
    assert fit.predict(strategy.feed(batches, "predict"), steps=3, verbose=0).shape == (5, 1)
    assert fit.predict(strategy.feed(batches()), steps=3, verbose=0).shape == (5, 1)


class Pair(Strategy):
    """Two workers, of which the other one is given."""

    def __init__(self, other, rank=0):
        super().__init__("pair", "", num_workers=2, rank=rank)
        self.other = other

    def gather(self, value):
        values = [value, self.other]
        return [
            decode(encode(value, 300)) for value in (values if self.rank == 0 else values[::-1])
        ]


def told_by(*facts):
    """Let workers compare facts, each in a thread; give the line each ended with, and the size of
    every message.
    """
    barrier, sent, sizes = threading.Barrier(len(facts), timeout=5), [None] * len(facts), []

    class Member(Strategy):
        def gather(self, value):
            sent[self.rank] = value
            sizes.append(len(json.dumps(value)))
            barrier.wait()
            everyone = list(sent)
            barrier.wait()
            return everyone

    def one(rank):
        Member("member", "", num_workers=len(facts), rank=rank).require_same(facts[rank])

    return at_once(one, range(len(facts))), sizes


def test_workers_that_differ_are_told():
    facts = {f"the setting {number}": "x" * 300 for number in range(60)}
    one, same, other = ({**facts, "the seed": seed} for seed in (1, 1, 2))
    assert told_by(one, same)[0] == [None, None]
    said, sizes = told_by(one, other)
    assert said == ["the seed differs between workers: 1 (rank 0), 2 (rank 1)"] * 2
    assert max(sizes) < 4096
    assert all("the seed differs" in line for line in told_by(one, facts)[0])


def test_a_chief_that_cannot_save_is_heard_of():
    with pytest.raises(OSError, match="full"), Pair(False).saving():
        raise OSError("the disk is full")
    with (
        pytest.raises(UserError, match="first worker could not write"),
        Pair(True, rank=1).saving(),
    ):
        pass
    with Pair(False, rank=1).saving() as here:
        assert not here
