"""Files that nobody would write, for the readers of the user's data: each is read, or refused in
one line, within seconds.

    python -m benchmarks.fuzz_data
    python -m benchmarks.fuzz_data --cases 10000 --seed 7 --kinds csv npz

A case is drawn from its seed alone, so that `--cases 1 --seed N` repeats it. Printed is a table of
the kinds of files: how many were read, how many refused and how many mishandled, and of these how.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from kerasrecipes.data import archives, images, tables, text
from kerasrecipes.data.roles import KINDS as COLUMN_KINDS
from kerasrecipes.data.tables.prepare import prepare_table
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

SECONDS = 10.0  # that a small file may take
LONGEST = 600  # characters of a message
TASKS = ("binary", "multilabel", "multiclass", "regression")


@dataclass(frozen=True)
class Try:
    """What became of one case.

    Args:
        kind: of the file.
        seed: that repeats it.
        outcome: `read`, `refused` or `mishandled`.
        detail: the message, or what went wrong.
    """

    kind: str
    seed: int
    outcome: str
    detail: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=2000, help="of all kinds together")
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=list(KINDS))
    parser.add_argument("--messages", action="store_true", help="print the different refusals")
    arguments = parser.parse_args()
    done = list(tries(arguments.cases, arguments.seed, arguments.kinds))
    print(f"{'kind':<10}{'cases':>8}{'read':>8}{'refused':>9}{'mishandled':>12}")
    for kind in arguments.kinds:
        found = Counter(one.outcome for one in done if one.kind == kind)
        print(
            f"{kind:<10}{found.total():>8}{found['read']:>8}{found['refused']:>9}"
            f"{found['mishandled']:>12}"
        )
    for one in done:
        if one.outcome == "mishandled":
            print(f"--kinds {one.kind} --cases 1 --seed {one.seed}: {one.detail}")
    if arguments.messages:
        for message, _ in Counter(d.detail for d in done if d.outcome == "refused").most_common(60):
            print(message)
    sys.exit(any(one.outcome == "mishandled" for one in done))


def tries(count: int, seed: int = 0, kinds: list[str] | None = None) -> Iterator[Try]:
    """Try cases of all kinds in turn.

    Args:
        count: number of cases.
        seed: of the first; each has the next one.
        kinds: of files, by default all.

    Yields:
        What became of each.
    """
    names = kinds or list(KINDS)
    for number in range(seed, seed + count):
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield attempt(names[number % len(names)], number, Path(folder))


def attempt(kind: str, seed: int, folder: Path) -> Try:
    """Try one case.

    Args:
        kind: of the file.
        seed: of the draw.
        folder: where the file is written.
    """
    make, read = KINDS[kind]
    draw = random.Random(seed)
    path = make(draw, folder)
    began = time.monotonic()
    try:
        read(path, draw)
    except UserError as error:
        message = str(error)
        if "\n" in message or len(message) > LONGEST:
            return Try(kind, seed, "mishandled", f"{len(message)} characters: {message!r:.300}")
        return Try(kind, seed, "refused", message.replace(str(folder), ""))
    except Exception as error:
        return Try(kind, seed, "mishandled", f"{type(error).__name__}: {str(error)[:200]}")
    if time.monotonic() - began > SECONDS:
        return Try(kind, seed, "mishandled", f"took {time.monotonic() - began:.0f} s")
    return Try(kind, seed, "read")


def cell(draw: random.Random, kind: str) -> str:
    """Draw a cell of a column: of its kind mostly, at times of another."""
    if draw.random() < 0.03:
        return draw.choice(
            ["", "NA", "?", "-", "n/a", "None", "∞", "1e999", "x" * 200, "=1+1", "🙂"]
        )
    number = draw.uniform(-1e6, 1e6) if draw.random() < 0.9 else draw.uniform(-1e300, 1e300)
    forms: dict[str, Callable[[], str]] = {
        "number": lambda: f"{number:.{draw.randrange(5)}f}",
        "money": lambda: f"${number:,.2f}",
        "euro": lambda: f"{number:,.1f} €".translate(str.maketrans(",.", " ,")),
        "percent": lambda: f"{draw.randrange(101)} %",
        "unit": lambda: f"{draw.randrange(1000)} {draw.choice(['km', 'km', 'km', 'm'])}",
        "code": lambda: f"{draw.randrange(10**5):05}",
        "date": lambda: (
            f"{draw.randrange(1, 29)}.{draw.randrange(1, 13)}.{draw.randrange(1, 2500)}"
        ),
        "boolean": lambda: draw.choice(["yes", "no"]),
        "class": lambda: draw.choice(["red", "green", "blue"]),
        "word": lambda: "".join(draw.choices("abcäß日本 '\t\x0b\u2028", k=draw.randrange(12))),
        "text": lambda: " ".join(draw.choices(["so", "good", "film", "a,b", "\n", ";"], k=20)),
        "constant": lambda: "1",
    }
    return forms[kind]()


CELLS = (
    *("number", "money", "euro", "percent", "unit", "code", "date", "boolean", "class", "word"),
    *("text", "constant"),
)


LABELS = ("class", "class", "boolean", "number", "money", "code") * 2


def csv_file(draw: random.Random, folder: Path) -> Path:
    """Write a table with any delimiter, line end, encoding and quoting, damaged at times."""
    delimiter, end = draw.choice(",,,;\t|"), draw.choice(["\n", "\n", "\r\n", "\r"])
    kinds = draw.choices(CELLS, k=draw.randrange(1, 8))
    # What most tables predict.
    kinds.append(draw.choice([*LABELS, *CELLS]))
    names = [
        draw.choice([f"x{n}", kind, "id", "y", "", '"', "a" * 300]) for n, kind in enumerate(kinds)
    ]
    rows = [
        [cell(draw, kind) for kind in kinds]
        for _ in range(draw.choice([0, 2, 12, 40, 40, 120, 300]))
    ]
    if draw.random() < 0.7:
        rows.insert(0, names)
    if rows and draw.random() < 0.05:
        draw.choice(rows).append("more")
    quote = draw.random() < 0.95

    def written(value: str) -> str:
        special = any(sign in value for sign in (delimiter, '"', "\n", "\r"))
        return '"' + value.replace('"', '""') + '"' if quote and special else value

    content = end.join(delimiter.join(map(written, row)) for row in rows) + end
    encoding = draw.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-32"])
    path = folder / draw.choice(["rows.csv", "rows.tsv", "rows.data", "rows.txt"])
    path.write_bytes(damaged(draw, content.encode(encoding, "replace")))
    return path


def json_file(draw: random.Random, folder: Path) -> Path:
    """Write JSON lines, a list of objects, or what is neither."""
    deep = "[" * 100_000 if draw.random() < 0.05 else None
    label = draw.choice([*LABELS, *CELLS])
    values: list[Any] = [
        {"text": cell(draw, "text"), "label": cell(draw, label), "n": draw.random()}
        for _ in range(draw.choice([0, 1, 30, 60, 60]))
    ]
    if draw.random() < 0.2:
        values.insert(0, draw.choice([None, 1, [], {}, {"text": {"a": [1]}}, "x", {"": 1}]))
    lines = "\n".join(map(json.dumps, values))
    content = deep or (lines if draw.random() < 0.6 else json.dumps(values))
    path = folder / draw.choice(["rows.jsonl", "rows.json"])
    path.write_bytes(damaged(draw, content.encode()))
    return path


def npz_file(draw: random.Random, folder: Path) -> Path:
    """Write arrays that are images and labels, nearly."""
    count = draw.choice([0, 1, 40, 40, 60])
    random_ = np.random.default_rng(draw.randrange(2**32))
    shape = draw.choice(
        [
            (count, 8, 8),
            (count, 8, 8, 1),
            (count, 8, 8, 3),
            (count, 64),
            (count,),
            (),
            (count, 8, 8, 2),
        ]
    )
    x: Any = random_.uniform(0, draw.choice([1, 16, 255, 1e9]), shape).astype(
        draw.choice(["float32", "uint8", "float64", "complex64", "int64", "bool"])
    )
    words = np.array(["a", "b", "c"])[random_.integers(0, 3, count)]
    y = draw.choice(
        [
            *(words, words.astype(object), words.astype("S"), random_.integers(0, 3, count)),
            *(random_.uniform(size=count), np.zeros(count)),
            np.eye(3)[random_.integers(0, 3, count)],
        ]
    )
    names = draw.choice([("x", "y"), ("x_train", "y_train"), ("X", "Y"), ("x", "y"), ("a", "b")])
    path = folder / "images.npz"
    np.savez(path, **dict(zip(names, (x, y), strict=True)))
    if draw.random() < 0.3:
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(draw.choice(["x_test", "y_test.npy", "readme.txt"]), "no array")
    path.write_bytes(damaged(draw, path.read_bytes()))
    return path


def archive_file(draw: random.Random, folder: Path) -> Path:
    """Write a zip file with names of any kind."""
    names = ["rows.csv", "a/b.csv", "../x", "/x", "C:\\x", "", "a" * 300, "é.txt", "a/../b"]
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in draw.sample(names, draw.randrange(4)):
            archive.writestr(name or "x", draw.choice(["", "a,b\n1,2", "x" * 10**5]))
    path = folder / draw.choice(["a.zip", "a.zip", "a.gz", "a.tar", "a.xz"])
    path.write_bytes(damaged(draw, content.getvalue()))
    return path


def plain_file(draw: random.Random, folder: Path) -> Path:
    """Write lines of words, tags or pairs, in any suffix."""
    lines = [
        draw.choice(["\t", " "]).join(cell(draw, draw.choice(["word", "class"])) for _ in range(3))
        for _ in range(draw.choice([0, 1, 30, 200]))
    ]
    suffix = draw.choice(["", ".txt", ".tsv", ".conllu", ".conll"])
    path = folder / f"words{suffix}"
    path.write_bytes(damaged(draw, draw.choice(["\n", "\r\n", "\r"]).join(lines).encode()))
    return path


def damaged(draw: random.Random, content: bytes) -> bytes:
    """Return content as it is mostly, else cut, with bytes changed, or with others between."""
    if draw.random() < 0.65 or not content:
        return content
    place = draw.randrange(len(content))
    some = draw.choice([b'"', b"\0", b"\r", b"\n", b",", b"\xff", bytes(50), b'"' * 3, b"9" * 400])
    return draw.choice(
        [
            content[:place],
            content[:place] + some + content[place:],
            content[:place] + bytes([draw.randrange(256)]) + content[place + 1 :],
            content[place:],
            content * 3,
        ]
    )


def read_table(path: Path, draw: random.Random) -> None:
    """Read a table and prepare it, with columns that the user names at times."""
    options: dict[str, Any] = {}
    if draw.random() < 0.3:
        options["target"] = draw.choice(["1", "-1", "y", "99", "x1,x2", "class"])
    if draw.random() < 0.3:
        words = [draw.choice(["x0", "x1", "1", "id"]), draw.choice([*COLUMN_KINDS])]
        options["column"] = dict([draw.choice([words, ["weight", "1"], ["weight", "number"]])])
    prepare_table(tables.csv().load(Request(path=str(path), options=options)), TASKS)


def read_texts(path: Path, draw: random.Random) -> None:
    """Read labelled texts."""
    text.table().load(Request(path=str(path)))


def read_plain(path: Path, draw: random.Random) -> None:
    """Read lines as whatever takes them: tagged sentences, pairs, a text, labelled texts."""
    source = draw.choice([text.conll, text.pairs, text.files, text.table])()
    if source.accepts(str(path)):
        source.load(Request(path=str(path)))


def read_images(path: Path, draw: random.Random) -> None:
    """Read labelled images."""
    images.npz().load(Request(path=str(path)))


def read_archive(path: Path, draw: random.Random) -> None:
    """Unpack an archive, and see that it wrote into its folder only."""
    outside = set(path.parent.iterdir())
    with mock.patch.dict(os.environ, {"KERASRECIPES_CACHE": str(path.parent / "cache")}):
        archives.unpacked(str(path))
    more = set(path.parent.iterdir()) - outside
    if {item.name for item in more} - {"cache"}:
        raise RuntimeError(f"{more} was written outside")


Make = Callable[[random.Random, Path], Path]
KINDS: dict[str, tuple[Make, Callable[[Path, random.Random], None]]] = {
    "csv": (csv_file, read_table),
    "texts": (csv_file, read_texts),
    "json": (json_file, read_texts),
    "npz": (npz_file, read_images),
    "plain": (plain_file, read_plain),
    "archive": (archive_file, read_archive),
}


if __name__ == "__main__":
    main()
