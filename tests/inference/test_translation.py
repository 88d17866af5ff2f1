"""Answers of a small trained attention model, its scores and its figures."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasrecipes import api, registry
from kerasrecipes.comparison import page
from kerasrecipes.data.text.translation import TranslationExamples
from kerasrecipes.errors import UserError
from kerasrecipes.inference import evaluation as judging
from kerasrecipes.inference import translation
from kerasrecipes.inference.translation import Translator, translate
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import explain
from kerasrecipes.reports import translation as figures
from kerasrecipes.training import assembly


def prepared(name, tokenization="words", **settings):
    """A recipe's splits of few generated pairs, and its untrained model."""
    recipe = registry.load(name)
    config = api.resolve(
        name,
        recipe,
        limit=200,
        tokenization=tokenization,
        units=16,
        embedding_dimension=8,
        **settings,
    )
    keras.utils.set_random_seed(0)
    splits = assembly.load_splits(recipe, config)
    return splits, assembly.build(recipe, splits.info, config)


@pytest.fixture(scope="module")
def run():
    splits, model = prepared("attention")
    return SimpleNamespace(model=model, info=splits.info, splits=splits)


@pytest.fixture(scope="module")
def evaluation(run):
    """An evaluation whose answers are right for short sentences and wrong for long ones."""
    texts = run.splits.test.texts
    said = [
        some[0] if len(s.split()) < 20 else "wa o"
        for s, some in zip(texts.sources, texts.references, strict=True)
    ]
    given = {"model": run.model, "info": run.info, "examples": run.splits.test}
    return Evaluation(recipe="attention", labels=None, outputs=said, metrics={}, **given)


def test_each_sentence_is_answered_alone_as_with_others(run):
    sentences = [
        "the cat sees the dog",
        "the king of the old doctor paints the house in the park",
        "the dog",
    ]
    translator = Translator(run.model, run.info)
    for beams in (1, 3):
        together = translator.texts(sentences, beams)
        assert together == [translator.texts([sentence], beams)[0] for sentence in sentences]
    answers = translate(run, sentences, num_beams=3)
    assert [a["text"] for a in answers] == together and [a["input"] for a in answers] == sentences
    assert "notes" not in answers[0]


def test_empty_long_and_unknown_sources_are_answered_and_noted(run):
    longest = run.info.preprocessor.longest_source
    long = " ".join(["the cat"] * longest)
    given = translate(run, ["", "  ", long, "the नमस्ते cat"], num_beams=2)
    assert [a["text"] for a in given[:2]] == ["", ""] and given[0]["notes"] == [
        "there is nothing to translate"
    ]
    assert f"longer than the longest sentence of the training, {longest}" in given[2]["notes"][0]
    assert (
        "letters that the training never showed" in given[3]["notes"][0]
        and "न" in given[3]["notes"][0]
    )


def test_lines_of_files_and_of_standard_input(run, tmp_path):
    path = tmp_path / "some.txt"
    path.write_text("the cat\n\nthe dog\n")
    given = translate(run, [str(path), b"the king\n"], num_beams=1)
    assert [a["input"] for a in given] == ["the cat", "the dog", "the king"]
    with pytest.raises(UserError, match=r"no file absent\.txt"):
        translate(run, ["absent.txt"])
    with pytest.raises(UserError, match="num_beams=0"):
        translate(run, ["the cat"], num_beams=0)


def test_explanations_draw_the_alignment_with_words_on_both_axes(run, tmp_path):
    answers = translate(run, ["the cat sees the dog"] * 2, num_beams=1, explain=True)
    assert answers[0]["explanation"].across == ("the", "cat", "sees", "the", "dog")
    answers = explain.write_all(answers, tmp_path)
    files = {answer["explanation"] for answer in answers}
    assert len(files) == 2 and all(Path(file).read_bytes()[:4] == b"\x89PNG" for file in files)
    translator = Translator(run.model, run.info)
    tokens = translator(["the cat sees the dog"])[0]
    weights = translator.alignment("the cat sees the dog", tokens)
    assert weights.shape == (len(tokens) + 1, 5)
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)


