"""Requests that come together are answered together, by one thread that owns the model.

A call of a model costs little more for thirty inputs than for one. Whatever waits while a call runs
is the next batch, so a lone request never waits for others. Where a batch fails, its requests are
answered one by one, and the bad one fails alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from kerasrecipes.errors import UserError

Call = Callable[[Sequence[Any]], Sequence[Any]]
MOST = 64  # items that are answered in one call


class Busy(Exception):
    """More requests wait than the server remembers."""


@dataclass
class _Waiting:
    key: Hashable
    call: Call
    items: Sequence[Any]
    answers: asyncio.Future[list[Any]] = field(default_factory=lambda: _future())


def _future() -> asyncio.Future[list[Any]]:
    return asyncio.get_running_loop().create_future()


class Batcher:
    """Queue of requests before the thread that answers them.

    Args:
        most_waiting: items that may wait; with more a request is refused.
    """

    def __init__(self, most_waiting: int = 1024):
        self.most_waiting = most_waiting
        self._waiting: list[_Waiting] = []
        self._thread = ThreadPoolExecutor(1, "answers")
        self._runs: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Number of items that wait."""
        return sum(max(1, len(one.items)) for one in self._waiting)

    async def answers(self, key: Hashable, call: Call, items: Sequence[Any]) -> list[Any]:
        """Answer items, together with others that have the same key.

        Args:
            key: equal for requests that one call can answer.
            call: `call(items)`, an answer for each, in order; of a single item it may be several.
                It runs in the thread.
            items: of one request; none where the model generates.

        Returns:
            The answers to these items.

        Raises:
            Busy: if too many wait.
            UserError: what the call says of these items.
        """
        if self.waiting + len(items) > self.most_waiting:
            raise Busy
        one = _Waiting(key, call, items)
        self._waiting.append(one)
        if self._runs is None or self._runs.done():
            self._runs = asyncio.create_task(self._run())
        try:
            return await one.answers
        finally:
            # Whoever has gone is not worth a call.
            if one in self._waiting:
                self._waiting.remove(one)

    async def _run(self) -> None:
        while self._waiting:
            batch = self._next()
            found = await asyncio.get_running_loop().run_in_executor(self._thread, _answered, batch)
            for one, answers in zip(batch, found, strict=True):
                if one.answers.done():
                    continue
                if isinstance(answers, BaseException):
                    one.answers.set_exception(answers)
                else:
                    one.answers.set_result(answers)

    def _next(self) -> list[_Waiting]:
        """Take the first request and those behind it that one call can answer too."""
        first = self._waiting[0]
        batch, count = [first], len(first.items)
        for one in self._waiting[1:]:
            together = first.items and one.items and one.key == first.key
            if together and count + len(one.items) <= MOST:
                batch.append(one)
                count += len(one.items)
        self._waiting = [one for one in self._waiting if one not in batch]
        return batch

    def close(self) -> None:
        """End the thread once it has answered."""
        self._thread.shutdown(wait=True, cancel_futures=True)


def said(error: UserError) -> str:
    """Return what is told about an input, which came over HTTP, in a line.

    Args:
        error: of a recipe's `predict`, for which content is standard input.
    """
    return " ".join(str(error).replace("standard input", "the input").split())


def _answered(batch: Sequence[_Waiting]) -> list[list[Any] | BaseException]:
    """Answer a batch; a request that fails has its exception."""
    items = [item for one in batch for item in one.items]
    if len(batch) > 1:
        try:
            answers = list(batch[0].call(items))
        except Exception:  # of one of them, which is found below
            answers = []
        # A file may have several answers, and then nothing tells whose they are.
        if len(answers) == len(items):
            given = iter(answers)
            return [[next(given) for _ in one.items] for one in batch]
    return [_alone(one) for one in batch]


def _alone(one: _Waiting) -> list[Any] | BaseException:
    """Answer the items of a request, one by one if they fail together."""
    try:
        return list(one.call(one.items))
    except UserError as error:
        if len(one.items) < 2:
            return error
    except Exception as error:
        return error
    found: list[Any] = []
    for item in one.items:
        try:
            found += one.call([item])
        except UserError as error:
            found.append({"error": said(error)})
        except Exception as error:
            return error
    return found
