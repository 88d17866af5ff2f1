"""What a search leaves: the best configuration, a table of all trials, a report, and TensorBoard's
HParams.
"""

from __future__ import annotations

import csv
import io
import json
import statistics
import warnings
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kerasrecipes import files, registry
from kerasrecipes.answers import markup
from kerasrecipes.data.files import utf8_text
from kerasrecipes.errors import Notice, UserError, noted
from kerasrecipes.recipe import Recipe
from kerasrecipes.runs.run import Run, home
from kerasrecipes.tuning import plan
from kerasrecipes.tuning.plan import Plan
from kerasrecipes.tuning.records import Record, best_of, summary

_STATE = ("plan", "phase", "seconds", "records", "oracle", "trials")


class Tuning:
    """The folder of a search.

    Args:
        folder: such as `saved_models/lenet/tuning-2026-11-22-153012`.

    Raises:
        UserError: if it is not the folder of a search.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)
        self.state = read(self.folder)
        self.plan = Plan.from_dict(self.state["plan"])

    def __repr__(self) -> str:
        return f"Tuning({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        """Return a table of the trials, the best first."""
        best = sorted(
            (trial for trial in self.trials if trial.get("score") is not None),
            key=lambda trial: trial["score"],
            reverse=self.plan.maximize,
        )
        settings = dict.fromkeys(name for trial in best for name in trial["settings"])
        rows = [
            [
                trial["trial"],
                trial["score"],
                *(trial["settings"].get(name, "") for name in settings),
            ]
            for trial in best
        ]
        return markup.table(["trial", "score", *settings], rows) + markup.faint(str(self.folder))

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe that is tuned."""
        return registry.load(self.plan.recipe, named_by=f"the search {self.folder}")

    @property
    def trials(self) -> list[dict[str, Any]]:
        """A mapping per trial, in the order of their beginning."""
        return [summary(record) for record in self.records("search")]

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Return what is known of the trials of a kind: `search`, `winner` or `defaults`."""
        return [record for record in self.state["records"].values() if record["kind"] == kind]

    @property
    def finished(self) -> bool:
        """Whether the search came to its end."""
        return (self.folder / "best.toml").is_file() and self.state["phase"] == "over"

    @property
    def best(self) -> dict[str, Any]:
        """The best trial, a mapping as in `trials`."""
        return summary(self.winner)

    @property
    def winner(self) -> Record:
        """The record of the best trial.

        Raises:
            UserError: if no trial was completed.
        """
        best = best_of(self.state["records"].values(), self.plan.maximize)
        if best is None:
            raise UserError(
                f"no trial of {self.folder} came to its end; "
                "--resume with more --time and more --trials"
            )
        return best

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that were found."""
        return self.winner["settings"]

    @property
    def defaults(self) -> dict[str, Any]:
        """What the recipe has for every setting, without the search."""
        return plan.config_of(self.plan.base, self.recipe).values

    @property
    def kept_defaults(self) -> bool:
        """Whether the best trial's settings are the recipe's defaults."""
        return plan.keeps(self.settings, self.defaults)

    @property
    def config(self) -> Path:
        """The configuration for `--config`, `best.toml`."""
        return self.folder / "best.toml"

    @property
    def report(self) -> Path:
        """The report, `tuning.html`."""
        return self.folder / "tuning.html"

    @property
    def run(self) -> Run | None:
        """The run that was made of the best trial, evaluated on the test split once."""
        path = self.folder / "run.txt"
        return (
            Run(self.folder.parent / path.read_text(encoding="utf-8").strip())
            if path.is_file()
            else None
        )

    def repeated(self, kind: str) -> list[float]:
        """Return the scores of the repetitions with fresh seeds, of the `winner` or of the
        recipe's `defaults`.
        """
        return [record["score"] for record in self.records(kind) if record["score"] is not None]

    @property
    def optimism(self) -> float | None:
        """How much better the best of all trials scored than its settings do with fresh seeds, in
        the mean: the selection bias of the search.
        """
        repeats = self.repeated("winner")
        if not repeats or self.plan.folds > 1:
            return None
        sign = 1 if self.plan.maximize else -1
        return sign * (self.winner["score"] - statistics.fmean(repeats))


