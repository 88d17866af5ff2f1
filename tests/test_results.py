"""The tables of results are what the records of runs make."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from benchmarks.results import pictures, records
from kerasrecipes import registry


@pytest.mark.parametrize("page", [records.TABLE, records.README], ids=lambda page: page.stem)
def test_a_table_and_the_records_agree(page):
    written = page.read_text(encoding="utf-8")
    assert (records.BEGIN in written) != (records.README_BEGIN in written)
    assert records.text(written) == written, "run: python -m benchmarks.results"


def test_the_readme_says_of_every_recipe_what_it_reaches(monkeypatch, tmp_path):
    rows = dict(re.findall(r"^\| \[(\w+)\]\([^|]*\|[^|]*\| (.*) \|$", records.overview(), re.M))
    assert sorted(rows) == sorted(registry.names())
    assert all(re.search(r"\d", said) and "kerasrecipes run" not in said for said in rows.values())
    # Without a kept run it is a result on other data, with what was given for it.
    monkeypatch.setattr(records, "RUNS", tmp_path)
    assert re.fullmatch(r".*%.*", records._said_of("lenet"))
    assert records._said_of("vae").endswith(", by `--data mnist`")
    with pytest.raises(ValueError, match="no result of it is in the README"):
        records._said_of("a_recipe_of_another")


def test_a_picture_gets_small_and_stays_the_same_to_the_eye(tmp_path):
    ramp = np.linspace(0, 255, 1000)[None, :, None] * np.ones((200, 1, 3))
    noise = np.random.default_rng(0).normal(0, 1, (200, 1000, 3))
    Image.fromarray((ramp + noise).clip(0, 255).astype(np.uint8)).save(tmp_path / "large.png")
    pictures.reduce(tmp_path / "large.png", tmp_path / "small.png")
    with Image.open(tmp_path / "small.png") as small:
        assert small.size == (pictures.WIDTH, 180)
        row = np.asarray(small.convert("L"), float)[90]
    assert np.abs(row - np.linspace(0, 255, pictures.WIDTH)).max() < 6
    assert (tmp_path / "small.png").stat().st_size < (tmp_path / "large.png").stat().st_size / 3
    # One that would get larger is left as it is.
    Image.new("1", (8, 8)).save(tmp_path / "tiny.png")
    pictures.reduce(tmp_path / "tiny.png", tmp_path / "same.png")
    assert (tmp_path / "same.png").read_bytes() == (tmp_path / "tiny.png").read_bytes()


@pytest.mark.parametrize("path", sorted(records.RUNS.glob("*.json")), ids=lambda path: path.stem)
def test_a_record_is_of_a_recipe_and_names_no_place(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["recipe"] in registry.names()
    assert f"kerasrecipes run {record['recipe']}" in record["command"]
    assert record["metric"] in record["test"] and record["seconds"] > 0
    assert not re.search(r"(^|[\s='])[/~]", record["command"])


def test_every_reference_has_a_source_and_a_run_beside_it():
    references = json.loads((records.HERE / "references.json").read_text(encoding="utf-8"))
    commands = {json.loads(path.read_text())["command"] for path in records.RUNS.glob("*.json")}
    assert references and set(references) <= commands
    for reference in references.values():
        assert re.match(r"-?[\d.]+( [^(]+)? \(\[[^]]+\]\(https?://[^)]+\)\)", reference), reference
        assert f"| {reference} |" in records.table()


def test_paths_of_a_command_become_their_last_names():
    said = "kerasrecipes run mlp --data '/home/me/my rows.csv' --target y units=3"
    assert records._command(said) == "kerasrecipes run mlp --data 'my rows.csv' --target y units=3"
    said = "kerasrecipes run gpt --data=~/texts/a.txt weights=../runs/gpt/1/ rate=.5 text=''"
    assert records._command(said) == "kerasrecipes run gpt --data=a.txt weights=1 rate=.5 text="


def test_a_row_is_the_mean_over_seeds_beside_the_baseline():
    one = {
        "metric": "accuracy",
        "test": {"accuracy": 0.9},
        "baseline": {"name": "majority class", "test": {"accuracy": 0.5}},
        "parameters": 1234,
        "flops": None,
        "seconds": 3.0,
        "machine": {"cores": 2, "backend": "tensorflow", "keras": "3.15.1"},
        "seed": 0,
    }
    other = {**one, "test": {"accuracy": 0.8}, "seed": 1, "seconds": 5.0}
    row = records._row("kerasrecipes run x", [one, other], {"kerasrecipes run x": "0.95 (paper)"})
    assert "accuracy 85.00 % ± 7.07 % (seeds 0, 1)".lower() in row.lower()
    assert "50.00 % (majority class)" in row and "1,234" in row and "0.95 (paper)" in row
