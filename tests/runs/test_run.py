"""Run folders are found, and read back as they were written."""

import json
import random
import shutil

import pytest

import kerasrecipes
from kerasrecipes import api, registry
from kerasrecipes.errors import UserError
from kerasrecipes.runs.finding import find
from kerasrecipes.runs.run import Run


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(tmp_path_factory.mktemp("runs")))
        yield kerasrecipes.run("lenet", activation="relu", limit=96, epochs=1, observers=())


def test_a_run_is_found_by_folder_and_by_recipe(finished):
    home = finished.path.parent.parent
    assert find(str(finished.path)).path == finished.path
    assert find("lenet", home).path == finished.path
    with pytest.raises(UserError, match="no finished run of 'mlp'"):
        find("mlp", home)


def test_the_best_run_is_the_one_by_name(finished, tmp_path):
    for name, accuracy in [
        ("2026-01-01-000001", 0.5),
        ("2026-01-01-000002", 0.9),
        ("2026-01-01-000003", 0.7),
    ]:
        folder = tmp_path / "lenet" / name
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text((finished.path / "config.toml").read_text())
        metrics = {**finished.metrics, "validation": {finished.metrics["main_metric"]: accuracy}}
        (folder / "metrics.json").write_text(json.dumps(metrics))
    assert find("lenet", tmp_path).path.name == "2026-01-01-000002"


@pytest.mark.parametrize("best", ["min", "max"])
@pytest.mark.parametrize("missing", [None, float("nan")])
def test_a_run_without_its_metric_is_never_the_best(finished, tmp_path, best, missing):
    metric = finished.metrics["main_metric"]
    missing = {} if missing is None else {metric: missing}
    for name, scores in [("2026-01-01-000001", {metric: 0.5}), ("2026-01-01-000002", missing)]:
        folder = tmp_path / "lenet" / name
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text((finished.path / "config.toml").read_text())
        metrics = {**finished.metrics, "best": best, "validation": scores}
        (folder / "metrics.json").write_text(json.dumps(metrics))
    assert find("lenet", tmp_path).path.name == "2026-01-01-000001"


def test_runs_on_other_data_are_not_compared(finished, tmp_path):
    for name, data, accuracy in [
        ("2026-01-01-000001", "digits", 0.9),
        ("2026-01-01-000002", "mnist", 0.5),
    ]:
        folder = tmp_path / "lenet" / name
        folder.mkdir(parents=True)
        text, metric = (finished.path / "config.toml").read_text(), finished.metrics["main_metric"]
        (folder / "config.toml").write_text(text.replace('data = "digits"', f'data = "{data}"'))
        (folder / "metrics.json").write_text(
            json.dumps({**finished.metrics, "validation": {metric: accuracy}})
        )
    assert find("lenet", tmp_path).path.name == "2026-01-01-000002"


def test_the_configuration_survives_the_way_through_its_file(finished):
    again = Run(finished.path)
    assert again.config == finished.config
    assert again.config.training.patience is None


READERS = {
    "model.keras": lambda run: run.load_model(),
    "info.json": lambda run: run.info,
    "metrics.json": lambda run: run.metrics,
    "history.csv": lambda run: run.history,
    "environment.json": lambda run: run.environment,
}


def spoilt(content, draw):
    place = draw.randrange(len(content))
    return draw.choice(
        [
            content[:place],
            b"",
            b"\x00" * len(content),
            b"[" * 100_000,
            b"[1, 2]",
            b"\xff\xfe" + content,
            content[:place] + draw.randbytes(9) + content[place:],
            draw.randbytes(500),
        ]
    )


@pytest.mark.parametrize("name", READERS)
def test_a_damaged_file_is_named_in_a_line_that_says_how_to_go_on(finished, tmp_path, name):
    draw = random.Random(name)
    folder = shutil.copytree(finished.path, tmp_path / "lenet" / finished.path.name)
    whole = (folder / name).read_bytes()
    told = 0
    for _ in range(25):
        (folder / name).write_bytes(spoilt(whole, draw))
        try:
            READERS[name](Run(folder))
        except UserError as error:
            told += 1
            said = str(error)
            assert str(folder / name) in said and "\n" not in said and len(said) < 1000
            assert "kerasrecipes run " in said
    assert told > 12
    (folder / name).unlink()
    if name != "history.csv":
        with pytest.raises(UserError, match=f"has no .*{name.split('.')[0]}|no model yet"):
            READERS[name](Run(folder))


@pytest.mark.parametrize(
    ("missing", "emptied"),
    [
        (["environment.json"], False),
        (["info.json"], True),
        (["environment.json", "info.json"], False),
    ],
)
def test_a_run_that_was_killed_while_it_was_described_comes_to_its_end(
    finished, tmp_path, missing, emptied
):
    folder = shutil.copytree(finished.path, tmp_path / "lenet" / finished.path.name)
    (folder / "metrics.json").unlink()
    for name in missing:
        (folder / name).write_text("") if emptied else (folder / name).unlink()
    again = kerasrecipes.resume(Run(folder), observers=())
    assert again.finished and again.info == finished.info and again.environment["keras"]


PAGE = '''
"""A page with a preprocessor of its own."""

from dataclasses import dataclass
from typing import ClassVar

from kerasrecipes.data import synthetic
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.recipe import Recipe


@dataclass(frozen=True)
class Shift(Preprocessor):
    kind: ClassVar[str] = "shift of a page"
    inputs: ClassVar[str] = "numbers"

    by: int

    def __call__(self, raw):
        return [value + self.by for value in raw]


recipe = Recipe(
    topic="Test", build=lambda info: None, data={"xor": synthetic.table("xor")}, objective="binary"
)
'''


def test_a_run_knows_the_preprocessor_that_its_page_brings(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path / "home"))
    (tmp_path / "page.py").write_text(PAGE)
    folder = tmp_path / "runs" / "page" / "2026-01-01-000001"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text(f'recipe = "{tmp_path}/page.py"\ndata = "xor"\n')
    saved = {"preprocessor": {"kind": "shift of a page", "by": 3}}
    (folder / "info.json").write_text(json.dumps(saved))
    with pytest.raises(UserError, match="say so with --trust"):
        _ = Run(folder).info
    Run(folder).trust()
    assert Run(folder).info.preprocessor([1, 2]) == [4, 5]
    saved["preprocessor"]["kind"] = "another"
    (folder / "info.json").write_text(json.dumps(saved))
    with pytest.raises(UserError, match="no preprocessor of the kind 'another'"):
        _ = Run(folder).info


def test_findings_of_a_run_know_the_settings_as_the_training_had_them(tmp_path):
    """In the file a setting that is none is a word, with which no remedy can be computed."""
    recipe = registry.load("gan")
    config = api.resolve("gan", recipe, loss="minimax")
    run = Run.create("gan", tmp_path)
    (run.path / "config.toml").write_text(config.to_toml())
    rows = [{"epoch": n, "step": 100 * n, "told_apart": 1.0} for n in range(1, 5)]
    run.write_json("diagnosis.json", {"epochs": rows})
    (finding,) = Run(run.path).findings
    assert finding.kind == "discriminator_won"
    assert any(text.startswith("discriminator_rate=") for text in finding.remedies)
