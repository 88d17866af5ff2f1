"""JSON files with an object for each row: one in each line, or all in a list."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from kerasrecipes.data.files import Utf8Stream
from kerasrecipes.errors import UserError

SUFFIXES = (".jsonl", ".ndjson", ".json")
_BUFFER = 2**16  # bytes that are read at a time


def rows(path: str) -> Iterator[dict[str, Any]]:
    """Iterate over a file's objects: one in each line, or those of a list.

    Args:
        path: of the file, UTF-8 or another encoding that is told by its first bytes.

    Returns:
        The values of each row by their names.

    Raises:
        UserError: if it is not JSON, or holds something else than objects, with the line.
    """
    stream = io.BufferedReader(Utf8Stream(path), _BUFFER)
    with io.TextIOWrapper(stream, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if number == 1 and line.lstrip().startswith("["):
                values = _parsed(line + file.read(), path)
                yield from (_object(v, f"{path}, entry {n}") for n, v in enumerate(values, 1))
                return
            if line.strip():
                yield _object(_parsed(line, f"{path}:{number}"), f"{path}:{number}")


def word(value: Any) -> str:
    """Return a JSON value as the text of a cell; a missing one is empty."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parsed(content: str, where: str) -> Any:
    try:
        return json.loads(content)
    except RecursionError:
        raise UserError(f"{where} is not read: its lists are nested too deeply") from None
    except ValueError as error:
        raise UserError(f"{where} is not JSON: {getattr(error, 'msg', error)}") from None


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(
            f"{where} is not a JSON object with named values, received {json.dumps(value)[:60]}"
        )
    return value
