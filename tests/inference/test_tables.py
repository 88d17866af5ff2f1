"""Answers to raw rows, as a user brings them."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from kerasrecipes.data import synthetic, tables
from kerasrecipes.data.tables.prepare import prepare_table
from kerasrecipes.errors import UserError
from kerasrecipes.inference.tables import answer_of, predict_rows
from kerasrecipes.info import Info
from kerasrecipes.models.mlp import mlp
from kerasrecipes.preprocessing import plain
from kerasrecipes.recipe import Request

TEXT = "age,city,bought\n" + "\n".join(
    f"{20 + i % 50},{('Oslo', 'Lyon', '?')[i % 3]},{'yes' if i % 50 > 25 else 'no'}"
    for i in range(90)
)


def trained(tmp_path, text=TEXT, **options):
    """A run whose model has learned nothing, which does not matter here."""
    path = tmp_path / "train.csv"
    path.write_text(text)
    info = prepare_table(
        tables.csv().load(Request(path=str(path), options=options)),
        ("binary", "multiclass", "regression"),
    ).info
    units = {"binary": 1, "multiclass": len(info.classes or ())}.get(info.task) or len(info.targets)
    model = mlp(
        info.input_shape,
        units,
        task=info.task,
        inputs=plain(info.inputs),
        target=plain(info.target),
    )
    return SimpleNamespace(model=model, info=info)


def chance(answered, label="yes"):
    """The probability of a class; its last digits depend on the size of the batch."""
    (found,) = (
        entry["probability"] for entry in answered["probabilities"] if entry["label"] == label
    )
    return pytest.approx(found, abs=1e-5)


def ask(run, text):
    return predict_rows(run, [text.encode()])


@pytest.mark.parametrize("top", [1, 2, 3])
def test_as_many_classes_are_listed_as_are_wanted(top, tmp_path):
    (one,) = predict_rows(trained(tmp_path), [b"age,city\n30,Oslo\n"], top=top)
    assert len(one["probabilities"]) == min(top, 2)


@pytest.mark.parametrize("task", ["regression", "multilabel", "signed"])
def test_what_has_no_ranked_classes_has_no_top(task):
    run = SimpleNamespace(info=Info(task=task))
    for top, reason in ((2, "this model answers with"), (0, "must be at least 1")):
        with pytest.raises(UserError, match=reason):
            predict_rows(run, [b"1"], top=top)


def test_rows_in_memory_are_counted_over_all_inputs(tmp_path):
    rows = [b"age,city\n30,Oslo\n40,Rome\n", b"age,city\n50,Oslo\n"]
    answers = predict_rows(trained(tmp_path), rows)
    assert [answer["input"] for answer in answers] == ["row 1", "row 2", "row 3"]


def test_a_row_is_answered_with_its_classes(tmp_path):
    (one,) = ask(trained(tmp_path), "age,city\n30,Oslo\n")
    assert one["input"] == "row 1"
    assert {entry["label"] for entry in one["probabilities"]} == {"yes", "no"}
    assert sum(entry["probability"] for entry in one["probabilities"]) == pytest.approx(1)
    assert one["probability"] == one["probabilities"][0]["probability"] >= 0.5
    assert one["label"] == one["probabilities"][0]["label"]


def test_the_same_row_in_every_form_has_the_same_answer(tmp_path):
    run = trained(tmp_path)
    forms = [
        "age,city\n30,Oslo\n",
        "city,age\nOslo,30\n",
        "30,Oslo\n",
        "30,Oslo,yes\n",
        "Age;CITY\n30;Oslo\n",
        "bought,city,age,more\nno,Oslo,30,x\n",
    ]
    found = [ask(run, form)[0]["probabilities"] for form in forms]
    assert [one[0]["label"] for one in found] == [found[0][0]["label"]] * len(forms)
    probabilities = [[entry["probability"] for entry in one] for one in found]
    np.testing.assert_allclose(probabilities, probabilities[:1] * len(forms), atol=1e-5)


def test_files_are_answered_row_by_row(tmp_path):
    run, path = trained(tmp_path), tmp_path / "rows.csv"
    path.write_text("age,city\n30,Oslo\n50,Lyon\n")
    assert [one["input"] for one in predict_rows(run, [str(path), str(path)])] == [
        f"{path}:{n}" for n in (1, 2, 1, 2)
    ]


def test_odd_cells_are_told_and_answered_as_missing_or_unknown(tmp_path):
    run = trained(tmp_path)
    odd, missing, whole = ask(run, "age,city\nold,Rome\n,Oslo\n44,?\n")
    assert len(odd["notes"]) == 2 and "'old'" in odd["notes"][0] and "'Rome'" in odd["notes"][1]
    mean = run.info.preprocessor.columns[0].mean
    assert chance(missing) == chance(ask(run, f"age,city\n{mean!r},Oslo\n")[0]).expected
    assert "notes" not in missing and "notes" not in whole


@pytest.mark.parametrize(
    "text, reason",
    [
        ("age\n30\n", "lack the column 'city'; received age"),
        ("30\n", "have 1 columns; expected 2, or 3 with the target"),
        ("age,city\n", "no rows"),
    ],
)
def test_rows_that_do_not_fit_are_refused_in_one_line(tmp_path, text, reason):
    with pytest.raises(UserError, match=reason) as caught:
        ask(trained(tmp_path), text)
    assert "\n" not in str(caught.value)


def test_a_column_left_out_in_training_may_come_again(tmp_path):
    text = ",x,y\n" + "\n".join(f"{i},{i * 7 % 11},{'ab'[i % 2]}" for i in range(30))
    run = trained(tmp_path, text)
    named, ordered = ask(run, ",x\n5,3\n")[0], ask(run, "5,3\n")[0]
    assert chance(named, "a") == chance(ordered, "a").expected


def test_numbers_are_answered_in_the_targets_units(tmp_path):
    text = "x,price\n" + "\n".join(f"{i},{1000 * i + 5.5}" for i in range(40))
    run = trained(tmp_path, text)
    (one,) = ask(run, "x\n3\n")
    assert set(one) == {"input", "kind", "value"}
    assert -1e5 < one["value"] < 1e5
    both = trained(
        tmp_path, "x,a,b\n" + "\n".join(f"{i},{i + 0.5},{-i}" for i in range(40)), target="a,b"
    )
    assert set(ask(both, "x\n3\n")[0]["values"]) == {"a", "b"}


def test_scores_of_the_perceptron_answer_by_their_sign():
    info = Info(classes=("no", "yes"), task="signed")
    assert answer_of(np.array([0.0]), info) == {"kind": "label", "label": "yes", "score": 0.0}
    assert answer_of(np.array([-2.0]), info)["label"] == "no"


def test_several_labels_have_a_probability_each():
    info = Info(targets=("a", "b"), task="multilabel")
    assert answer_of(np.array([0.25, 0.75]), info)["probabilities"][1] == {
        "label": "b",
        "probability": 0.75,
    }


def test_generated_tables_are_answered_too():
    info = prepare_table(synthetic.table("moons").load(Request()), ("binary",)).info
    run = SimpleNamespace(model=mlp((2,), 1, task="binary"), info=info)
    assert ask(run, "x,y\n0.1,0.2\n")[0]["label"] in ("upper", "lower")


def test_reading_and_encoding_needs_no_framework():
    """The modules that read and encode rows do not import one themselves."""
    import subprocess

    code = (
        "import sys; from kerasrecipes.data import synthetic;"
        "from kerasrecipes.data.tables.prepare import prepare_table;"
        "from kerasrecipes.recipe import Request;"
        "prepare_table(synthetic.table('xor').load(Request()), ('binary',));"
        "assert not {'tensorflow', 'jax', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
