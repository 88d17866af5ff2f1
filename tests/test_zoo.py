"""Trained models that ship: whole, small, told apart from damaged ones, and used like runs."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

import kerasrecipes
from benchmarks import pack_zoo
from kerasrecipes import registry, zoo
from kerasrecipes.cli import main
from kerasrecipes.errors import UserError
from kerasrecipes.runs import finding
from kerasrecipes.runs.run import Run
from tests.samples import table

SHIPPED = zoo.names()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("zoo_runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(folder))
        data = table(folder / "points.csv", 60)
        yield kerasrecipes.run("logistic", data, epochs=2, observers=[]), data


@pytest.fixture
def models(tmp_path, monkeypatch):
    """An empty folder of models."""
    monkeypatch.setattr(zoo, "folder", lambda: tmp_path / "zoo")
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path / "runs"))
    return tmp_path / "zoo"


def test_a_run_that_was_added_answers_as_it_did(trained, models, capsys):
    run, data = trained
    zoo.add(run.path, "points")
    assert zoo.names() == ["points"]
    own, other = (kerasrecipes.predict(which, [data]) for which in (run, "zoo/points"))
    for one, same in zip(own, other, strict=True):
        assert {**one.to_dict(), "run": None} == {**same.to_dict(), "run": None}
    assert main(["zoo"]) == 0
    assert capsys.readouterr().out.startswith("zoo/points")
    # It is no run of the user's own, though a source tree has it below those.
    assert finding.all_runs(parent=models.parent) == []


def test_a_recipe_without_a_run_says_what_is_trained(trained, models):
    zoo.add(trained[0].path, "logistic")
    with pytest.raises(UserError, match="or take zoo/logistic, which is trained"):
        finding.find("logistic")
    (models / "checksums.json").unlink()
    with pytest.raises(UserError, match=r"kerasrecipes run logistic$"):
        finding.find("logistic")


def test_what_is_packed_is_measured_and_named_without_its_place(trained, models):
    run, data = trained
    folder = pack_zoo.pack(run, "points", "Licence: CC0", "cc0-1.0", "rows.csv")
    place = str(Path(data).parent).encode()
    assert not [path for path in folder.iterdir() if place in path.read_bytes()]
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    found = kerasrecipes.evaluate("zoo/points", data)
    assert {name: found[name] for name in metrics["test"]} == metrics["test"]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "license: cc0-1.0" in card and "Weights are rounded to half precision" in card
    assert "kerasrecipes predict zoo/points rows.csv" in card
    assert "kerasrecipes evaluate zoo/points --data points.csv" in card


def test_a_recipe_without_a_run_is_offered_a_model_of_another_name(trained, models):
    zoo.add(trained[0].path, "points")
    with pytest.raises(UserError, match="or take zoo/points, which is trained"):
        finding.find("logistic")
    with pytest.raises(UserError, match=r"kerasrecipes run lenet$"):
        finding.find("lenet")


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_is_named_and_not_opened(trained, models, seed):
    zoo.add(trained[0].path, "points")
    draw = np.random.default_rng(seed)
    path = models / "points" / draw.choice(zoo.FILES)
    content = bytearray(path.read_bytes())
    content[draw.integers(len(content))] ^= 1 << draw.integers(8)
    path.write_bytes(content) if seed else path.unlink()
    with pytest.raises(UserError, match=f"{path.name} is damaged"):
        finding.find("zoo/points")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"format": 2, "models": {}}', "later version"),
        ('{"format": "2"}', "missing or damaged"),
        ('{"format": "2", "models": {}}', "missing or damaged"),
        ("[]", "missing or damaged"),
        ("{", "missing or damaged"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(models, text, said):
    models.mkdir()
    (models / "checksums.json").write_text(text)
    with pytest.raises(UserError, match=said):
        zoo.names()


def test_what_is_not_there_is_named(trained, models):
    zoo.add(trained[0].path, "points")
    with pytest.raises(UserError, match="'pointz'; did you mean 'points'"):
        zoo.find("zoo/pointz")
    with pytest.raises(UserError, match=r"it has no config\.toml"):
        zoo.add(models, "nothing")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_model_that_ships_is_small_whole_and_tells_its_terms(name):
    folder = zoo.find(f"zoo/{name}")
    assert sum(path.stat().st_size for path in folder.iterdir()) <= zoo.LARGEST
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f'predict("zoo/{name}"' in card and f"kerasrecipes evaluate zoo/{name}" in card
    assert re.search(r"^license: \S+$", card, re.MULTILINE)
    assert "-" not in json.loads((folder / "environment.json").read_text())["system"]
    document = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    assert not Path(document["data"]).is_absolute()
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["main_metric"] in metrics["test"] and metrics["baseline"]["test"]


def picture(folder):
    """A thick stroke on paper."""
    image = Image.new("RGB", (96, 96), "white")
    ImageDraw.Draw(image).line([(48, 14), (46, 80)], fill=(30, 30, 60), width=9)
    image.save(folder / "picture.png")
    return [str(folder / "picture.png")]


def series(folder):
    values = 100 + 20 * np.sin(np.arange(60) / 12 * 2 * np.pi) + np.arange(60)
    months = [f"{1949 + n // 12}-{n % 12 + 1:02}" for n in range(60)]
    rows = [f"{month},{value:.0f}" for month, value in zip(months, values, strict=True)]
    (folder / "series.csv").write_text("\n".join(["Month,Passengers", *rows]))
    return [str(folder / "series.csv")]


def recording(folder):
    """Half a second of a tone that rises."""
    time = np.arange(4000) / 8000
    samples = (8000 * np.sin(2 * np.pi * (300 + 400 * time) * time)).astype("<i2")
    with wave.open(str(folder / "tone.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(samples.tobytes())
    return [str(folder / "tone.wav")]


# What each is asked, and what its answers have to be like.
QUESTIONS = {
    "agent": (lambda folder: [], {"episodes": 2}, lambda text: "return" in text),
    "caption": (picture, {}, lambda text: {"a", "the"} & set(text.lower().split())),
    "forecast": (series, {"steps": 3}, lambda text: "3 rows of time, mean" in text),
    "lenet": (picture, {}, lambda text: "  1  " in text),
    "speech": (recording, {}, lambda text: "nothing was heard" in text),
    "tagger": (
        lambda folder: ["I saw the saw"],
        {},
        lambda text: text.endswith("PRON  VERB  DET  NOUN"),
    ),
    "vae": (lambda folder: [], {"count": 2}, lambda text: "pixels" in text),
    "sentiment": (lambda folder: ["a wonderful film"], {}, lambda text: "positive" in text),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHIPPED)
def test_a_fresh_machine_has_its_first_answer(name, tmp_path):
    inputs, options, is_right = QUESTIONS[name]
    flags = [word for key, value in options.items() for word in (f"--{key}", str(value))]
    command = [sys.executable, "-m", "kerasrecipes", "predict", f"zoo/{name}", *inputs(tmp_path)]
    clean = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [*command, *flags],
        cwd=tmp_path,
        env={**clean, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert is_right(done.stdout.strip()), done.stdout


# Whose data comes with the package.
EMBEDDED = [
    name
    for name in SHIPPED
    if (run := Run(zoo.folder() / name)).document["data"] in registry.load(run.recipe_name).data
    and run.document["data"] not in ("mnist", "imdb_reviews", "recordings")
]


@pytest.mark.slow
@pytest.mark.parametrize("name", EMBEDDED)
def test_evaluation_gives_the_figures_of_the_card(name):
    written = Run(zoo.find(f"zoo/{name}")).metrics["test"]
    found = kerasrecipes.evaluate(f"zoo/{name}")
    # To the digit on the machine that packed it; another one sums in another order.
    assert {metric: found[metric] for metric in written} == pytest.approx(written, rel=1e-3)


def test_all_models_are_small_together():
    files = [path for path in zoo.folder().rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= zoo.LARGEST_OF_ALL


def test_the_wheel_finds_them_where_they_are_installed(tmp_path, monkeypatch):
    shutil.copytree(zoo.folder(), tmp_path / "trained")
    monkeypatch.setattr(zoo, "__file__", str(tmp_path / "zoo.py"))
    assert zoo.names() == SHIPPED
