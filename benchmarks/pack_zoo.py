"""Put a finished run among the trained models that ship with the package.

    python -m benchmarks.pack_zoo saved_models/lenet/2026-11-30-222441 lenet --terms "Data: …"

Paths of this machine are left out, and weights are rounded to half precision, which with lossless
compression takes half of their size. What is stored so is evaluated on the run's test split again:
its figures are those of the card, and `kerasrecipes evaluate zoo/lenet --data mnist` gives them.
The table in `docs/guides/zoo.md` is made of the models' files; without arguments it alone is
written.
"""

from __future__ import annotations

import argparse
import io
import re
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kerasrecipes import zoo
from kerasrecipes.errors import UserError
from kerasrecipes.inference import evaluation
from kerasrecipes.metrics import summary
from kerasrecipes.metrics.names import label, printed
from kerasrecipes.reports import model_card
from kerasrecipes.runs.run import Run, as_json
from kerasrecipes.training import assembly

_TEXTS = ("config.toml", "environment.json", "info.json", "metrics.json")
_WEIGHTS = "model.weights.h5"
TABLE = Path(__file__).resolve().parent.parent / "docs" / "guides" / "zoo.md"
BEGIN, END = "<!-- models: written by python -m benchmarks.pack_zoo -->", "<!-- end of models -->"
_HEAD = (
    "| model | data | on the test split | baseline | licence | size |\n|---|---|---|---|---|---|"
)
_FEW = 64  # values, which compression would make larger
_NORMAL = float(np.finfo(np.float16).smallest_normal)
_HALVED = (
    "weights are rounded to half precision, and the test figures are those of the rounded weights"
)


def pack(
    run: Run, name: str, terms: str, license: str | None = None, example: str | None = None
) -> Path:
    """Put a run among the models.

    Args:
        run: finished, and its data is where it was.
        name: what the model is to be called.
        terms: on which the data and so the weights may be used, as Markdown.
        license: identifier of the weights' licence as model hubs spell it; by default unsaid.
        example: what `predict` is given in the card; by default what the recipe proposes.

    Returns:
        The model's folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        # Data by a path is named by its last part, which says what it was.
        data = str(run.document["data"])
        halve(run.path / "model.keras", copy / "model.keras")
        for file in _TEXTS:
            text = (run.path / file).read_text(encoding="utf-8").replace(data, Path(data).name)
            # Which kernel this machine has is nobody's business.
            text = re.sub(r'("system": "[A-Za-z]+)-[^"]*"', r'\1"', text)
            (copy / file).write_text(text, encoding="utf-8")
        metrics = measured(Run(copy), data)
        (copy / "metrics.json").write_text(as_json(metrics), encoding="utf-8")
        task = assembly.objective_of(run.recipe, run.info, run.config).measured_task
        card = model_card.card(
            Run(copy),
            metrics,
            task,
            address=f"{zoo.PREFIX}{name}",
            terms=terms,
            license=license,
            example=example,
        )
        (copy / "README.md").write_text(card, encoding="utf-8")
        return zoo.add(copy, name)


def halve(source: Path, target: Path) -> None:
    """Write a model with weights of half precision, which Keras reads as it reads any other.

    They remain float32, so that nothing that computes has to know: of each the last 13 of its bits
    are 0, which compresses well. What half precision cannot hold, such as very small values, stays.

    Args:
        source: a `.keras` file.
        target: the file to write.
    """
    with (
        zipfile.ZipFile(source) as read,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as written,
    ):
        for item in read.infolist():
            content = read.read(item)
            if item.filename == _WEIGHTS:
                content = _halved(content)
            # Of a fixed time, so that equal models are equal files.
            written.writestr(zipfile.ZipInfo(item.filename), content, zipfile.ZIP_DEFLATED)


def _halved(content: bytes) -> bytes:
    """Return the HDF5 file of weights with rounded and compressed values."""
    target = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as read, h5py.File(target, "w") as written:
        written.attrs.update(read.attrs)

        def copy(name: str, item: Any) -> None:
            if name.partition("/")[0] == "optimizer":
                return  # which only training needed
            if isinstance(item, h5py.Group):
                made = written.require_group(name)
            elif item.size < _FEW:
                made = written.create_dataset(name, data=rounded(item[()]))
            else:
                made = written.create_dataset(
                    name, data=rounded(item[()]), shuffle=True, compression="gzip"
                )
            made.attrs.update(item.attrs)

        read.visititems(copy)
    return target.getvalue()


def rounded(values: np.ndarray) -> np.ndarray:
    """Round to half precision what it can hold, in an array of the same type.

    Args:
        values: of any shape; other types than float32 stay as they are.
    """
    if values.dtype != np.float32:
        return values
    size = np.abs(values)
    fits = (size >= _NORMAL) & (size <= np.finfo(np.float16).max)
    return np.where(fits, np.where(fits, values, 0).astype(np.float16), values).astype(np.float32)


def measured(run: Run, data: str) -> dict[str, Any]:
    """Return a run's metrics, with those of the test split measured again.

    Args:
        run: a copy whose data is named by its last part.
        data: the data's name or path.
    """
    metrics = dict(run.metrics)
    found = evaluation.evaluate(run, data)
    numbers = {k: v for k, v in found.items() if isinstance(v, (int, float)) and k != "examples"}
    tables = {k: found[k] for k in ("by_class", "by_target") if k in found}
    notes = [*metrics["notes"], _HALVED]
    # Those of the validation split were of other weights.
    return {**metrics, "test": numbers, **tables, "validation": {}, "notes": notes}


def text(written: str) -> str:
    """Return a page with the table of all models in its place.

    Args:
        written: the page, with both marks.
    """
    before, _, rest = written.partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = "\n".join([_HEAD, *map(_row, zoo.names())])
    return f"{before}{BEGIN}\n{rows}\n{END}{after}"


def _row(name: str) -> str:
    run = Run(zoo.folder() / name)
    metrics, main = run.metrics, summary.headline_of(run.metrics)
    card = (run.path / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^license: (.*)$", card, re.MULTILINE)
    named = re.search(r"^Data: \[(.*?)\]", card, re.MULTILINE)
    baseline = metrics.get("baseline") or {}
    beside = ""
    if main in baseline.get("test", {}):
        beside = f"{printed(main, baseline['test'][main])} ({baseline['name']})"
    size = sum(path.stat().st_size for path in run.path.iterdir())
    cells = [
        f"`{zoo.PREFIX}{name}`",
        named.group(1) if named else f"`{run.document['data']}`",
        f"{label(main)} {printed(main, metrics['test'][main])}" if main else "",
        beside,
        found.group(1) if found else "",
        f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.0f} kB",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Pack what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, nargs="?", help="folder of a finished run")
    parser.add_argument("name", nargs="?", help="what the model is to be called")
    parser.add_argument("--terms", help="of the data's licence, as Markdown")
    parser.add_argument("--license", help="of the weights, as model hubs spell it: cc-by-sa-4.0")
    parser.add_argument("--example", help="what predict is given in the card")
    given = parser.parse_args()
    if given.run is not None and not (given.name and given.terms):
        parser.error("a run needs a name and --terms")
    try:
        if given.run is not None:
            print(pack(Run(given.run), given.name, given.terms, given.license, given.example))
        TABLE.write_text(text(TABLE.read_text(encoding="utf-8")), encoding="utf-8")
    except UserError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
