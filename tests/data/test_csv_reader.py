"""Reading CSV files as people bring them."""

import numpy as np
import pytest

from kerasrecipes.data.csv_reader import guess_delimiter, guess_header, numbers, read, sample_rows
from kerasrecipes.errors import UserError


def table(text, **options):
    return read(text.encode() if isinstance(text, str) else text, **options)


def rows(cells):
    return list(zip(*cells.columns, strict=True))


def test_a_header_stands_above_numbers():
    cells = table("age,city\n30,Lyon\n41,Oslo\n")
    assert cells.names == ["age", "city"]
    assert rows(cells) == [("30", "Lyon"), ("41", "Oslo")]


def test_without_header_the_first_row_counts():
    cells = table("5.1,3.5,Iris-setosa\n4.9,3.0,Iris-setosa\n")
    assert cells.names is None
    assert len(cells) == 2


def test_words_alone_have_a_header_if_its_words_never_come_again():
    assert table("color,size\nred,big\nblue,big\nred,small\n").names == ["color", "size"]
    assert table("red,big\nblue,small\nred,small\n").names is None


def test_the_user_may_say_what_the_first_row_is():
    assert table("1,2\n3,4\n", header=True).names == ["1", "2"]
    assert table("a,b\n3,4\n", header=False).names is None


def test_known_names_decide_where_given():
    known = frozenset(["city"])
    assert table("city\nLyon\nOslo\n", known=known).names == ["city"]
    assert table("Lyon\nOslo\nRome\n", known=known).names is None


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter):
    cells = table(
        f"a{delimiter}b{delimiter}c\n1{delimiter}2{delimiter}x\n3{delimiter}4{delimiter}y\n"
    )
    assert cells.names == ["a", "b", "c"]
    assert rows(cells)[1] == ("3", "4", "y")


def test_decimal_commas_of_european_spreadsheets():
    cells = table("a;b\n3,5;x,y\n-4,25;z\n")
    assert rows(cells) == [("3,5", "x,y"), ("-4,25", "z")] and cells.decimal == ","


def test_quotes_hold_delimiters_and_line_breaks():
    assert rows(table('a,b\n1,"x, y\nz"\n2,w\n')) == [("1", "x, y\nz"), ("2", "w")]


@pytest.mark.parametrize("cell", ["", "?", "NA", "n/a", "NaN", "NULL", " ", "None"])
def test_missing_cells(cell):
    assert rows(table(f"a,b\n1,{cell}\n2,5\n")) == [("1", None), ("2", "5")]


def test_names_are_cleaned_and_made_unique():
    assert table(",x , x\n1,2,3\n").names == ["column_1", "x", "x_"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding):
    assert rows(table("name,n\nMünchen,1\nÉvry,2\n".encode(encoding)))[0] == ("München", "1")


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n1,2,3\n", "row 3 has 3 cells and the first 2"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
    ],
)
def test_what_is_no_table_is_told_in_one_line(content, reason):
    with pytest.raises(UserError, match=reason) as caught:
        read(content)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        read(str(tmp_path / "none.csv"))


def test_numbers():
    column = np.array(["1", None, "-2.5e3", "inf"], dtype=object)
    np.testing.assert_array_equal(numbers(column), [1, np.nan, -2500, np.nan])
    assert numbers(np.array(["1", "x"], dtype=object)) is None


def test_a_sample_leaves_out_the_row_in_which_it_ends():
    assert sample_rows("a,b\n\n1,2\n", ",") == [["a", "b"], ["1", "2"]]
    long = "text,label\n" + "so good,1\n" * 3000 + "so b"
    assert sample_rows(long, ",")[-1] == ["so good", "1"] and len(sample_rows(long, ",")) == 200
    assert sample_rows('"a\tb\n', "\t", quoted=False) == [['"a', "b"]]


def test_of_sentences_the_delimiter_makes_the_fewest_cells():
    sample = "a;b,c,d\n1;2,3,4\n"
    assert guess_delimiter(sample) == "," and guess_delimiter(sample, sentences=True) == ";"


def test_a_header_of_sentences_has_short_or_known_names():
    below = [["a film", "a book"], ["good", "good"]]
    assert guess_header(["what", "how"], below, longest=30)
    assert not guess_header(["a very long sentence about the sea", "how"], below, longest=30)
    assert guess_header(["a very long sentence about the sea", "Label"], below, known={"label"})
    assert not guess_header(["a song", "good"], below, longest=30)
