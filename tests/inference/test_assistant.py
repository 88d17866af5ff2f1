"""An assistant answers commands, asks for what is missing, and says what it did not understand."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasrecipes.data.text.assistant import INTENT, SLOTS, AssistantPreprocessor, prepare
from kerasrecipes.errors import UserError
from kerasrecipes.inference import assistant
from kerasrecipes.inference.assistant import Conversation, respond
from kerasrecipes.recipe import Evaluation
from tests.data.text.test_assistant import commands, splits

ROWS = (
    "wake: wake me at seven/B-time",
    "fly: fly me from rome/B-from to oslo/B-to",
    "fly: fly me to rome/B-to",
    "wake: half/B-time past/I-time six/I-time",
    "fly: from lima/B-from",
)
TEMPLATES = '{"fly": "Flying from {from} to {to}."}'


class Memory(keras.Model):
    """Gives the answers that it knows by heart, and to all else the first intent, unsurely."""

    def __init__(self, examples, info):
        super().__init__()
        self.examples, self.preprocessor = examples, AssistantPreprocessor.of(info)

    def predict_on_batch(self, x):
        preprocessor = self.preprocessor
        shape = x["words"].shape
        intents = np.full((shape[0], len(preprocessor.intents)), 0.4)
        slots = np.zeros((*shape, len(preprocessor.tags)))
        slots[..., preprocessor.tags.index("O")] = 0.9
        for row, words in enumerate(x["words"]):
            for known, intent, tags in zip(
                self.examples.x["words"], *self.examples.y.values(), strict=True
            ):
                if list(words[words > 0]) == list(known):
                    intents[row], intents[row, intent] = 0.01, 0.97
                    slots[row] = 0
                    slots[row, np.arange(len(tags)), tags] = 0.9
        return {INTENT: intents, SLOTS: slots}


@pytest.fixture
def run(tmp_path):
    (tmp_path / "said.json").write_text(TEMPLATES)
    rows = commands(*ROWS)
    made = prepare(splits(rows, rows), templates=str(tmp_path / "said.json"))
    return SimpleNamespace(model=Memory(made.train, made.info), info=made.info, metrics={})


def test_commands_are_answered_by_templates_or_plainly(run):
    first, second = respond(run, ["Wake me at SEVEN!", "fly me from rome to oslo"])
    assert first["reply"] == "wake: time SEVEN" and first["slots"] == {"time": "SEVEN"}
    assert second["reply"] == "Flying from rome to oslo."
    assert second["spans"][1] == {"text": "oslo", "type": "to", "first": 5}
    assert second.said().splitlines()[1:] == [
        "fly 97.0 %",
        "fly  me  from  rome  to  oslo",
        "               from      to",
    ]
    assert "<b>Flying" in second.shown() and second.row()["to"] == "oslo"
    assert json.loads(json.dumps(second.to_dict()))["kind"] == "reply"


def test_what_is_missing_is_asked_for_and_the_answer_understood(run):
    talk = Conversation(run)
    assert talk.reply("fly me to rome")["reply"] == "Please tell me: from."
    assert talk.reply("from lima")["reply"] == "Flying from lima to rome."
    assert talk.reply("fly me to rome")["reply"] == "Please tell me: from."
    # No slot is heard in a word alone, and only one is missing.
    assert talk.reply("oslo")["reply"] == "Flying from oslo to rome."
    assert talk.reply("oslo")["reply"] == assistant.NOT_UNDERSTOOD
    talk.reply("fly me to rome")
    assert talk.reply("wake me at seven")["intent"] == "wake"
    assert talk.intent is None


def test_what_is_no_command_is_not_understood(run):
    for text in ("me me me", "what is this nonsense", "x", "看见"):
        (answer,) = respond(run, [text])
        assert not answer["understood"] and answer["reply"] == assistant.NOT_UNDERSTOOD
    assert respond(run, ["me me"], threshold=0.3)[0]["understood"]
    assert not respond(run, ["wake me at seven"], threshold=0.99)[0]["understood"]
    # Most of its words are unknown, however sure the model is.
    assert not respond(run, ["zork me plugh"], threshold=0.0)[0]["understood"]


def test_files_have_a_command_in_each_line(run, tmp_path):
    path = tmp_path / "said.txt"
    path.write_text("wake me at seven\n\nfly me to rome\n")
    answers = respond(run, [str(path), "", " ", b"from lima"])
    assert [answer.get("intent") for answer in answers] == ["wake", "fly", None, None, "fly"]
    assert answers[2]["error"] == "there are no words in it"


def test_without_commands_it_talks_in_a_terminal_only(run, monkeypatch, capsys):
    with pytest.raises(UserError, match="there is nothing to answer"):
        respond(run)
    said = iter(["fly me to rome", "oslo", ""])
    monkeypatch.setattr(assistant.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda prompt: next(said))
    with ThreadPoolExecutor(1) as pool, pytest.raises(UserError, match="nothing to answer"):
        pool.submit(respond, run).result()  # as a server does
    assert respond(run) == []
    assert "Flying from oslo to rome." in capsys.readouterr().out


def evaluation(run, wrong=0, **given):
    examples = run.model.examples
    outputs = run.model.predict_on_batch(examples.take(np.arange(len(examples)))[0])
    outputs[INTENT][:wrong] = outputs[INTENT][:wrong, ::-1]
    return Evaluation(
        recipe="assistant",
        model=run.model,
        info=run.info,
        examples=examples,
        labels=None,
        outputs=outputs,
        metrics={},
        **given,
    )


def test_scores_of_intents_slots_and_commands(run):
    found = assistant.scores(evaluation(run, wrong=1))
    assert found["intent_accuracy"] == found["sentence_accuracy"] == 0.8
    assert found["slot_f1"] == 1 and set(found["by_class"]) == {"from", "time", "to"}
    assert "threshold" not in found
    chosen = assistant.scores(evaluation(run, validation=run.model.examples))
    assert chosen["threshold"] == 0.9 and chosen["coverage"] == 1


def test_words_alone_are_the_baseline(run):
    judged = evaluation(run, train=run.model.examples)
    baseline = assistant.words_alone(judged)
    found = assistant.scores(replace(judged, outputs=baseline.outputs))
    assert 0 < found["slot_f1"] <= 1 and found["intent_accuracy"] >= 0.6
    assert assistant.words_alone(evaluation(run)) is None
