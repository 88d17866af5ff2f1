"""Does the diagnosis tell the truth where it was once wrong: rare classes, noise that no model
removes, heads that do not fit, rates far too high, memorised noise?

Small models on scikit-learn's tables, on images and on sequences; runs of pages on tables, texts
and images of your own with `--tables`, `--texts`, `--images`. A planted fault is found if one of
its kinds is named. It is a false alarm where a healthy training is told anything that it may not be
told, or a planted one is told a kind that contradicts it.

python -m benchmarks.diagnosis_truth --seeds 31,32
python -m benchmarks.diagnosis_truth --tables FOLDER_OF_CSV_FILES
python -m benchmarks.diagnosis_truth --texts reviews.tsv questions.txt --images photos/
python -m benchmarks.diagnosis_truth --generating gan pix2pix vae autoencoder
"""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import random
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kerasrecipes
from benchmarks.diagnosis import train
from benchmarks.diagnosis_cases import RAW, Case, Fault, noisy_labels, scaled, shuffled
from benchmarks.diagnosis_generation import FAULTS, SMALL
from benchmarks.diagnosis_models import DEFAULTS
from kerasrecipes.errors import UserError

TOO_LARGE_A_STEP = frozenset(
    {"unscaled_inputs", "blow_up", "learning_rate_too_high", "exploding_gradients"}
)
# What may be said of a training of which there is nothing wrong but the noise in its labels.
NOISE = frozenset({"overfitting", "shuffled_labels"})
# What is true as well where no step helps.
STUCK = frozenset(
    {
        "loss_does_not_move",
        "dying_relu",
        "saturated_activation",
        "vanishing_gradients",
        "underfitting",
    }
)
NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Truth:
    """One training, and what is true of it.

    Args:
        group: heading in the table of results.
        family: of `benchmarks.diagnosis_models.build`.
        data: the task.
        settings: other than the defaults.
        wanted: kinds of which one must be named; none of a healthy training.
        allowed: further kinds that may be named.
        rows: training rows to keep.
        fault: of the data.
    """

    group: str
    family: str
    data: str
    settings: dict[str, Any] = field(default_factory=dict)
    wanted: frozenset[str] = NONE
    allowed: frozenset[str] | None = NONE  # None: anything but a contradiction
    rows: int | None = None
    fault: Fault | None = None

    def judge(self, kinds: Iterable[str]) -> tuple[bool, list[str]]:
        """Return whether the fault was found, and what was said that is not true."""
        said = set(kinds)
        found = not self.wanted or bool(said & self.wanted)
        if self.allowed is None:
            return found, []
        return found, sorted(said - self.wanted - self.allowed)


def heads() -> list[Truth]:
    """Heads that do not fit their loss or labels."""
    wrong = frozenset({"wrong_head"})
    few = {"epochs": 8}
    cases = [
        ("mlp", "digits", (10, None, False)),
        ("mlp", "wine", (3, None, False)),
        ("mlp", "digits", (10, "relu", False)),
        ("mlp", "digits", (10, "tanh", False)),
        ("cnn", "digit_images", (10, None, False)),
        ("cnn", "digit_images", (10, "elu", False)),
        ("lstm", "tokens", (3, None, False)),
        ("simple_rnn", "peaks", (1, None, False)),
        ("mlp", "breast_cancer", (1, None, False)),
        ("mlp", "moons", (1, "tanh", False)),
        ("mlp", "digits", (10, "softmax", True)),
        ("mlp", "breast_cancer", (1, "sigmoid", True)),
        ("mlp", "diabetes", (1, "sigmoid", False)),
        ("mlp", "diabetes", (1, "relu", False)),
        ("mlp", "diabetes_raw", (1, "tanh", False)),
        ("mlp", "diabetes_raw", (1, "sigmoid", False)),
    ]
    unscaled = frozenset({"unscaled_inputs"})
    return [
        Truth(
            "head that does not fit",
            family,
            data,
            few | {"head": head, "hidden_layers": (32,)},
            wrong,
            unscaled,
        )
        for family, data, head in cases
    ]


