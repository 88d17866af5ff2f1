"""Which run answers: the newest task's best; a damaged run stands in nobody's way."""

import json
import re
import warnings
from pathlib import Path

import pytest
import tomli_w

from kerasrecipes.errors import Notice, UserError
from kerasrecipes.info import Info
from kerasrecipes.runs import lock
from kerasrecipes.runs.finding import find, find_weights, origin, unfinished

BASE = {"recipe": "mlp", "data": "rows.csv", "options": {"target": "price"}}
FACTS = {"task": "regression", "features": ["a", "b"]}


def make(home, number, score=0.5, *, facts=None, info=None, finished=True, **document):
    """Write the folder of a run."""
    folder = home / "mlp" / f"2026-01-01-00000{number}"
    folder.mkdir(parents=True)
    found = {"facts": {**FACTS, **(facts or {})}, **(info or {})}
    (folder / "info.json").write_text(json.dumps(found))
    (folder / "config.toml").write_text(tomli_w.dumps({**BASE, **document}))
    if finished:
        metrics = {"main_metric": "r2", "best": "max"}
        metrics |= {"test": {"r2": score}, "validation": {"r2": score}}
        (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


OTHER_TASKS = {
    "data": {"data": "other.csv"},
    "target": {"options": {"target": "rooms"}},
    "further option": {"options": {"target": "price", "text": "title"}},
    "columns": {"facts": {"features": ["a", "b", "c"]}},
    "task": {"facts": {"task": "multiclass"}},
    "languages": {"facts": {"languages": ["en", "fr"]}},
    "classes": {"info": {"classes": ["x", "y"]}},
}


@pytest.mark.parametrize("kind", OTHER_TASKS)
def test_runs_of_another_task_are_not_compared(kind, tmp_path):
    older = make(tmp_path, 1, 0.9)
    make(tmp_path, 2, 0.4, **OTHER_TASKS[kind])
    best = make(tmp_path, 3, 0.6, **OTHER_TASKS[kind])
    make(tmp_path, 4, 0.5, **OTHER_TASKS[kind])
    with pytest.warns(Notice, match="learned 2 tasks; the best of the newest.*its folder") as told:
        assert find("mlp", tmp_path).path == best
    assert str(older) in str(told[0].message)


@pytest.mark.parametrize("count", [2, 3, 5, 9])
def test_at_most_two_runs_of_other_tasks_are_named_and_each_says_another_one(count, tmp_path):
    for number in range(count):
        make(tmp_path, 2 * number + 1, data=f"rows{number}.csv")
        make(tmp_path, 2 * number + 2, data=f"rows{number}.csv", facts={"task": str(number)})
    with pytest.warns(Notice) as told:
        find("mlp", tmp_path)
    _, _, others = str(told[0].message).partition("such as ")
    named = re.findall(r"\(data (rows\d.csv)", others)
    assert 1 <= len(named) <= 2 and len(set(named)) == len(named)
    assert f"rows{count - 1}.csv" not in named


def test_what_makes_no_other_task_is_compared_without_a_word(tmp_path):
    best = make(tmp_path, 1, 0.9, facts={"inputs": {"mean": [1]}})
    make(tmp_path, 2, 0.4, training={"seed": 3}, settings={"hidden_layers": [3]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find("mlp", tmp_path).path == best


def test_the_options_that_are_given_choose_among_tasks(tmp_path):
    rooms = make(tmp_path, 1, 0.9, options={"target": "rooms"})
    price = make(tmp_path, 2, 0.4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find("mlp", tmp_path, options={"target": "rooms"}).path == rooms
        assert find("mlp", tmp_path, options={"target": "price"}).path == price


def test_an_answer_says_where_it_comes_from(tmp_path):
    said = origin(find(str(make(tmp_path, 1, 0.25))))
    assert str(tmp_path) in said and "rows.csv" in said and "target price" in said
    assert "R²" in said and "0.25" in said


DAMAGE = {
    "empty metrics": ("metrics.json", b""),
    "metrics of zeros": ("metrics.json", b"\x00" * 50),
    "metrics without a test": ("metrics.json", b'{"a": 1}'),
    "metrics that are a list": ("metrics.json", b"[1]"),
    "deep metrics": ("metrics.json", b"[" * 100_000),
    "empty configuration": ("config.toml", b""),
    "configuration cut off": ("config.toml", b'recipe = "ml'),
    "configuration not UTF-8": ("config.toml", b"recipe = '\xff'"),
    "configuration without data": ("config.toml", b'recipe = "mlp"'),
    "recipe of another type": ("config.toml", b'recipe = 3\ndata = "x"'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_run_is_left_out_and_named(damage, tmp_path):
    waiting = make(tmp_path, 0, finished=False)
    good = make(tmp_path, 1, 0.3)
    bad = make(tmp_path, 2, 0.9)
    name, content = DAMAGE[damage]
    (bad / name).write_bytes(content)
    with pytest.warns(Notice, match="left out: ") as told:
        assert find("mlp", tmp_path).path == good
    assert str(bad) in str(told[0].message) and "\n" not in str(told[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Metrics that cannot be read are written anew when the run is resumed.
        resumable = waiting if name == "config.toml" else bad
        assert unfinished("mlp", tmp_path).path == resumable


@pytest.mark.parametrize("info", [b"", b"[]", b'{"facts": null}', None])
def test_a_run_without_a_readable_info_is_found(info, tmp_path):
    folder = make(tmp_path, 1)
    (folder / "info.json").unlink()
    if info is not None:
        (folder / "info.json").write_bytes(info)
    assert find("mlp", tmp_path).path == folder and origin(find("mlp", tmp_path))


def test_a_run_that_another_process_trains_is_not_resumed(tmp_path):
    idle = make(tmp_path, 1, finished=False)
    busy = make(tmp_path, 2, finished=False)
    with lock.held(busy):
        assert unfinished("mlp", tmp_path).path == idle
        with lock.held(idle), pytest.raises(UserError, match="is in use by process"):
            unfinished("mlp", tmp_path)
    assert unfinished("mlp", tmp_path).path == busy


def test_a_name_with_the_signs_of_patterns_is_a_name(tmp_path):
    make(tmp_path, 1)
    with pytest.raises(UserError, match="unknown run"):
        find("ml[p]", tmp_path)


@pytest.mark.parametrize("name", ["mlp", "perceptron", "sentiment", "tagger", "attention"])
def test_a_run_of_an_earlier_version_is_of_the_same_task(name, tmp_path):
    written = Path(__file__).parent / "released" / name / "finished" / "info.json"
    earlier = json.loads(written.read_text(encoding="utf-8"))
    for number, info in ((1, earlier), (2, Info.from_dict(earlier).as_dict())):
        (make(tmp_path, number, 1 / number) / "info.json").write_text(json.dumps(info))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find("mlp", tmp_path).path.name.endswith("1")


def test_weights_are_those_of_a_finished_run(tmp_path):
    folder = tmp_path / "one"
    folder.mkdir()
    with pytest.raises(UserError, match=r"weights=.*one: there is no such run"):
        find_weights(str(folder))
    (folder / "config.toml").write_text('recipe = "gpt"')
    with pytest.raises(UserError, match="is not finished; finish it with: kerasrecipes run"):
        find_weights(str(folder))
    (folder / "metrics.json").write_text('{"test": {}}')
    assert find_weights(str(folder)).path == folder
