"""Columns of the user's own files from the command line to the answers: roles, and kinds."""

import json

import numpy as np
import pytest

from kerasrecipes.cli import main
from kerasrecipes.reports import run_report
from kerasrecipes.runs.finding import all_runs


@pytest.fixture(autouse=True)
def without_reports(monkeypatch):
    monkeypatch.setattr(run_report, "write", lambda *given: None)


def write(path, rows):
    path.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")
    return str(path)


def answers(capsys, *words):
    capsys.readouterr()
    assert main(["predict", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_columns_of_texts_are_those_that_the_user_names(tmp_path, capsys):
    random = np.random.default_rng(0)
    # The column of titles is a text too, and would be as good a guess.
    rows = [["title", "review", "mood", "stars"]]
    for number in range(60):
        good = number % 2 == 0
        words = random.choice(["great", "fine", "lovely"] if good else ["bad", "dull", "poor"], 5)
        rows.append([f"film number {number}", f"a {' '.join(words)} film", "x", 5 if good else 1])
    data = write(tmp_path / "films.csv", rows)
    words = ["--column", "text=review", "--column", "target=stars", "encoding=bag_of_words"]
    words += ["--epochs", "1", "--learning-rate", "1e-6"]
    assert main(["run", "sentiment", "--data", data, *words]) == 0
    printed = capsys.readouterr().out
    assert "review" in printed, "what was taken is printed"
    # Such a rate learns nothing, where the baseline is always right.
    assert "below that of logistic regression on tf-idf, 100 %; try more --epochs" in printed
    (run,) = all_runs()
    assert run.info.columns["text"] == "review" and run.info.columns["target"] == "stars"
    assert run.info.classes == ("1", "5")
    (answer,) = answers(capsys, str(run.path), "a lovely great film")
    assert answer["label"] in ("1", "5")


def test_columns_of_tables_have_the_roles_and_kinds_that_the_user_names(tmp_path, capsys):
    random = np.random.default_rng(1)
    rows = [["zip", "size", "count", "price"]]
    for _ in range(80):
        place, size = random.integers(1, 5), random.uniform(20, 120)
        price = size * (1 + (place % 2)) + random.normal()
        rows.append([f"{place}0{place}", round(size, 2), random.integers(1, 9), round(price, 2)])
    data = write(tmp_path / "flats.csv", rows)
    words = [
        *("--column", "target=price", "--column", "weight=count", "--column", "zip=category"),
        *("--epochs", "1", "--diagnose", "false"),
    ]
    assert main(["run", "linear", "--data", data, *words]) == 0
    (run,) = all_runs()
    assert run.info.columns["weight"] == "count" and run.info.columns["target"] == "price"
    kinds = {kind.name: kind.kind for kind in run.info.preprocessor.kinds if kind.used}
    assert kinds["zip"] == "category" and kinds["size"] == "number"
    assert run.config.options["column"]["zip"] == "category"
    new = write(tmp_path / "new.csv", [["size", "zip"], [50, 101], [50, 202]])
    found = answers(capsys, str(run.path), new)
    assert len(found) == 2 and all(np.isfinite(answer["value"]) for answer in found)