def test_a_model_without_attention_says_so():
    splits, model = prepared("seq2seq")
    run = SimpleNamespace(model=model, info=splits.info)
    assert translate(run, ["the cat"], num_beams=2)[0]["input"] == "the cat"
    with pytest.raises(UserError, match="kerasrecipes run attention"):
        translate(run, ["the cat"], explain=True)


def test_scores_are_those_of_sacrebleu(evaluation):
    import sacrebleu

    found = translation.scores(evaluation)
    references = [[some[0] for some in evaluation.examples.texts.references]]
    expected = sacrebleu.corpus_bleu(evaluation.outputs, references, lowercase=True).score
    assert found["bleu"] == pytest.approx(expected, abs=0.01) and 0 < found["bleu"] < 100
    short = [len(s.split()) < 20 for s in evaluation.examples.texts.sources]
    assert found["sentence_accuracy"] == pytest.approx(np.mean(short))
    line = found["bleu_by_source_length"]
    assert (
        line[0][1] == 100 and line[-1][1] < 5 and [x for x, _ in line] == sorted(x for x, _ in line)
    )


def test_any_of_several_references_is_right(evaluation):
    texts = evaluation.examples.texts
    more = [(f"anything {n}", *some) for n, some in enumerate(texts.references)]
    more[0] = more[0][:1]
    examples = SimpleNamespace(texts=TranslationExamples(texts.sources, more))
    said = [some[-1].upper() for some in more]
    found = translation.scores(replace(evaluation, examples=examples, outputs=said))
    assert found["sentence_accuracy"] == 1 and found["bleu"] == pytest.approx(100, abs=0.01)


def test_groups_by_length_hold_every_sentence_once():
    lengths = np.array([3] * 50 + [9] * 50 + [30] * 50 + [200])
    groups = translation.length_groups(lengths)
    assert sorted(np.concatenate(groups)) == list(range(151)) and len(groups) == 3
    assert len(translation.length_groups(np.array([5, 5, 5]))) == 1
    assert translation.source_lengths(["猫が犬を見る", "犬"]).tolist() == [6, 1]


def test_figures_are_drawn(evaluation):
    for figure in figures.TRANSLATION_FIGURES[1:]:
        assert figure(evaluation) is not None
    assert "falls" in figures.bleu_by_length(evaluation).axes[0].get_title(loc="left")


def test_compare_draws_the_lines_of_runs_that_have_them():
    line = {"bleu_by_source_length": [(5, 60.0), (20, 20.0)]}
    flat = {"bleu_by_source_length": [(5, 60.0), (20, 59.0)]}
    kinds = (("seq2seq", line), ("attention", flat), ("lenet", {}))
    runs = [
        page.Entry(name=n, settings={"recipe": n}, metrics={"bleu": 1.0}, lines=found)
        for n, found in kinds
    ]
    title = page.lines(runs).axes[0].get_title(loc="left")
    assert "BLEU by source length" in title and "falls by 40 with recipe=seq2seq" in title
    assert page.lines(runs[2:]) is None and "On what it depends" in page.html(runs, title="t")


def test_evaluate_scores_other_data_of_its_own(run, tmp_path):
    recipe = registry.load("attention")
    config = api.resolve("attention", recipe, units=16, embedding_dimension=8)
    path = tmp_path / "attention" / "1"
    facts = {"recipe": recipe, "config": config, "info": run.info, "model": run.model, "path": path}
    facts["recipe_name"] = "attention"
    kept = SimpleNamespace(**facts, metrics={"test": {}}, load_model=lambda: run.model)
    rows = tmp_path / "own.tsv"
    rows.write_text("the cat sees the dog\tneko wa inu o miru\n\tleer\nनमस्ते\tx\n")
    found = judging.evaluate(kept, str(rows))
    assert found["examples"] == 2 and {"bleu", "chrf", "sentence_accuracy", "loss"} <= set(found)
    assert any("empty side" in note for note in found["notes"])
