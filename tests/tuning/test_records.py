"""Records of trials, and which of them is the best."""

import json

from kerasrecipes.tuning.records import (
    COMPLETED,
    ENDED_EARLY,
    FAILED,
    WAITING,
    best_of,
    new_record,
    ranked,
    scored,
    summary,
)


def record(number, score, status=COMPLETED, kind="search", val_loss=0.5, **values):
    known = {
        "status": status,
        "score": score,
        "epochs": 1,
        "history": {"1": {"val_loss": val_loss}},
    }
    return new_record(f"{number:04d}", kind, {"units": number}, seed=number, **{**known, **values})


def test_a_new_record_waits_and_goes_into_a_file():
    new = new_record("0000", "search", {"units": 3}, seed=7, oracle="a")
    assert (new["status"], new["seed"], new["oracle"]) == (WAITING, 7, "a")
    assert json.loads(json.dumps(new)) == new
    assert new["history"] is not new_record("0001", "search", {}, seed=8)["history"]


def test_completed_trials_rank_before_others_and_whole_trainings_before_parts():
    records = [
        record(0, 0.9, ENDED_EARLY),
        record(1, None, FAILED),
        record(2, 0.8, until=3),
        record(3, 0.6),
        record(4, 0.7, val_loss=0.4),
        record(5, 0.7, val_loss=0.3),
    ]
    assert [r["id"] for r in ranked(records, True)] == ["0005", "0004", "0003", "0002", "0000"]
    assert [r["id"] for r in ranked(records, False)][:3] == ["0003", "0005", "0004"]
    assert len(scored(records)) == 5
    assert best_of(records, True)["id"] == "0005"


def test_the_best_is_of_the_search_itself_and_completed():
    assert best_of([record(0, 0.9, ENDED_EARLY), record(1, 0.9, kind="winner")], True) is None
    assert best_of([record(0, 0.5, until=3), record(1, 0.6, until=3)], True)["id"] == "0001"


def test_a_summary_names_the_trial_that_was_continued():
    assert "continues" not in summary(record(0, 0.5))
    assert summary(record(1, 0.5, earlier="0000"))["continues"] == "0000"
