"""Messages about data that was given as a Python object and lies in a hidden file since."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from kerasrecipes.errors import UserError

# A file or folder of an object, beside the runs; it is named by its content.
_WRITTEN = re.compile(r"[/\\]\.data[/\\][0-9a-f]{16}([/\\]\w+\.\w+)?$")


def spoken(text: str, data: str) -> str:
    """Return a message without the path of a file that the user did not make.

    Args:
        text: of the message.
        data: the data that it is about, as a configuration names it.

    Returns:
        The text, which says `the data` for the file or folder of an object.
    """
    if not _WRITTEN.search(data):
        return text
    text = re.sub(re.escape(data) + r"[/\\](train|validation|test)\.\w+", r"the data of \1", text)
    return text.replace(data, "the data")


@contextmanager
def speaking(data: str) -> Iterator[None]:
    """Context whose errors are told by `spoken`.

    Args:
        data: as a configuration names it.

    Raises:
        UserError: as it was raised, without the path of a file that the user did not make.
    """
    try:
        yield
    except UserError as error:
        told = spoken(str(error), data)
        if told == str(error):
            raise
        raise type(error)(told) from error
