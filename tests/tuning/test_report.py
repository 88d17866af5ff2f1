"""The report of a search, drawn from made-up trials."""

import pytest

from kerasrecipes.tuning import report
from kerasrecipes.tuning.results import write


def test_the_page_tells_what_was_found_and_how_far_chance_helped(tuning):
    write(tuning)
    text = tuning.report.read_text()
    assert text.count("<img") == 5 and "://" not in text and "<script" not in text
    assert "the best of 22\u00a0trials was flattered by 1.90 points" in text
    assert "tuning beat them" in text
    assert "the\u00a0loss\u00a0became\u00a0&lt;nan&gt;" in text, "everything is escaped"
    assert tuning.optimism == pytest.approx(0.019)


def test_defaults_that_are_as_good_are_told_of(tuning):
    for one in tuning.records("defaults"):
        one["score"] += 0.5
    assert any("did not beat them" in sentence for sentence in report.sentences(tuning))
    for one in tuning.records("defaults"):
        one["score"] = tuning.repeated("winner")[0]
    assert any("cannot be told from chance" in sentence for sentence in report.sentences(tuning))


def test_a_search_that_kept_the_pages_defaults_says_so(tuning):
    assert not tuning.kept_defaults
    defaults = tuning.defaults
    same = {
        "learning_rate": defaults["learning_rate"],
        "hidden_layers": list(defaults["hidden_layers"]),
    }
    tuning.winner["settings"] = same  # as the search's file has it
    assert tuning.kept_defaults and any(
        "no other trial did better" in sentence for sentence in report.sentences(tuning)
    )