def read(folder: str | Path) -> dict[str, Any]:
    """Read the state of a search.

    Raises:
        UserError: if there is no search in the folder, or its file is damaged.
    """
    try:
        state = json.loads(utf8_text(Path(folder) / "search.json"))
    except NotADirectoryError as error:
        raise UserError(
            f"'{folder}' is not a search: it is a file, not a search's folder"
        ) from error
    except FileNotFoundError as error:
        raise UserError(f"'{folder}' is not a search: it has no search.json") from error
    except OSError as error:
        raise UserError(f"cannot read '{folder}/search.json': {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"'{folder}/search.json' is not JSON: {error}") from error
    missing = (
        [name for name in _STATE if name not in state] if isinstance(state, dict) else list(_STATE)
    )
    if missing:
        raise UserError(
            f"'{folder}/search.json' is not the state of a search: it lacks {', '.join(missing)}"
        )
    try:
        Plan.from_dict(state["plan"])
    except (AttributeError, TypeError) as error:
        raise UserError(f"'{folder}/search.json' has no plan of a search: {error}") from error
    return state


def folders(name: str | None = None) -> list[Path]:
    """Return the folders of searches, of one recipe or of all, the newest last."""
    return sorted(path.parent for path in home().glob(f"{name or '*'}/tuning-*/search.json"))


def write(tuning: Tuning) -> None:
    """Write `trials.csv` and `trials.json`, the report, TensorBoard's HParams and, last, what makes
    the search a finished one, `best.toml`.

    A report or HParams that cannot be made are left out with a warning.
    """
    write_tables(tuning)
    notes: list[str] = []
    with noted(notes, "writing HParams for TensorBoard"):
        write_hparams(tuning)
    with noted(notes, f"the report {tuning.report}"):
        # Matplotlib is only loaded where a report is written.
        from kerasrecipes.tuning import report

        files.write_text(tuning.report, report.html(tuning))
    for note in notes:
        warnings.warn(note, Notice, stacklevel=2)
    files.write_text(tuning.config, best_toml(tuning))


def write_tables(tuning: Tuning) -> None:
    """Write all trials as CSV and as JSON, the latter with their learning curves."""
    records = tuning.records("search")
    curves = [{**summary(r), "history": list(r["history"].values())} for r in records]
    files.write_text(tuning.folder / "trials.json", json.dumps(curves, indent=1) + "\n")
    flat = [
        {k: v for k, v in one.items() if k != "settings"} | one["settings"]
        for one in map(summary, records)
    ]
    columns = list(dict.fromkeys(name for one in flat for name in one))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in one.items()} for one in flat)
    files.write_text(tuning.folder / "trials.csv", text.getvalue())


def best_toml(tuning: Tuning) -> str:
    """Return the configuration of the best trial as TOML, with which `run --config` repeats it."""
    record, recipe = tuning.winner, tuning.recipe
    config = plan.config_of(tuning.plan.base, recipe)
    config = plan.with_settings(config, {**record["settings"], "seed": record["seed"]})
    score = f"{tuning.plan.objective} {record['score']:.6g}"
    return (
        f"# trial {record['id']} of {tuning.folder.name}: {score}\n"
        f"# kerasrecipes run {tuning.plan.recipe} --config {tuning.config}\n{config.to_toml()}"
    )


def write_hparams(tuning: Tuning) -> bool:
    """Write each trial's settings and curves for TensorBoard's HParams, where TensorBoard is
    installed.

    It is written without TensorFlow, so that searches on JAX have it as well, each trial in a
    folder of its own.

    Returns:
        Whether TensorBoard is installed.
    """
    if find_spec("tensorboard") is None:
        return False
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.plugins.hparams import api
    from tensorboard.plugins.scalar.summary_v2 import scalar_pb
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    for record in tuning.records("search"):
        folder = tuning.folder / "hparams" / record["id"]
        if record["score"] is None or folder.exists():
            continue
        files.make_folder(folder.parent)
        with files.replacing_path(folder) as written:
            writer = EventFileWriter(str(written))
            began = record["began"]
            chosen = {
                name: "none" if value is None else _plain(value)
                for name, value in record["settings"].items()
            }
            summaries = [(0, api.hparams_pb(chosen, trial_id=record["id"], start_time_secs=began))]
            for step, metrics in record["history"].items():
                summaries += [
                    (int(step), scalar_pb(name, value))
                    for name, value in metrics.items()
                    if name != "epoch"
                ]
            summaries.append((record["epochs"], scalar_pb("score", record["score"])))
            for step, one in summaries:
                writer.add_event(Event(wall_time=record["ended"] or began, step=step, summary=one))
            writer.close()
    return True


def _plain(value: Any) -> Any:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value
