"""Text becomes windows of numbered tokens, from files of every encoding and from generated
sentences.
"""

import re
from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data import synthetic, text
from kerasrecipes.data.text import language_modeling
from kerasrecipes.data.text.language_modeling import WindowExamples
from kerasrecipes.data.text.tokenizer import END, Tokenizer
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request

VERSE = "Wär ich ein Vöglein,\nund auch zwei Flüglein hätt,\nflög ich zu dir.\n" * 20


def loaded(path, **request):
    return text.files().load(Request(path=str(path), **request))


def fitted(splits, **settings):
    settings = {
        "tokenization": "characters",
        "vocabulary_size": None,
        "lowercase": False,
        "input_length": 16,
        **settings,
    }
    return language_modeling.prepare(splits, **settings)


def spelled(splits, name):
    windows = getattr(splits, name)
    return splits.info.preprocessor.decode(windows.tokens)


def test_windows_say_what_comes_next():
    windows = WindowExamples(np.arange(11), 4)
    x, y = windows.take(np.arange(len(windows)))
    assert x.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]] and (y == x + 1).all()
    assert windows.select(np.array([1])).take(np.array([0]))[0].tolist() == [[4, 5, 6, 7]]
    assert WindowExamples(np.arange(3), 4).take(np.array([0]))[1].tolist() == [[1, 2]]
    closer = WindowExamples(np.arange(11), 4, stride=3)
    assert closer.take(np.arange(3))[0][:, 0].tolist() == [0, 3, 6] and len(closer) == 3
    assert len(WindowExamples(np.zeros(0), 4)) == len(WindowExamples(np.zeros(1), 4)) == 0


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_file_is_read_in_its_encoding_and_order(tmp_path, encoding):
    path = tmp_path / "verse.txt"
    path.write_bytes(VERSE.replace("\n", "\r\n").encode(encoding))
    splits = fitted(loaded(path))
    cut = round(0.9 * len(VERSE))
    assert spelled(splits, "train") == VERSE[:cut]
    assert VERSE[cut:] == spelled(splits, "validation") + spelled(splits, "test")
    assert splits.train.length == splits.info.sequence_length == 16


def test_words_keep_their_lines(tmp_path):
    path = tmp_path / "verse.txt"
    path.write_text(VERSE)
    splits = fitted(loaded(path), tokenization="words", input_length=8)
    assert (splits.train.tokens == END).sum() >= 50
    assert spelled(splits, "train").startswith(
        "Wär ich ein Vöglein,\nund auch zwei Flüglein hätt,\n"
    )


def test_a_folder_and_other_data_for_a_trained_model(tmp_path):
    for name in ("one.txt", "two.txt"):
        (tmp_path / name).write_text(VERSE)
    splits = fitted(loaded(tmp_path))
    other = tmp_path / "other" / "more.txt"
    other.parent.mkdir()
    other.write_text("Жar\n")
    again = loaded(other, trained_info=splits.info)
    judged = fitted(replace(again, trained_info=splits.info))
    assert len(judged.train) == 0 and judged.info == splits.info and len(judged.test) == 1
    assert judged.notes == ("25.0% of the text's tokens were not seen in training",)


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "holds no text"),
        (b" \n\n", "holds no text"),
        (
            b"Too short.",
            "too short: 9 tokens to learn from, windows of 16 need 33; input_length=4 would do",
        ),
        (b"\x00\x01\x02\xff" * 50, "binary"),
    ],
)
def test_what_cannot_be_learned_from_is_one_line(tmp_path, content, message):
    path = tmp_path / "text.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=re.escape(message)):
        fitted(loaded(path))


def test_a_missing_file_and_a_folder_without_text(tmp_path):
    with pytest.raises(UserError, match="cannot read"):
        loaded(tmp_path / "nowhere.txt")
    with pytest.raises(UserError, match="no text files"):
        loaded(tmp_path)


@pytest.mark.parametrize("text, token", [("a\nb\n", "\n"), ("abab a", "a")])
def test_a_text_begins_after_a_line_end_or_with_the_most_frequent_token(text, token):
    tokenizer = Tokenizer.fit([text], kind="characters", lowercase=False)
    preprocessor = language_modeling.LanguageModelPreprocessor(tokenizer=tokenizer)
    assert tokenizer.token(preprocessor.line_end) == token


def test_the_last_word_alone_does_not_tell_the_next():
    splits = synthetic.agreement(3000).load(Request(seed=0))
    known = fitted(splits, tokenization="words", input_length=24).info.baselines
    assert known["bigram_perplexity"] > 1.3 * known["best_perplexity"]
    again = synthetic.agreement(3000).load(Request(seed=0))
    assert again.train.lines == splits.train.lines
    assert sum(len(part.lines) for part in (splits.train, splits.validation, splits.test)) == 3000


def test_the_bigram_model_is_exact_where_it_can_be_counted():
    train = np.array([4, 5] * 200)
    assert language_modeling.bigram_perplexity(train, train[:50], 6) < 1.02
    random = np.random.default_rng(0).integers(0, 8, 4000)
    assert 7.5 < language_modeling.bigram_perplexity(random[:2000], random[2000:], 8) < 8.5


@pytest.mark.parametrize("name", ["text", "strophe"])
def test_a_column_of_a_table_is_read_line_by_line(tmp_path, name):
    lines = [f"line {number}, all of it" for number in range(40)]
    path = tmp_path / "songs.csv"
    path.write_text(f"id,{name}\n" + "".join(f'{n},"{line}"\n' for n, line in enumerate(lines)))
    options = {} if name == "text" else {"text": name}
    source = text.files()
    assert source.accepts(str(path))
    splits = source.load(Request(path=str(path), options=options))
    parts = (splits.train, splits.validation, splits.test)
    assert "\n".join(line for part in parts for line in part.lines).count("all of it") >= 38
    assert any(f"text '{name}'" in note for note in splits.notes)
    if name == "strophe":
        with pytest.raises(UserError, match="no column text"):
            source.load(Request(path=str(path)))
