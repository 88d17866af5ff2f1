"""The table of results is what the records of runs make."""

import json
import re

import pytest

from benchmarks.results import records
from kerasrecipes import registry


def test_the_table_and_the_records_agree():
    written = records.TABLE.read_text(encoding="utf-8")
    assert records.text(written) == written, "run: python -m benchmarks.results"


@pytest.mark.parametrize("path", sorted(records.RUNS.glob("*.json")), ids=lambda path: path.stem)
def test_a_record_is_of_a_recipe_and_names_no_place(path):
    record = json.loads(path.read_text(encoding="utf-8"))
    assert record["recipe"] in registry.names()
    assert f"kerasrecipes run {record['recipe']}" in record["command"]
    assert record["metric"] in record["test"] and record["seconds"] > 0
    assert not any(word.startswith(("/", "~")) for word in record["command"].split())


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
