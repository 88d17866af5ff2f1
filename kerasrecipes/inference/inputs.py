"""Inputs of `predict`: files, folders, texts, or the contents of standard input."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from kerasrecipes.data.files import read_text, text_files
from kerasrecipes.data.images.arrays import pixels_of
from kerasrecipes.data.images.decoding import workers
from kerasrecipes.data.images.folders import walk
from kerasrecipes.errors import UserError
from kerasrecipes.files import is_there

STDIN = "-"  # how answers name the contents of standard input

_SHOWN = 200  # characters of a name in an error, which is to be one line

Input = str | Path | bytes


@dataclass(frozen=True)
class TextInput:
    """A text to answer.

    Args:
        name: the file's path, the text itself, or `-`.
        text: or why the file could not be read.
        from_file: whether it is the content of a file or of standard input.
    """

    name: str
    text: str | UserError
    from_file: bool

    @property
    def content(self) -> str:
        """The text.

        Raises:
            UserError: if the file could not be read.
        """
        if isinstance(self.text, UserError):
            raise self.text
        return self.text


def texts(
    inputs: Iterable[Input], suffixes: Collection[str], *, folders: bool = False
) -> Iterator[TextInput]:
    """Read texts, the contents of text files, and of standard input.

    Args:
        inputs: paths, texts, or contents of files as bytes.
        suffixes: of file names; one word that ends so is a path, also where no file is there.
        folders: whether all text files of a folder are read; else the name of a folder is a text.

    Yields:
        The texts in order. A file in a folder that cannot be read holds the error.

    Raises:
        UserError: if a file that was named is not there or is not a text.
    """
    for item in inputs:
        if isinstance(item, bytes):
            yield TextInput(STDIN, read_text(item), True)
        elif not _is_path(str(item), suffixes, folders):
            yield TextInput(str(item), str(item), False)
        elif (path := Path(item).expanduser()).is_dir():
            files = text_files(path)
            if not files:
                raise UserError(f"the folder {item} holds no text files")
            for file in files:
                try:
                    yield TextInput(file, read_text(file), True)
                except UserError as error:
                    yield TextInput(file, error, True)
        else:
            yield TextInput(str(item), read_text(path), True)


def _is_path(text: str, suffixes: Collection[str], folders: bool) -> bool:
    try:
        path = Path(text).expanduser()
        # `Path("")` is the current folder, and an empty text is not.
        if text.strip() and (path.exists() if folders else path.is_file()):
            return True
    except (OSError, RuntimeError, ValueError):  # too long for a name, or not a name at all
        return False
    # A sentence may end in a file's name; one word alone is taken for a file that is missing.
    if len(text.split()) == 1 and text.lower().endswith(tuple(suffixes)):
        raise UserError(f"there is no file {'or folder ' if folders else ''}{text}")
    return False


def image_batches(
    inputs: Iterable[Input], read: Callable[[str | bytes], np.ndarray | UserError], size: int
) -> Iterator[list[tuple[str, np.ndarray | UserError]]]:
    """Read images, all of folders in natural order, of `.npz` files, and of standard input.

    Args:
        inputs: paths, or contents of image files as bytes.
        read: decodes a file or its content; returns the error where it is not an image.
        size: images that are in memory together.

    Yields:
        The name and the image of each; a file in a folder that is not an image has the error.

    Raises:
        UserError: if an input that was named is not there or is not an image.
    """
    files = _image_files(inputs)
    while batch := list(islice(files, size)):
        images = list(workers().map(read, [source for _, source, _ in batch]))
        for (name, _, named), image in zip(batch, images, strict=True):
            if named and isinstance(image, UserError):
                text = str(image)
                raise UserError(
                    text.replace("the image", "standard input", 1) if name == STDIN else text
                )
        yield [(name, image) for (name, _, _), image in zip(batch, images, strict=True)]


def _image_files(inputs: Iterable[Input]) -> Iterator[tuple[str, str | bytes, bool]]:
    """Yield the name of each image, its file or content, and whether the user named it rather than
    a folder that holds it.
    """
    for item in inputs:
        if isinstance(item, bytes):
            yield STDIN, item, True
        # An empty word would be the working folder.
        elif not str(item) or not is_there(item):
            raise UserError(f"there is no file or folder '{str(item)[:_SHOWN]}'")
        elif Path(item).is_dir():
            images, _ = walk(Path(item))
            if not images:
                raise UserError(f"the folder {item} holds no images")
            yield from ((str(path), str(path), False) for path in images)
        elif str(item).lower().endswith(".npz"):
            for number, pixels in enumerate(pixels_of(Path(item))):
                yield f"{item}[{number}]", _png(pixels), False
        else:
            yield str(item), str(item), True


def _png(pixels: np.ndarray) -> bytes:
    """Encode an image, so that it is read as those in files are."""
    content = io.BytesIO()
    # One channel is a picture in shades of grey, which PIL wants without a last axis.
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(content, "PNG")
    return content.getvalue()
