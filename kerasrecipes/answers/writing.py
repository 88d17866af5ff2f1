"""Answers into files that the user names, none of which is overwritten unless that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kerasrecipes import files
from kerasrecipes.answers.answer import Answer, Answers, json_list
from kerasrecipes.answers.words import Failure, Table, csv_file
from kerasrecipes.errors import UserError

# Suffixes of files that hold all answers together; others hold one answer each.
TOGETHER = (".csv", ".html", ".json")


def check(output: Path, force: bool) -> None:
    """Refuse an output that is there already, before anything is computed for it.

    Args:
        output: a file, or a folder for a file of each answer.
        force: whether files may be replaced.

    Raises:
        UserError: if the file is there.
    """
    if output.is_file() and not force:
        raise _there(output)


def write(answers: Sequence[Answer], output: Path, force: bool = False) -> list[Path]:
    """Write answers to a file, or to a file each.

    `.json`, `.csv` and `.html` hold all answers together. A file of another suffix holds one; of
    several answers each has a number in its name, `melody-1.mid`. A name without suffix is a
    folder, in which each answer is named after its input.

    Args:
        answers: in the order of the inputs.
        output: the file or folder; folders are made.
        force: whether files that are there are replaced.

    Returns:
        The files, in the order of the answers; one where it holds all.

    Raises:
        UserError: if a file is there, the kind of an answer has no such form, or the folder cannot
            be written; nothing is then written.
    """
    contents = _contents(answers, output)
    if not force:
        for path in contents:
            if files.is_there(path):
                raise _there(path)
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            files.write_bytes(path, content)
    except OSError as error:
        raise UserError(f"{output} cannot be written: {error.strerror or error}") from error
    return list(contents)


def _contents(answers: Sequence[Answer], output: Path) -> dict[Path, bytes]:
    suffix = output.suffix.lower()
    together = suffix in TOGETHER
    if suffix == ".csv" and len(answers) == 1 and isinstance(answers[0], Table):
        together = False  # it is one already
    if together:
        return {output: _together(answers, suffix)}
    answered = [answer for answer in answers if not isinstance(answer, Failure)]
    if not suffix or output.is_dir():
        return _into_folder(answered, output)
    numbers = [""] if len(answers) == 1 else [f"-{n}" for n in range(1, len(answers) + 1)]
    return {
        output.with_name(f"{output.stem}{number}{output.suffix}"): _content(answer, suffix)
        for number, answer in zip(numbers, answers, strict=True)
        if not isinstance(answer, Failure)
    }


def _together(answers: Sequence[Answer], suffix: str) -> bytes:
    if suffix == ".json":
        return json_list(answers)
    if suffix == ".html":
        table = Answers(answers)._repr_html_()
        page = f'<!doctype html><meta charset="utf-8"><title>Answers</title>{table}\n'
        return page.encode("utf-8", "replace")
    rows = [answer.row() for answer in answers]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return csv_file(names, [[row.get(name, "") for name in names] for row in rows])


def _content(answer: Answer, suffix: str) -> bytes:
    writers = answer.files()
    if suffix not in writers:
        possible = ", ".join(sorted({*writers, *TOGETHER}))
        raise UserError(
            f"an answer of the kind '{answer.kind}' is not written as '{suffix}'; possible are "
            f"{possible}"
        )
    return writers[suffix]()


def _into_folder(answers: Sequence[Answer], folder: Path) -> dict[Path, bytes]:
    found: dict[Path, bytes] = {}
    for number, answer in enumerate(answers, 1):
        suffix, write = next(iter(answer.files().items()))
        stem = stem_of(answer.input) or str(number)
        path, count = folder / (stem + suffix), 1
        while path in found:  # inputs of one name in several folders
            count += 1
            path = folder / f"{stem}-{count}{suffix}"
        found[path] = write()
    return found


def stem_of(name: str | None) -> str:
    """Name a file after an input: after a file its stem, after a text its first words."""
    text = Path((name or "")[:200]).stem
    # Letters and digits, which every file system takes.
    words = "".join(c if c.isalnum() or c in "-_" else " " for c in text).split()
    return "-".join(words[:5])[:40]


def _there(path: Path) -> UserError:
    return UserError(f"{path} is there already; choose another name, or replace it with --force")
