"""Translation: the user's own pairs of sentences, in two files whose lines are parallel."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from kerasrecipes.data import roles
from kerasrecipes.data.files import read_text
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD
from kerasrecipes.data.text.translation import splits_of
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Request, Splits

_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][a-z]{2,8})?", re.IGNORECASE)
# Suffixes of two or three letters that are not a language.
_NO_LANGUAGE = {
    *("txt", "tsv", "csv", "zip", "tar", "tgz", "log", "md"),
    *("py", "bpe", "ids", "npy", "npz", "png", "jpg"),
}
_DEEPEST = 6  # levels of subfolders that are searched for parallel files


@dataclass(frozen=True)
class ParallelSource(FileSource):
    """The user's own two files with parallel lines, or a folder of such files.

    They are called `train.de` and `train.en`, plain or `.gz`.
    """

    summary: str = (
        "parallel files of your own, plain or .gz: a folder with "
        "train.de, train.en, val.de, … (--target en)"
    )
    example: ClassVar[str] = "FOLDER --target en"
    roles: ClassVar[tuple[str, ...]] = ("text", "target")

    def load(self, request: Request) -> Splits:
        """Read the pairs; `--text de` and `--target en` give the languages.

        By default they are those of a trained model, else in alphabetical order.

        Raises:
            UserError: if files have no partner, or are not equally long.
        """
        path = self.path_of(request)
        found = _parallel(path)
        if not found:
            raise UserError(f"{path} holds no two files such as train.de and train.en")
        languages = sorted({language for files in found.values() for language in files})
        source, target = _direction(languages, request)
        bases, notes = _by_split(
            {b: files for b, files in found.items() if {source, target} <= set(files)}
        )
        parts = {}
        for part, base in bases.items():
            files = found[base]
            left, right = lines(files[source]), lines(files[target])
            if len(left) != len(right):
                raise UserError(
                    f"{files[source]} has {len(left):,} lines and {files[target].name} has "
                    f"{len(right):,}; the lines of parallel files belong together one by one"
                )
            parts[part] = [(a.strip(), b.strip()) for a, b in zip(left, right, strict=True)]
        if "train" not in parts and request.trained_info is None:
            raise UserError(f"{path} has no train.{source} with a train.{target}")
        return splits_of(parts, request, (source, target), str(path), notes)

    def accepts(self, path: str) -> bool:
        """Whether `path` is a folder with parallel files, or one of two such files."""
        return bool(_parallel(Path(path).expanduser()))


def lines(path: Path) -> list[str]:
    """Return the lines of a file, plain or compressed.

    Raises:
        UserError: if it cannot be read, or is not text.
    """
    # Not splitlines: one more line in either language would shift all that follow.
    if path.suffix != ".gz":
        text = read_text(path)
    else:
        try:
            text = read_text(gzip.decompress(path.read_bytes()))
        except (OSError, EOFError, zlib.error) as error:
            raise UserError(f"cannot read {path}: {error}") from None
    return text.removesuffix("\n").split("\n") if text else []


def _parallel(path: Path) -> dict[str, dict[str, Path]]:
    """Find parallel files: by the name that they share, such as `train`, each language's file."""
    if path.is_file():
        base, language = _parsed(path)
        found = _in_folder(path.parent) if language else {}
        if len(found.get(base, {})) < 2:
            return {}
        # train.de brings val.de along, but talks.de does not bring news.de.
        split_names = base.split("_")[0].split("-")[0].lower() in SPLIT_OF_WORD
        return {
            b: files
            for b, files in found.items()
            if b == base or (split_names and language in files)
        }
    # The files of the first level that has some, as in Multi30k's data/task1/raw.
    folders = [path] if path.is_dir() else []
    for _ in range(_DEEPEST):
        for folder in folders:
            if found := _in_folder(folder):
                return found
        folders = [
            inner for folder in folders for inner in sorted(folder.iterdir()) if inner.is_dir()
        ]
    return {}


def _in_folder(folder: Path) -> dict[str, dict[str, Path]]:
    found: dict[str, dict[str, Path]] = {}
    for file in sorted(folder.iterdir()):
        if not file.is_file() or file.name.startswith("."):
            continue
        base, language = _parsed(file)
        if language:
            # In the order of names, so that train.de goes before train.de.gz.
            found.setdefault(base, {}).setdefault(language, file)
    return {base: files for base, files in found.items() if len(files) > 1}


def _parsed(file: Path) -> tuple[str, str]:
    """Split a name such as `train.de.gz` into `train` and `de`, both empty without a language."""
    base, _, language = file.name.removesuffix(".gz").rpartition(".")
    known = base and _LANGUAGE.fullmatch(language) and language.lower() not in _NO_LANGUAGE
    return (base, language) if known else ("", "")


def _direction(languages: Sequence[str], request: Request) -> tuple[str, str]:
    """Source and target language: the user's, else a trained model's, else the only two."""
    source, target = (roles.column_of(request.options, role) for role in ("text", "target"))
    for language in (source, target):
        if language and language not in languages:
            raise unknown("language", language, languages)
    if not (source or target):
        known = _trained_languages(request, languages)
        if len(languages) > 2 and not request.trained_info:
            raise UserError(
                f"there are {', '.join(languages)}; give the languages, such as "
                f"--text {languages[0]} --target {languages[1]}"
            )
        return known[0], known[1]
    others = [language for language in languages if language not in (source, target)]
    if not (source and target) and len(others) > 1:
        raise UserError(f"there are {', '.join(languages)}; give both --text and --target")
    return source or others[0], target or others[0]


def _trained_languages(request: Request, languages: Sequence[str]) -> Sequence[str]:
    """Languages of the trained model if these are among those here, else the first two."""
    known = (request.trained_info.languages or ()) if request.trained_info else ()
    return known if len(known) == 2 and set(known) <= set(languages) else languages[:2]


def _by_split(found: Mapping[str, Mapping[str, Path]]) -> tuple[dict[str, str], list[str]]:
    """Choose the files of each split, the first of several, and note of which others."""
    bases: dict[str, list[str]] = {}
    for base in sorted(found):
        # The first word counts: Multi30k's tests are test_2016_flickr, test_2017_mscoco.
        part = SPLIT_OF_WORD.get(re.split(r"[._\-\d]", base.lower())[0])
        bases.setdefault(part or "train", []).append(base)
    notes = [
        f"of {', '.join(some)} the first is taken for {part}"
        for part, some in bases.items()
        if len(some) > 1
    ]
    return {part: some[0] for part, some in bases.items()}, notes
