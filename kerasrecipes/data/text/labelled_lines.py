"""Text files with a line for each text that says its label, as those of fastText and TREC."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from kerasrecipes.data.files import Utf8Stream, first_bytes, is_regular
from kerasrecipes.errors import UserError

_SUFFIXES = (
    *(".txt", ".text", ".label", ".labels", ".ft", ".data", ".all", ""),
    *(".train", ".dev", ".valid", ".test"),
)
_SAMPLE = 2**16  # bytes at the beginning that are looked at
_FEWEST = 3  # lines that must be so

# By name: what a line looks like, with its label and its text.
FORMS = {
    "__label__LABEL TEXT": re.compile(r"__label__(?P<label>\S{1,40})[ \t,]+(?P<text>.*\S)"),
    "LABEL:sub TEXT": re.compile(r"(?P<label>[A-Z]{2,12}):\w{1,20}[ \t]+(?P<text>.*\S)"),
    "LABEL tab TEXT": re.compile(r"(?P<label>[^\t]{1,40})\t+(?P<text>[^\t]*\S)"),
    "NUMBER TEXT": re.compile(r"(?P<label>-?\d{1,2}) (?P<text>.*\S)"),
}


class LabelledLines:
    """Lines of a text with its label: iterates over `(text, label)`.

    Of several labels of fastText's the first counts, of `LABEL:sub` what stands before the colon.

    Args:
        path: of the file, of which `form_of` knows the form.

    Raises:
        UserError: if its lines have none of the forms.

    Attributes:
        columns: empty, for there are no columns to name.
        by: empty.
        notes: sentences for the user on the lines, complete after iteration.
    """

    def __init__(self, path: str):
        form = form_of(Path(path))
        if form is None:
            raise UserError(f"{path}: expected lines such as {', or '.join(FORMS)}")
        self.path, self.form = path, FORMS[form]
        self.columns: dict[str, str] = {}
        self.by = ""
        self.notes = [f"read each line as {form}"]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        left_out = 0
        stream = io.TextIOWrapper(io.BufferedReader(Utf8Stream(self.path)), "utf-8")
        for line in stream:
            if match := self.form.fullmatch(line.strip()):
                yield match["text"], match["label"].strip()
            else:
                left_out += bool(line.strip())
        if left_out:
            lines = f"{left_out:,} line{'s' * (left_out > 1)}"
            self.notes.append(f"left out {lines} without a label or without a text")


def form_of(path: Path) -> str | None:
    """Return which of `FORMS` the first lines of a file have; `None` for another file.

    Args:
        path: of any file.
    """
    if path.suffix.lower() not in _SUFFIXES or not is_regular(path):
        return None
    try:
        sample = first_bytes(path, _SAMPLE).decode("utf-8", "replace")
    except UserError:
        return None
    lines = [line.strip() for line in sample.split("\n") if line.strip()]
    if len(sample) >= _SAMPLE // 2:
        lines = lines[:-1]  # it may be cut off
    if len(lines) < _FEWEST:
        return None
    for name, form in FORMS.items():
        matches = [form.fullmatch(line) for line in lines]
        labels = {match["label"] for match in matches if match}
        # A label comes again; where each line begins otherwise, these are pairs of sentences.
        if all(matches) and 2 * len(labels) <= len(lines):
            return name
    return None
