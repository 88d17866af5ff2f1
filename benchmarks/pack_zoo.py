"""Put a finished run among the trained models that ship with the package.

    python -m benchmarks.pack_zoo saved_models/lenet/2026-11-30-222441 lenet --terms "Data: …"

Paths of this machine are left out, the card is written for those who get the package, and the
checksums are renewed. `kerasrecipes evaluate zoo/lenet --data mnist` gives the card's figures.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

from kerasrecipes import zoo
from kerasrecipes.errors import UserError
from kerasrecipes.reports import model_card
from kerasrecipes.runs.run import Run
from kerasrecipes.training import assembly

_TEXTS = ("config.toml", "environment.json", "info.json", "metrics.json")


def pack(run: Run, name: str, terms: str) -> Path:
    """Put a run among the models.

    Args:
        run: finished.
        name: what the model is to be called.
        terms: on which the data and so the weights may be used, as Markdown.

    Returns:
        The model's folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        # Data by a path is named by its last part, which says what it was.
        data = str(run.document["data"])
        shutil.copyfile(run.path / "model.keras", copy / "model.keras")
        for file in _TEXTS:
            text = (run.path / file).read_text(encoding="utf-8")
            (copy / file).write_text(text.replace(data, Path(data).name), encoding="utf-8")
        task = assembly.objective_of(run.recipe, run.info, run.config).measured_task
        metrics = json.loads((copy / "metrics.json").read_text(encoding="utf-8"))
        address = f"{zoo.PREFIX}{name}"
        card = model_card.card(Run(copy), metrics, task, address=address, terms=terms)
        (copy / "README.md").write_text(card, encoding="utf-8")
        return zoo.add(copy, name)


def main() -> None:
    """Pack what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="folder of a finished run")
    parser.add_argument("name", help="what the model is to be called")
    parser.add_argument("--terms", required=True, help="of the data's licence, as Markdown")
    arguments = parser.parse_args()
    try:
        print(pack(Run(arguments.run), arguments.name, arguments.terms))
    except UserError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
