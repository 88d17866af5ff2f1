"""Pairs of sentences in CSV, TSV and JSON lines: every form says the same pairs by roles."""

import csv
import json

import numpy as np
import pytest

from kerasrecipes.data import text
from kerasrecipes.data.text.translation import prepare
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

PAIRS = [(f"Take {a}, {b}!", f"Nimm {a}, {b}!") for a in "pqrst" for b in "uvwx"]


def write(path, names, columns):
    """Write a table, with a header where `names` are given; the suffix says in which form."""
    rows = list(zip(*columns, strict=True))
    with path.open("w", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
        else:
            mark = {".csv": ",", ".tsv": "\t", ".tab": "\t"}[path.suffix]
            writer = csv.writer(file, delimiter=mark)
            writer.writerows([names, *rows] if names else rows)
    return str(path)


def pairs_of(splits):
    parts = (splits.train, splits.validation, splits.test)
    found = {}
    for part in parts:
        found |= dict(zip(part.sources, part.references, strict=True))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_columns_are_found_wherever_and_in_whatever_form_they_stand(tmp_path, seed):
    random = np.random.default_rng(seed)
    suffix = (".csv", ".tsv", ".jsonl")[seed % 3]
    usual = random.random() < 0.5
    names = {"s": "source" if usual else "von", "t": "target" if usual else "nach", "n": "count"}
    columns = {
        "s": [s for s, _ in PAIRS],
        "t": [t for _, t in PAIRS],
        "n": [int(n) for n in random.integers(1, 5, len(PAIRS))],
    }
    order = list(random.permutation(["s", "t", "n"]))
    path = write(
        tmp_path / f"pairs{suffix}", [names[k] for k in order], [columns[k] for k in order]
    )
    said = {} if usual else {"column": {"text": "von", "target": "nach"}}
    source = text.pairs()
    assert source.accepts(path)
    splits = source.load(Request(path=path, options=said))
    assert pairs_of(splits) == {s: (t,) for s, t in PAIRS}
    assert splits.info.columns == {"text": names["s"], "target": names["t"]}
    # What was trained the one way round is evaluated the same way on another file.
    other = write(tmp_path / "other.csv", [names[k] for k in "tns"], [columns[k] for k in "tns"])
    judged = source.load(Request(path=other, trained_info=splits.info))
    assert pairs_of(judged) == pairs_of(splits)


def test_weights_reach_the_tokens_of_their_pair(tmp_path):
    weights = [1.0 + n % 3 for n in range(len(PAIRS))]
    columns = [[s for s, _ in PAIRS], [t for _, t in PAIRS], weights]
    path = write(tmp_path / "pairs.csv", ["source", "target", "times"], columns)
    source = text.pairs()
    splits = prepare(source.load(Request(path=path, options={"column": {"weight": "times"}})))
    mean = np.mean(weights)
    of = {s: weight / mean for (s, _), weight in zip(PAIRS, weights, strict=True)}
    *_, weight = splits.train.take(np.arange(len(splits.train)))
    for sentence, row in zip(splits.train.texts.sources, weight, strict=True):
        assert row[row > 0] == pytest.approx(of[sentence])
    # Without the word there are none, whatever the column is called.
    plain = prepare(source.load(Request(path=path)))
    assert set(np.unique(plain.train.take(np.arange(3))[2])) <= {0.0, 1.0}


@pytest.mark.parametrize("suffix", [".csv", ".tab"])
def test_a_table_without_names_begins_with_its_first_pair(tmp_path, suffix):
    numbers = [n % 4 for n in range(len(PAIRS))]
    columns = [numbers, [s for s, _ in PAIRS], [t for _, t in PAIRS]]
    path = write(tmp_path / f"pairs{suffix}", [], columns)
    for target, turned in ((None, False), ("2", False), ("1", True)):
        splits = text.pairs().load(Request(path=path, options={"target": target}))
        expected = {t: (s,) for s, t in PAIRS} if turned else {s: (t,) for s, t in PAIRS}
        assert pairs_of(splits) == expected
        assert not splits.info.columns
    again = text.pairs().load(Request(path=path, trained_info=splits.info))
    assert pairs_of(again) == {t: (s,) for s, t in PAIRS}


def test_names_of_languages_are_a_header(tmp_path):
    columns = [[t for _, t in PAIRS], [s for s, _ in PAIRS]]
    path = write(tmp_path / "pairs.tsv", ["German", "English"], columns)
    splits = text.pairs().load(Request(path=path, options={"target": "german"}))
    assert splits.info.languages == ("English", "German") and pairs_of(splits) == {
        s: (t,) for s, t in PAIRS
    }


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"column": {"text": "frm"}}, "did you mean 'from'"),
        ({"column": {"text": "from", "target": "from"}}, "both the column 'from'"),
        ({"column": {"weight": "tone"}}, "must be numbers from 0 on"),
        ({"target": "3"}, "--target 3"),
    ],
)
def test_columns_that_do_not_do_are_refused(tmp_path, options, reason):
    columns = [[s for s, _ in PAIRS], [t for _, t in PAIRS], ["formal"] * len(PAIRS)]
    path = write(tmp_path / "pairs.csv", ["from", "to", "tone"], columns)
    with pytest.raises(UserError, match=reason):
        text.pairs().load(Request(path=path, options=options))