def rates() -> list[Truth]:
    """SGD at rates far too high, on columns in their own units and on scaled ones."""
    found = []
    for data in ("breast_cancer", "wine"):
        for rate in (50.0, 5.0, 0.5):
            settings = RAW | {"optimizer": "sgd", "learning_rate": rate}
            found.append(Truth("rate far too high", "mlp", data, settings, TOO_LARGE_A_STEP, None))
    for data, rate in (("digits", 50.0), ("digits", 5.0), ("moons", 50.0), ("diabetes", 5.0)):
        settings = {"optimizer": "sgd", "learning_rate": rate}
        found.append(Truth("rate far too high", "mlp", data, settings, TOO_LARGE_A_STEP, None))
    settings = RAW | {"optimizer": "sgd", "learning_rate": 5.0, "hidden_layers": (16, 16)}
    image = Truth("rate far too high", "cnn", "digit_images", settings, TOO_LARGE_A_STEP, None)
    return [*found, Truth(**{**image.__dict__, "fault": scaled(255)})]


def rare() -> list[Truth]:
    """Few positives, which small samples count wrongly."""
    few = {"epochs": 15, "hidden_layers": (16,)}
    return [
        Truth("few positives", family, f"rare_{share}", few | more, allowed=NOISE)
        for share in (2, 5, 10)
        for family, more in (
            ("mlp", {}),
            ("mlp", {"activation": "tanh"}),
            ("mlp", {"hidden_layers": (), "learning_rate": 0.01}),
        )
    ]


def noise() -> list[Truth]:
    """Labels that depend on the inputs a little: more is not to be had."""
    linear = {"hidden_layers": (), "learning_rate": 0.01, "epochs": 30}
    small = {"hidden_layers": (16,), "epochs": 15}
    decayed = {"hidden_layers": (64, 64), "epochs": 15, "weight_decay": 0.5, "optimizer": "adamw"}
    cases = [
        Truth("noise in the labels", "mlp", data, settings, allowed=NOISE)
        for data in ("chances_weak", "chances_strong", "sums_weak", "sums_strong")
        for settings in (linear, small, decayed)
    ]
    return [
        *cases,
        Truth("noise in the labels", "mlp", "diabetes", linear, allowed=NOISE),
        Truth("noise in the labels", "mlp", "wine", small, allowed=NOISE, fault=noisy_labels(0.3)),
    ]


def memorized() -> list[Truth]:
    """Wide models on few and noisy rows: the validation loss rises from an early epoch."""
    wide = {"hidden_layers": (256, 256), "epochs": 40}
    learned = frozenset({"overfitting", "shuffled_labels"})
    return [
        Truth("memorised noise", "mlp", data, wide | more, learned, NONE, rows, fault)
        for data, rows, more, fault in (
            ("chances_weak", 200, {}, None),
            ("chances_strong", 150, {}, None),
            ("sums_weak", 150, {}, None),
            ("sums_strong", 100, {"epochs": 80}, None),
            ("breast_cancer", 150, {}, noisy_labels(0.5)),
            ("digits", 150, {}, noisy_labels(0.5)),
            ("moons", 100, {"epochs": 150, "learning_rate": 0.005}, noisy_labels(0.4)),
            ("chances_strong", 150, {"keep": "best"}, None),
        )
    ]


def too_small() -> list[Truth]:
    """Models that are too small, beside what neighbours or a linear model reach."""
    fits = frozenset({"underfitting"})
    one = {"hidden_layers": (1,), "activation": "elu", "epochs": 30, "learning_rate": 0.01}
    flat = {"hidden_layers": (), "epochs": 30, "learning_rate": 0.01}
    cases = [
        Truth("model too small", "mlp", "digits", one, fits),
        Truth("model too small", "mlp", "spirals", flat, fits),
        # No line moves the loss of rings at all, which may be said as well.
        Truth("model too small", "mlp", "rings", flat, fits | {"loss_does_not_move"}),
        Truth("model too small", "mlp", "wine", {"l2": 3.0, "epochs": 150}, fits),
    ]
    return [*cases, Truth("labels shuffled", "mlp", "wine", one | {"hidden_layers": (128, 128)},
                          frozenset({"shuffled_labels"}), NOISE, None, shuffled)]  # fmt: skip


