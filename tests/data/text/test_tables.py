"""Columns of tables of texts are found and read, without holding the table in memory."""

import json
import tracemalloc

import pytest

from kerasrecipes.data.text.store import TextExamples
from kerasrecipes.data.text.tables import TextTable
from kerasrecipes.errors import UserError

ROWS = [
    (f'Good, "very" good\nfilm {n}, déjà vu – ça', "pos" if n % 2 else "neg") for n in range(40)
]
CSV = "id,review,sentiment\n" + "".join(
    f'{n},"{text.replace(chr(34), chr(34) * 2)}",{label}\n' for n, (text, label) in enumerate(ROWS)
)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_a_table_is_read_in_any_usual_encoding(written, encoding):
    assert list(TextTable(written("a.csv", CSV, encoding))) == ROWS


def test_columns_are_found_by_name_and_by_number_and_by_themselves(written):
    path = written("a.csv", CSV)
    for options in ({}, {"text": "review", "target": "Sentiment"}, {"text": "2", "target": "-1"}):
        table = TextTable(path, options)
        assert table.columns == {"text": "review", "target": "sentiment"} and list(table) == ROWS
    assert "'review'" in TextTable(path).notes[0]


def test_a_wrong_column_is_told_with_the_nearest(written):
    path = written("a.csv", CSV)
    with pytest.raises(UserError, match=r"text column 'reveiw'.*'review'"):
        TextTable(path, {"text": "reveiw"})
    with pytest.raises(UserError, match=r"target column 'sentimnt'.*'sentiment'"):
        TextTable(path, {"target": "sentimnt"})
    with pytest.raises(UserError, match="no text column 7; the table has 3"):
        TextTable(path, {"text": "7"})
    with pytest.raises(UserError, match="both the column 'review'"):
        TextTable(path, {"text": "review", "target": "review"})


def test_tab_separated_quotation_marks_are_part_of_the_text(written):
    path = written("a.tsv", "".join(f'{n % 3}\tHe said "good {n}\n' for n in range(30)))
    assert list(TextTable(path))[4] == ('He said "good 4', "1")


def test_a_table_without_names_begins_with_its_first_row(written):
    assert (
        len(
            list(
                TextTable(written("a.csv", "Pretty good one.,1\nNot so good.,0\nBad.,0\nNice.,1\n"))
            )
        )
        == 4
    )


def test_json_lines_and_lists(written):
    rows = [{"text": f"it 🎬 {n}", "stars": float(n % 5)} for n in range(30)]
    expected = [(row["text"], str(int(row["stars"]))) for row in rows]
    assert (
        list(TextTable(written("a.jsonl", "\n".join(map(json.dumps, rows)) + "\n\n"))) == expected
    )
    assert list(TextTable(written("a.json", json.dumps(rows)))) == expected
    with pytest.raises(UserError, match=r"b.jsonl:2 is not JSON"):
        list(TextTable(written("b.jsonl", '{"text": "a", "y": 1}\n{"text": \n')))
    with pytest.raises(UserError, match="not a JSON object"):
        TextTable(written("c.jsonl", "[1, 2]\n"))


def test_broken_tables_are_told_in_a_sentence(written):
    with pytest.raises(UserError, match="is empty"):
        TextTable(written("a.csv", ""))
    with pytest.raises(UserError, match="only the column 'text'"):
        TextTable(written("b.csv", "text\ngood\nbad\n"))
    table = TextTable(written("c.csv", "text,label\n" + "fine,0\n" * 9 + "good, bad, ugly,1\n" * 3))
    assert len(list(table)) == 9 and any("left out 3 rows" in note for note in table.notes)


def _peak(path):
    import pyarrow

    tracemalloc.start()
    texts = TextExamples.of((text, int(label)) for text, label in TextTable(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return len(texts), peak, pyarrow.default_memory_pool().max_memory()


@pytest.mark.parametrize("megabytes", [72, pytest.param(300, marks=pytest.mark.slow)])
def test_memory_does_not_grow_with_the_file(written, megabytes):
    row = "so good, I could see it again " * 40
    lines = (f'"{row}{n}",{n % 2}\n' for n in range(megabytes * 2**20 // 1200))
    path = written("large.csv", "text,label\n" + "".join(lines))
    count, python, arrow = _peak(path)
    assert count == megabytes * 2**20 // 1200
    assert python < 56 * 2**20 and arrow < 16 * 2**20


def test_columns_without_a_role_are_named(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("id,text,label,date\n1,good one,a,2024\n2,bad one,b,2025\n3,other,a,2025\n")
    table = TextTable(str(path))
    assert "columns that are not used: id, date" in table.notes
