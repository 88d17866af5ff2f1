"""A trained model is judged on other data as it was trained."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import kerasrecipes
from kerasrecipes.errors import UserError
from kerasrecipes.inference.evaluation import evaluate
from kerasrecipes.inference.image_classification import classify
from kerasrecipes.runs.run import Run
from tests.samples import table

DIGITS = load_digits()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(tmp_path_factory.mktemp("runs")))
        yield kerasrecipes.run("lenet", epochs=6, limit=700, batch_size=32, observers=())


def write_folder(path, numbers, names=str):
    """Draw digits as dark ink on light paper, a folder per class."""
    for number in numbers:
        folder = path / names(DIGITS.target[number])
        folder.mkdir(parents=True, exist_ok=True)
        pixels = 255 - (DIGITS.images[number] * 255 / 16).astype("uint8")
        Image.fromarray(pixels).resize((64, 64), Image.Resampling.BICUBIC).save(
            folder / f"{number}.png"
        )


def test_its_own_test_split_gives_the_same_figures(run):
    assert evaluate(run)["accuracy"] == pytest.approx(run.metrics["test"]["accuracy"])


@pytest.mark.parametrize("seed", range(6))
def test_a_run_whose_metadata_is_damaged_gives_no_figures(run, tmp_path, seed):
    folder = shutil.copytree(run.path, tmp_path / "lenet" / run.path.name)
    whole = (folder / "info.json").read_bytes()
    random = np.random.default_rng(seed)
    spoilt = [b"", whole[: random.integers(len(whole))], random.bytes(300), b"[" * 100_000, b"[1]"]
    (folder / "info.json").write_bytes(spoilt[seed % len(spoilt)])
    with pytest.raises(UserError, match=r"info\.json"):
        evaluate(Run(folder))


def test_a_folder_of_some_classes_is_judged_as_predict_answers(run, tmp_path):
    numbers = [number for number in range(300) if DIGITS.target[number] in (3, 7)]
    write_folder(tmp_path, numbers)
    judged = evaluate(run, str(tmp_path))
    answers = classify(run, [tmp_path])
    right = np.mean([answer["label"] == answer["input"].split("/")[-2] for answer in answers])
    assert judged["examples"] == len(numbers) == len(answers)
    assert judged["accuracy"] == pytest.approx(right) and right > 0.5


def test_a_folder_of_one_class_is_enough(run, tmp_path):
    write_folder(tmp_path, [number for number in range(60) if DIGITS.target[number] == 5])
    assert evaluate(run, str(tmp_path))["examples"] > 3


def test_an_unknown_class_is_refused(run, tmp_path):
    write_folder(tmp_path, range(20), names=lambda digit: f"number {digit}")
    with pytest.raises(UserError, match="unknown class"):
        evaluate(run, str(tmp_path))


def test_a_run_whose_data_moved_is_evaluated_where_the_data_is_now(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path / "runs"))
    data = Path(table(tmp_path / "points.csv", 60))
    run = kerasrecipes.run("logistic", str(data), epochs=2, diagnose=False, observers=[])
    (tmp_path / "there").mkdir()
    moved = data.rename(tmp_path / "there" / data.name)
    run = kerasrecipes.Run(run.path)
    found = evaluate(run, str(moved))
    # The same split, so the same figures.
    assert found["examples"] == 6
    assert found["accuracy"] == pytest.approx(run.metrics["test"]["accuracy"])
    with pytest.raises(UserError, match="there is no file"):
        evaluate(run)