def healthy() -> list[Truth]:
    """Trainings of which there is nothing to say."""
    return [
        Truth("healthy", "mlp", "digits", {"epochs": 12}),
        Truth("healthy", "mlp", "digits", {"optimizer": "sgd", "learning_rate": 0.3}),
        Truth("healthy", "mlp", "breast_cancer", {"epochs": 8, "hidden_layers": (16,)}),
        Truth("healthy", "mlp", "wine", {"epochs": 20, "activation": "tanh"}),
        Truth("healthy", "mlp", "rings", {"epochs": 30, "learning_rate": 0.005}),
        Truth("healthy", "mlp", "digits", {"head": (10, None, True), "epochs": 12}),
        Truth("healthy", "mlp", "breast_cancer", {"head": (1, None, True), "epochs": 8}),
        Truth("healthy", "cnn", "digit_images", {"hidden_layers": (16, 16), "epochs": 10}),
        Truth("healthy", "lstm", "tokens", {"hidden_layers": (32,), "learning_rate": 0.005}),
    ]


def as_case(truth: Truth) -> Case:
    """Return what `benchmarks.diagnosis.train` takes."""
    return Case(
        truth.group, truth.family, truth.data, truth.settings, rows=truth.rows, fault=truth.fault
    )


def small_models(seeds: list[int]) -> dict[str, list[tuple[bool, list[str]]]]:
    """Train every case with every seed; print what was missed or wrongly said."""
    results: dict[str, list[tuple[bool, list[str]]]] = {}
    for truth in [*heads(), *rates(), *rare(), *noise(), *memorized(), *too_small(), *healthy()]:
        for seed in seeds:
            outcome = train(as_case(truth), seed)
            judged = truth.judge(outcome.kinds)
            results.setdefault(truth.group, []).append(judged)
            if not judged[0] or judged[1]:
                changed = {k: v for k, v in truth.settings.items() if v != DEFAULTS.get(k)}
                said = ", ".join(outcome.kinds) or "nothing"
                print(
                    f"  {truth.group}: {truth.family} {truth.data} {changed}, seed {seed}: {said}"
                )
    return results


Planted = dict[str, tuple[dict[str, Any], frozenset[str], frozenset[str] | None]]
TOO_LOW: Planted = {
    "rate far too low": ({"learning_rate": 1e-7}, frozenset({"learning_rate_too_low"}), NONE)
}
# Settings by which a page's training is healthy, or has the fault of that name.
PAGES: dict[str, Planted] = {
    "mlp": {
        "as the page has it": ({}, NONE, NOISE),
        "rate far too high": (
            {"optimizer": "sgd", "learning_rate": 50.0, "normalize_inputs": False},
            TOO_LARGE_A_STEP,
            None,
        ),
        **TOO_LOW,
        "zero weights": ({"initializer": "zeros"}, frozenset({"loss_does_not_move"}), NONE),
    },
    # With the pages' own optimizers, which clip: what is too high shows otherwise.
    "sentiment": {
        "as the page has it": ({}, NONE, NOISE),
        "rate far too high": ({"learning_rate": 3.0}, TOO_LARGE_A_STEP | STUCK, None),
        **TOO_LOW,
        "labels shuffled": ({}, NOISE | STUCK, None),
    },
    "lenet": {
        "as the page has it": ({}, NONE, NOISE),
        "rate far too high": ({"learning_rate": 3.0}, TOO_LARGE_A_STEP | STUCK, None),
        **TOO_LOW,
        "labels shuffled": ({}, NOISE | STUCK, None),
    },
}


# What is true of a table, whatever is done to it: a column of zeros, and labels that nothing in the
# row tells (scikit-learn's models guess right as seldom).
OF_TABLES = {"ionosphere": {"constant_inputs"}, "placement_shivnandan": {"loss_does_not_move"}}


def pages(page: str, paths: Iterable[Path], limit: int) -> dict[str, list[tuple[bool, list[str]]]]:
    """Run a page on each file or folder, as it stands and with faults."""
    results: dict[str, list[tuple[bool, list[str]]]] = {}
    for path in paths:
        for name, (settings, wanted, allowed) in PAGES[page].items():
            with tempfile.TemporaryDirectory() as folder:
                data = path
                if name == "labels shuffled":
                    data = shuffled_files(path, Path(folder) / path.name)
                kinds = told(page, str(data), limit=limit, epochs=12, **settings)
            if allowed is not None:
                allowed |= OF_TABLES.get(path.stem, NONE)
            truth = Truth(name, page, path.stem, wanted=wanted, allowed=allowed)
            judged = truth.judge(kinds)
            results.setdefault(f"{name}, `{page}`", []).append(judged)
            if not judged[0] or judged[1]:
                print(f"  {name}: {page} on {path.stem}: {', '.join(kinds) or 'nothing'}")
    return results


