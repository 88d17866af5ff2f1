"""Articles and summaries in two trees or in a table, and what is wrong with them."""

import pytest

from kerasrecipes.data import text
from kerasrecipes.data.text.summary_files import files_by_split, read
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def trees(folder, count=12, names=("News Articles", "Summaries")):
    for number in range(count):
        for name, content in zip(
            names, (f"Head\n\nFirst {number}. Second one.", f"First {number}."), strict=True
        ):
            path = folder / name / "sport" / f"{number:03}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
    return folder


def test_two_trees_are_read_by_the_names_of_their_files(tmp_path):
    folder = trees(tmp_path / "news")
    (folder / "Summaries" / "sport" / "003.txt").unlink()
    (folder / "Summaries" / "sport" / "004.txt").write_text(" ")
    made = text.summaries().load(Request(path=str(folder)))
    assert sum(map(len, (made.train, made.validation, made.test))) == 10
    assert "left out 2 articles without a text or without a summary" in made.notes
    row = made.train.rows[0]
    assert row.headline == "Head" and row.sentences[0] == row.summary


def test_the_same_article_is_in_one_split(tmp_path):
    folder = trees(tmp_path / "news", 30)
    for number in range(0, 30, 2):
        path = folder / "News Articles" / "sport" / f"{number:03}.txt"
        path.write_text("Head\n\nFirst 1. Second one.")
    made = text.summaries().load(Request(path=str(folder)))
    groups = [{row.group for row in p.rows} for p in (made.train, made.validation, made.test)]
    assert not groups[0] & groups[1] and not groups[0] & groups[2]


def test_splits_are_found_by_their_names(tmp_path):
    for name in ("train", "test"):
        trees(tmp_path / name, names=("articles", "summaries"))
    assert set(files_by_split(tmp_path)) == {"train", "test"}
    assert len(text.summaries().load(Request(path=str(tmp_path))).test) == 12


def test_tables_are_read(tmp_path):
    path = tmp_path / "news.csv"
    path.write_text('id,article,highlights\n1,"A b.\nC d.",A b.\n')
    assert list(read(path)) == [("A b.\nC d.", "A b.")]
    path.write_text("a\tb\nA b.\tA b.\n")
    assert list(read(path, {"text": "a", "target": "b"})) == [("A b.", "A b.")]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", "is empty"),
        ("article,note\nx,y\n", "has no column summary, only article, note"),
        ("id,article,summary\n1,x\n", "holds a header only"),
        ("article,summary\nx, \n", "no articles with a summary"),
    ],
)
def test_broken_tables_are_told(tmp_path, content, what):
    path = tmp_path / "news.csv"
    path.write_text(content)
    with pytest.raises(UserError, match=what):
        text.summaries().load(Request(path=str(path)))
