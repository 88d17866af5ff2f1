"""Model files, looked at before Keras opens them: they may come from somebody else.

Keras's safe mode refuses Python code in a file. What it does not look at is refused here: links and
names that lead out of the archive, sizes that no disk holds, classes of modules that would be
imported for them, and weights that lie in other files.
"""

from __future__ import annotations

import json
import stat
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from kerasrecipes import trust
from kerasrecipes.errors import Notice, UserError, excerpt

if TYPE_CHECKING:
    import keras

SAFE = (3, 11, 3)  # the release of Keras that closed the known ways around its safe mode
_FREE = 2**26  # bytes that any file may unpack to
_MOST_RATIO = 20  # of unpacked to packed bytes; weights hardly shrink at all
_MOST_CONFIG = 2**27  # bytes of the description of layers
_FILES = ("config.json", "metadata.json", "model.weights.h5")
_MODULES = ("keras", "kerasrecipes")


def load(path: Path) -> keras.Model:
    """Load a model, uncompiled, in Keras's safe mode.

    Args:
        path: of the file, which exists.

    Returns:
        The model.

    Raises:
        UserError: if it holds what a model's file has no use for.
        Exception: of Keras's, if it is damaged.
    """
    import keras

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            problem = next(_problems(archive, path.stat().st_size), None)
        if problem is not None:
            raise UserError(f"{path} is refused as a model: {problem}")
    if _release(keras.__version__) < SAFE and not trust.is_own_run(path.parent):
        warnings.warn(
            f"{path} was not made by you here, and Keras {keras.__version__} can be made to run "
            "code by a model's file; open it only if you trust it, or with Keras 3.11.3 or newer",
            Notice,
            stacklevel=3,
        )
    return keras.saving.load_model(path, compile=False, safe_mode=True)


def _release(version: str) -> tuple[int, ...]:
    parts = version.split(".")[:3]
    return tuple(int(part) for part in parts if part.isascii() and part.isdecimal())


def _problems(archive: zipfile.ZipFile, packed: int) -> Iterator[str]:
    """Yield what is wrong with the members of an archive, its description and its weights."""
    members = archive.infolist()
    names = [member.filename for member in members]
    for member in members:
        name, kind = PurePosixPath(member.filename), stat.S_IFMT(member.external_attr >> 16)
        shown = excerpt(member.filename)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            yield f"'{shown}' in it is a link or a device"
        elif member.filename not in _FILES and name.parts[:1] != ("assets",):
            yield f"it holds '{shown}'"
        elif ".." in name.parts or "\\" in member.filename:
            yield f"the name '{shown}' in it leads elsewhere"
    if len(names) != len(set(names)):
        yield "it holds two files of one name"
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(_FREE, _MOST_RATIO * packed):
        yield f"its {packed:,} bytes would become {unpacked:,}"
    sizes = {member.filename: member.file_size for member in members}
    if sizes.get("config.json", 0) > _MOST_CONFIG:
        yield "the description of its layers is too long"
    if "config.json" in names:
        yield from _foreign(json.loads(archive.read("config.json")))
    if "model.weights.h5" in names:
        yield from _outside(archive)


def _foreign(config: Any) -> Iterator[str]:
    """Yield the classes that Keras would import modules for, or that hold Python code."""
    import keras

    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        if not isinstance(value, dict):
            continue
        waiting += value.values()
        if not isinstance(value.get("class_name"), str):
            continue
        name, module = value["class_name"], value.get("module")
        if name in ("Lambda", "__lambda__"):
            yield "it holds Python code, a Lambda layer; write it as a class of a page of your own"
        known = keras.saving.get_registered_object(str(value.get("registered_name")))
        package = str(module).partition(".")[0]
        if module is not None and package not in _MODULES and known is None:
            shown = f"{excerpt(str(module))}.{excerpt(name)}"
            yield f"it needs the class {shown}, which neither Keras nor the run's page registers"


def _outside(archive: zipfile.ZipFile) -> Iterator[str]:
    """Yield weights that lie in other files, or claim more room than the file has for them."""
    import h5py

    with tempfile.TemporaryFile() as copy:
        with archive.open("model.weights.h5") as member:
            while block := member.read(2**20):
                copy.write(block)
        try:
            weights = h5py.File(copy, "r")
        except OSError:
            return  # Keras says what is damaged
        with weights:
            yield from _links(weights, h5py)


def _links(group: Any, h5py: Any, depth: int = 0) -> Iterator[str]:
    if depth > 100:
        yield "its weights are nested without end"
        return
    for name in group:
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            yield f"its weights '{excerpt(name)}' are a link"
            continue
        item = group[name]
        if isinstance(item, h5py.Group):
            yield from _links(item, h5py, depth + 1)
        elif item.external or item.is_virtual:
            yield f"its weights '{excerpt(name)}' lie in another file"
        elif item.nbytes > _FREE and item.nbytes > _MOST_RATIO * item.id.get_storage_size():
            yield f"its weights '{excerpt(name)}' claim {item.nbytes:,} bytes"
