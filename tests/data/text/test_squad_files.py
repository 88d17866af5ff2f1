"""SQuAD's files and tables of questions, and what is wrong with them."""

import json

import pytest

from kerasrecipes.data import text
from kerasrecipes.data.text.squad_files import read
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

CONTEXT = "Ann was born in Oslo."


def squad(path, *asked, title="Ann", articles=1):
    qas = [
        {"question": q, "id": str(n), "answers": [{"text": t, "answer_start": s} for t, s in given]}
        for n, (q, *given) in enumerate(asked)
    ]
    data = [
        {"title": f"{title} {n}", "paragraphs": [{"context": CONTEXT, "qas": qas}]}
        for n in range(articles)
    ]
    path.write_text(json.dumps({"version": "1.1", "data": data}))
    return path


def test_answers_are_read_with_their_places(tmp_path):
    path = squad(
        tmp_path / "dev.json",
        ("Where?", ("Oslo", 16), ("Oslo", 16), ("in Oslo", 13)),
        ("Who?", ("Ann", 99)),  # the place is wrong, and found
        ("Which town?", ("oslo", 16)),
        ("Why?",),
    )
    rows, notes = read(path)
    assert rows[0].answers == ("Oslo", "in Oslo") and rows[0].starts == (16, 13)
    assert rows[1].starts == (0,) and rows[2].answers == ("Oslo",) and rows[3].answers == ()
    assert not notes and rows[0].group == "Ann 0"


def test_questions_that_cannot_be_answered_are_said_so(tmp_path):
    path = squad(tmp_path / "dev.json", ("Where?", ("Oslo", 16)))
    content = json.loads(path.read_text())
    content["data"][0]["paragraphs"][0]["qas"][0]["is_impossible"] = True
    path.write_text(json.dumps(content))
    assert read(path)[0][0].answers == ()


def test_answers_that_are_not_in_their_context_are_told(tmp_path):
    path = squad(tmp_path / "dev.json", ("Where?", ("Oslo", 16)), ("Where?", ("Rome", 0)))
    rows, notes = read(path)
    assert len(rows) == 1
    assert notes == ["left out 1 question whose answer is not in the context, such as 'Rome'"]
    with pytest.raises(UserError, match="no answer is in its context, such as 'Rome'"):
        read(squad(tmp_path / "none.json", ("Where?", ("Rome", 0))))


def test_articles_are_not_divided(tmp_path):
    squad(tmp_path / "all.json", ("Where?", ("Oslo", 16)), ("Who?", ("Ann", 0)), articles=10)
    made = text.questions().load(Request(path=str(tmp_path / "all.json")))
    groups = [{row.group for row in p.rows} for p in (made.train, made.validation, made.test)]
    assert [len(group) for group in groups] == [8, 1, 1] and len(set.union(*groups)) == 10
    folder = tmp_path / "squad"
    folder.mkdir()
    for name in ("train-v1.1.json", "dev-v1.1.json"):
        squad(folder / name, ("Where?", ("Oslo", 16)), articles=4)
    made = text.questions().load(Request(path=str(folder)))
    assert len(made.train) == 4 and len(made.validation) == len(made.test) == 2


def test_tables_are_read(tmp_path):
    path = tmp_path / "asked.csv"
    path.write_text(f'context,question,answer\n"{CONTEXT}",Where?,Oslo\n"{CONTEXT}",Why?,\n')
    rows, _ = read(path)
    assert rows[0].starts == (16,) and rows[1].answers == () and rows[0].group == CONTEXT
    path.write_text(f"a\tb\tc\n{CONTEXT}\tWhere?\tOslo\n")
    options = {"column": {"context": "a", "question": "b", "answer": "c"}}
    assert read(path, options)[0][0].answers == ("Oslo",)


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.json", "[1]", "expected SQuAD's form"),
        ("a.json", "{", "is not JSON"),
        (
            "a.json",
            '{"data": [{"paragraphs": [{"context": 3, "qas": []}]}]}',
            "a text was expected",
        ),
        ("a.csv", "", "is empty"),
        ("a.csv", "context,question\nx,y\n", "has no column answer, only context, question"),
        ("a.csv", "context,question,answer\nx,y\n", "holds a header only"),
    ],
)
def test_files_of_another_form_are_told(tmp_path, name, content, what):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(UserError, match=what):
        read(path)
