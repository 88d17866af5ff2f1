"""The zoo: trained models that ship with the package, each a run folder without what only its
training needed.

`zoo/lenet` stands wherever a run's folder may. Every file is listed in `checksums.json` with its
SHA-256, so a damaged one is refused before it is opened.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from kerasrecipes import files
from kerasrecipes.errors import UserError, unknown

PREFIX = "zoo/"
FORMAT = 1  # of the folder; a package refuses what a later one wrote
FILES = ("config.toml", "environment.json", "info.json", "metrics.json", "model.keras", "README.md")
LARGEST = 3_000_000  # bytes of a model's folder
LARGEST_OF_ALL = 25_000_000


def folder() -> Path:
    """Find the folder of the models, installed or in a source tree."""
    here = Path(__file__).resolve().parent
    installed = here / "trained"
    return installed if installed.is_dir() else here.parent / "saved_models" / "zoo"


def names() -> list[str]:
    """List the names of the models.

    Raises:
        UserError: if `checksums.json` is damaged, or a later version's.
    """
    return sorted(_checksums())


def find(name: str) -> Path:
    """Find a model's folder, whose files are whole.

    Args:
        name: such as `zoo/lenet`.

    Returns:
        The folder, which is a run's.

    Raises:
        UserError: if there is no such model, or one of its files is damaged.
    """
    word = name.removeprefix(PREFIX)
    known = _checksums()
    if word not in known:
        raise unknown("model of the zoo", word, sorted(known))
    for file, expected in known[word].items():
        path = folder() / word / file
        if not path.is_file() or _checksum(path) != expected:
            raise UserError(
                f"{path} is damaged: it is not the file that was published; install the package "
                "again"
            )
    return folder() / word


def add(run: Path, name: str) -> Path:
    """Put a finished run among the models.

    Args:
        run: the run's folder.
        name: what the model is to be called; one of that name is replaced.

    Returns:
        The model's folder.

    Raises:
        UserError: if a file is missing, or the model is too large.
    """
    missing = [file for file in FILES if not (run / file).is_file()]
    if missing:
        raise UserError(f"'{run}' is not a finished run: it has no {' and no '.join(missing)}")
    size = sum((run / file).stat().st_size for file in FILES)
    if size > LARGEST:
        raise UserError(
            f"'{run}' has {size / 1e6:.1f} MB, and a model of the zoo {LARGEST / 1e6:.0f} at most"
        )
    target = folder() / name
    known = _checksums() if (folder() / "checksums.json").is_file() else {}
    target.mkdir(parents=True, exist_ok=True)
    for file in FILES:
        shutil.copyfile(run / file, target / file)
    known[name] = {file: _checksum(target / file) for file in FILES}
    document = {"format": FORMAT, "models": dict(sorted(known.items()))}
    files.write_text(folder() / "checksums.json", json.dumps(document, indent=2) + "\n")
    return target


def _checksums() -> dict[str, dict[str, str]]:
    """Return SHA-256 of files by model and name."""
    path = folder() / "checksums.json"
    try:
        document: Any = json.loads(path.read_text(encoding="utf-8"))
        made, models = document["format"], document["models"]
        newer = made > FORMAT
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path} is missing or damaged; install the package again") from error
    if newer:
        raise UserError(
            f"{path} was written by a later version of kerasrecipes; install that version"
        )
    return models


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