def shuffled_files(path: Path, target: Path) -> Path:
    """Write a copy of data in which labels say nothing: the first word of each line of a text file,
    or the folder of each image, is another's.
    """
    draw = random.Random(0)
    if path.is_file():
        lines = [re.split(r"[\t ]", line, maxsplit=1) for line in _lines(path)]
        labels = draw.sample([line[0] for line in lines], len(lines))
        pairs = zip(labels, lines, strict=True)
        target.write_text("".join(f"{label}\t{line[-1]}\n" for label, line in pairs))
        return target
    files = [file for file in sorted(path.rglob("*")) if file.is_file()]
    folders = draw.sample([file.parent for file in files], len(files))
    for number, (file, folder) in enumerate(zip(files, folders, strict=True)):
        copy = target / folder.relative_to(path) / f"{number}{file.suffix}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.symlink_to(file.resolve())
    return target


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def generating(names: Iterable[str]) -> dict[str, list[tuple[bool, list[str]]]]:
    """Run pages that generate on their embedded data, as they stand and with faults."""
    results: dict[str, list[tuple[bool, list[str]]]] = {}
    for page in names:
        for name, (settings, wanted, allowed) in FAULTS[page].items():
            kinds = told(page, None, **{**SMALL[page], **settings})
            judged = Truth(name, page, "embedded", {}, wanted, allowed).judge(kinds)
            results.setdefault(f"{name}, `{page}`", []).append(judged)
            if not judged[0] or judged[1]:
                print(f"  {name}: {page}: {', '.join(kinds) or 'nothing'}")
    return results


def told(page: str, data: str | None, **settings: Any) -> list[str]:
    """Run a page on data and list the kinds of what is said about it."""
    try:
        run = kerasrecipes.run(page, data, observers=(), **settings)
    except UserError as error:
        # A training whose loss is no number any more ends with a line that says so.
        if "loss became" not in str(error):
            raise
        return ["blow_up"]
    return [found.kind for found in run.findings]


def report(results: dict[str, list[tuple[bool, list[str]]]]) -> None:
    """Print found, missed and false alarms by group."""
    print("\n| what | trainings | found | missed | with a false alarm |\n|---|---|---|---|---|")
    total = [0, 0, 0, 0]
    for group, judged in results.items():
        found = sum(one for one, _ in judged)
        alarms = sum(bool(wrong) for _, wrong in judged)
        row = [len(judged), found, len(judged) - found, alarms]
        total = [a + b for a, b in zip(total, row, strict=True)]
        print(f"| {group} | {' | '.join(map(str, row))} |")
    print(f"| all | {' | '.join(map(str, total))} |")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", default="31,32", help="rules were chosen at seeds 0 and 1")
    parser.add_argument("--tables", type=Path, help="folder of CSV files, for `mlp`")
    parser.add_argument("--texts", type=Path, nargs="+", help="files of texts, for `sentiment`")
    parser.add_argument("--images", type=Path, nargs="+", help="folders of images, for `lenet`")
    parser.add_argument("--generating", nargs="+", choices=FAULTS, help="pages, on their own data")
    parser.add_argument("--limit", type=int, default=600, help="examples of each")
    arguments = parser.parse_args()
    tables = sorted(arguments.tables.glob("*.csv")) if arguments.tables else []
    given = {"mlp": tables, "sentiment": arguments.texts or [], "lenet": arguments.images or []}
    if any(given.values()) or arguments.generating:
        with tempfile.TemporaryDirectory() as home:
            os.environ["KERASRECIPES_HOME"] = home
            results = generating(arguments.generating or ())
            for page, paths in given.items():
                results |= pages(page, paths, arguments.limit)
            report(results)
        return
    report(small_models([int(seed) for seed in arguments.seeds.split(",")]))


if __name__ == "__main__":
    main()
