"""Requests that come together are answered together; a bad one fails alone."""

import asyncio
import threading

import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.serve.batching import MOST, Batcher, Busy, said


class Model:
    """Answers an item with itself; fails where one is `bad` or `broken`; a file has two answers."""

    def __init__(self):
        self.calls = []
        self.free = threading.Event()
        self.free.set()

    def __call__(self, items):
        self.free.wait(10)
        self.calls.append(list(items))
        if "bad" in items:
            raise UserError("standard input cannot be read")
        if "broken" in items:
            raise RuntimeError("a fault of ours")
        return [answer for item in items for answer in ([item, item] if item == "file" else [item])]


def ask(*requests, model=None, most_waiting=1000):
    """Answer requests, `(key, items)`, all of which come while a first one is being answered."""
    model = model or Model()

    async def together():
        batcher = Batcher(most_waiting)
        model.free.clear()
        first = asyncio.create_task(batcher.answers("first", model, ["first"]))
        await asyncio.sleep(0.01)
        tasks = [asyncio.create_task(batcher.answers(k, model, items)) for k, items in requests]
        await asyncio.sleep(0.01)
        model.free.set()
        found = await asyncio.gather(first, *tasks, return_exceptions=True)
        batcher.close()
        return found[1:]

    return asyncio.run(together()), model


@pytest.mark.parametrize("seed", range(5))
def test_everyone_gets_his_own_answers(seed):
    draw = np.random.default_rng(seed)
    requests = [
        (int(draw.integers(3)), [f"{number}-{i}" for i in range(draw.integers(1, 5))])
        for number in range(40)
    ]
    found, model = ask(*requests)
    assert found == [items for _, items in requests]
    assert len(model.calls) < 12 and max(map(len, model.calls)) <= MOST


def test_a_bad_request_fails_alone():
    found, _ = ask((0, ["a"]), (0, ["bad"]), (0, ["b", "bad", "c"]), (0, ["broken"]), (0, ["d"]))
    assert found[0] == ["a"] and found[4] == ["d"]
    assert isinstance(found[1], UserError) and isinstance(found[3], RuntimeError)
    assert found[2] == ["b", {"error": "the input cannot be read"}, "c"]


def test_several_answers_to_a_file_stay_its_own():
    found, _ = ask((0, ["a"]), (0, ["file"]), (0, ["b"]))
    assert found == [["a"], ["file", "file"], ["b"]]


def test_requests_without_items_are_answered_alone():
    found, model = ask((0, []), (0, []), (0, ["a"]))
    assert found == [[], [], ["a"]] and model.calls.count([]) == 2


def test_more_than_may_wait_is_refused():
    found, _ = ask((0, ["a"] * 4), (0, ["b"] * 4), (0, ["c"] * 2), most_waiting=8)
    assert [type(one) for one in found] == [list, list, Busy]


def test_whoever_has_gone_is_not_answered():
    model = Model()

    async def impatient():
        batcher = Batcher()
        model.free.clear()
        first = asyncio.create_task(batcher.answers(0, model, ["first"]))
        await asyncio.sleep(0.01)
        gone = asyncio.create_task(batcher.answers(0, model, ["gone"]))
        await asyncio.sleep(0.01)
        gone.cancel()
        await asyncio.sleep(0.01)
        model.free.set()
        assert await first == ["first"] and batcher.waiting == 0
        batcher.close()

    asyncio.run(impatient())
    assert model.calls == [["first"]]


def test_errors_are_told_in_a_line():
    assert said(UserError("standard input\nis no\n  image")) == "the input is no image"
