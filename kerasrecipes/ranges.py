"""Types of settings that are numbers of a range, declared where a function has its parameter.

    def text_classifier(..., *, units: Count = 64, dropout_rate: Share = 0.0): ...

To Python and to type checkers they are plain `int` and `float`; a setting of such a type is refused
outside of its range before anything is made.
"""

from __future__ import annotations

import typing
from dataclasses import dataclass
from typing import Annotated, Any

LARGEST = 2**31 - 1  # largest length of an axis that all libraries hold


@dataclass(frozen=True)
class Range:
    """Range of a number.

    Args:
        minimum: the least number allowed, if there is one.
        maximum: the largest number allowed, if there is one.
        above: a bound that the number must exceed, if there is one.
        below: a bound that the number must not reach, if there is one.
    """

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None


Count = Annotated[int, Range(minimum=1, maximum=LARGEST)]  # units, pixels, tokens: an axis's length
CountOrZero = Annotated[int, Range(minimum=0, maximum=LARGEST)]  # 0 leaves it out
# Of layers one behind the other: a thousand take minutes to build.
Depth = Annotated[int, Range(minimum=1, maximum=1202)]
Share = Annotated[float, Range(minimum=0, below=1)]  # of what is dropped; all would leave nothing
Probability = Annotated[float, Range(minimum=0, maximum=1)]
Penalty = Annotated[float, Range(minimum=0, maximum=1e30)]  # float32 holds up to 3e38
Positive = Annotated[float, Range(above=0, maximum=1e30)]


def range_of(annotation: Any) -> Range:
    """Find the range that an annotation declares, also within `Count | None` or `tuple[Count, …]`.

    Args:
        annotation: resolved, with its extras.

    Returns:
        The first range in it; one without bounds where it has none.
    """
    for extra in getattr(annotation, "__metadata__", ()):
        if isinstance(extra, Range):
            return extra
    inner = (range_of(part) for part in typing.get_args(annotation) if part is not Ellipsis)
    return next((found for found in inner if found != Range()), Range())
