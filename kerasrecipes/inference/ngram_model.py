"""Model of symbols by counted n-grams, such as of characters, to help a recognizer spell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import log

_EDGE = 0  # before the first symbol and behind the last one


class NgramModel:
    """Probability of a symbol after those before it, by counts of several orders.

    Orders are interpolated by Witten and Bell: the more different symbols followed a context, the
    less it is trusted, and the more the shorter one counts. The shortest gives every symbol the
    same.

    Args:
        rows: symbols of each text, from 1 on.
        num_symbols: number of symbols, 0 included, which stands for both ends of a text.
        order: symbols of the longest n-grams, the last one included.

    Reference:
        [The Zero-Frequency Problem](https://doi.org/10.1109/18.87000) (Witten and Bell, 1991)
    """

    def __init__(self, rows: Iterable[Sequence[int]], num_symbols: int, order: int = 5):
        self.num_symbols, self.order = num_symbols, order
        self.counts: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for row in rows:
            whole = [*[_EDGE] * (order - 1), *map(int, row), _EDGE]
            for place in range(order - 1, len(whole)):
                for length in range(order):
                    self.counts[tuple(whole[place - length : place])][whole[place]] += 1
        self._known: dict[tuple[tuple[int, ...], int], float] = {}

    def log_probability(self, context: Sequence[int], symbol: int | None) -> float:
        """Return the logarithm of a symbol's probability after others.

        Args:
            context: the symbols before it, from the beginning of the text.
            symbol: the symbol; `None` for the end of the text.
        """
        before = ([_EDGE] * (self.order - 1) + list(context))[len(context) :]
        last = tuple(before[len(before) - self.order + 1 :]) if self.order > 1 else ()
        key = last, _EDGE if symbol is None else int(symbol)
        if key not in self._known:
            self._known[key] = log(self._probability(*key))
        return self._known[key]

    def _probability(self, context: tuple[int, ...], symbol: int) -> float:
        shorter = self._probability(context[1:], symbol) if context else 1 / self.num_symbols
        if context not in self.counts:
            return shorter
        following = self.counts[context]
        total, kinds = following.total(), len(following)
        return (following[symbol] + kinds * shorter) / (total + kinds)
