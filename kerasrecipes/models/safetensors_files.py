"""Files in the form of safetensors: a description of all tensors in JSON, then their numbers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.errors import UserError, excerpt

_LARGEST_HEADER = 2**26  # bytes of the description of all tensors
_HALF = "BF16"  # the upper two bytes of a float32
_KINDS: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "F64": np.dtype("<f8"),
    _HALF: np.dtype("<u2"),
}


class Tensors(Mapping[str, np.ndarray]):
    """Tensors of a file by name, each read when it is asked for, in float32.

    Args:
        path: of the file.

    Attributes:
        metadata: what the file says of itself, as far as that is text.

    Raises:
        UserError: if it is no such file; also where a damaged tensor is asked for.
    """

    def __init__(self, path: Path):
        self.path = path
        try:
            self._whole = np.memmap(path, np.uint8, "r")
            size = int.from_bytes(self._whole[:8].tobytes(), "little")
            if not 2 <= size <= min(_LARGEST_HEADER, len(self._whole) - 8):
                raise ValueError("it has no description of its tensors, or is cut off")
            described = json.loads(self._whole[8 : 8 + size].tobytes())
            if not isinstance(described, dict):
                raise ValueError("its description has no names")
        except OSError as error:
            raise UserError(f"cannot read the weights {path}: {error.strerror or error}") from error
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path} is not a file of safetensors: {error}") from error
        said = described.pop("__metadata__", None)
        self.metadata: dict[str, str] = {}
        if isinstance(said, dict):
            self.metadata = {name: one for name, one in said.items() if isinstance(one, str)}
        self._described: dict[str, Any] = described
        self._begin = 8 + size

    def __iter__(self) -> Iterator[str]:
        return iter(self._described)

    def __len__(self) -> int:
        return len(self._described)

    def __getitem__(self, name: str) -> np.ndarray:
        entry = self._described[name]
        try:
            kind, sides = str(entry["dtype"]), tuple(map(int, entry["shape"]))
            begin, end = map(int, entry["data_offsets"])
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise self.wrong(f"the description of {excerpt(name)} is damaged") from error
        stored = _KINDS.get(kind)
        if stored is None:
            raise self.wrong(
                f"{excerpt(name)} is of the kind {excerpt(kind)}, expected F32, F16 or BF16"
            )
        count = stored.itemsize
        for side in sides:  # as Python's numbers, which have no largest one
            count *= side
        size = len(self._whole) - self._begin
        if min(sides, default=0) < 0 or end - begin != count or not 0 <= begin <= end <= size:
            raise self.wrong(f"{excerpt(name)} is cut off")
        content = self._whole[self._begin + begin : self._begin + end].tobytes()
        values = np.frombuffer(content, stored)
        if kind == _HALF:
            values = (values.astype(np.uint32) << 16).view(np.float32)
        return values.astype(np.float32, copy=False).reshape(sides)

    def wrong(self, problem: str) -> UserError:
        """Return the error of weights that cannot be used.

        Args:
            problem: what does not fit.
        """
        return UserError(f"the weights {self.path} do not fit: {problem}")
