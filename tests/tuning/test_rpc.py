"""The port of a search: who does not know its secret, or says what cannot be, changes nothing."""

import json
import os
import random
import time
import warnings
from dataclasses import replace

import grpc
import pytest

from kerasrecipes import registry
from kerasrecipes.errors import Notice, UserError
from kerasrecipes.runs.config import resolve
from kerasrecipes.tuning import messages, plan, rpc, secret
from kerasrecipes.tuning import scheduler as scheduling
from kerasrecipes.tuning.messages import Message
from kerasrecipes.tuning.scheduler import OUTCOME, Scheduler
from tests.tuning.samples import PAGE, free_port, good_messages, spoil

TOKEN = "a secret of many letters"
REFUSED = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
def served(tmp_path):
    """A search of two trials, its address and its door."""
    folder = tmp_path / "tuning-1"
    folder.mkdir()
    given = {"method": "random", "objective": "val_accuracy", "maximize": True, "epochs": 3}
    recipe = registry.load(PAGE)
    base = plan.document(resolve(PAGE, recipe))
    made = plan.Plan(recipe=PAGE, base=base, trials=2, repeats=0, **given)
    scheduler = Scheduler(folder, made, recipe)
    scheduler.save()
    address = f"127.0.0.1:{free_port()}"
    with warnings.catch_warnings(), rpc.serve(scheduler, address, TOKEN) as door:
        warnings.simplefilter("ignore", Notice)
        yield scheduler, address, door


def joined(address, name="1@host-7"):
    client = rpc.Client(address, name, 10.0)
    client.token = TOKEN
    return client


def known(scheduler):
    """What a search knows, without the moments at which it heard of its workers."""
    records = [{**record, "seen": 0} for record in scheduler.records.values()]
    return json.dumps([records, scheduler.phase, scheduler.fatal, scheduler.stopped])


def finish(scheduler, client):
    """Carry out all trials."""
    while (trial := client.create_trial(client.worker)).status != "STOPPED":
        if trial.status == "IDLE":
            continue
        outcome = {"ended": "done", "score": 0.5, "seconds": 1.0, "begun": 0}
        trial.hyperparameters.values = {OUTCOME: json.dumps(outcome)}
        client.end_trial(trial)
    return [record["status"] for record in scheduler.records.values()]


def code_of(client, request):
    try:
        client.call(request, timeout=10)
    except grpc.RpcError as error:
        return error.code()
    return None


def test_a_worker_that_knows_the_secret_works(served):
    scheduler, address, door = served
    client = joined(address)
    assert client.place == {"recipe": "page", "folder": "tuning-1"}
    assert client.get_plan()["token"] == scheduler.token
    trial = client.create_trial("1@host-7")
    answer = client.update_trial(trial.trial_id, {"val_accuracy": 0.5, "loss": float("nan")}, 1)
    assert answer.status == client.get_trial(trial.trial_id).status == "RUNNING"
    assert scheduler.records["0000"]["history"]["1"]["val_accuracy"] == 0.5
    trial.hyperparameters.values = {OUTCOME: json.dumps({"ended": "done", "score": 0.75})}
    client.end_trial(trial)
    assert client.get_trial(trial.trial_id).status == "STOPPED", "its lease has ended"
    assert finish(scheduler, client) == ["completed"] * 2 and door.refused == 0


def test_without_the_secret_nothing_is_answered(served):
    scheduler, address, door = served
    joined(address).create_trial("1@host-7")
    before, client = known(scheduler), joined(address, "2@host-7")
    for wrong in ("", "another of many letters", TOKEN[:-1]):
        client.token = wrong
        with pytest.raises(UserError, match="refused: it is not signed with the secret"):
            client.create_trial("2@host-7")
    assert known(scheduler) == before and door.refused == 3


def test_drawn_messages_change_nothing_and_the_search_goes_on(served):
    scheduler, address, door = served
    client, draw = joined(address), random.Random(0)
    client.create_trial("1@host-7")
    before, counted = known(scheduler), 0
    for number in range(300):
        good = replace(draw.choice(good_messages()), session=client.session, number=number)
        body = spoil(good, draw)
        try:
            messages.read(body)
        except messages.Refused:
            assert code_of(client, secret.seal(TOKEN, body)) == REFUSED
            counted += 1
        # Bytes without a signature, and none at all.
        assert code_of(client, body[: draw.randrange(80)]) == REFUSED
    too_large = secret.seal(TOKEN, b" " * (messages.MOST_BYTES + 1))
    assert code_of(client, too_large) == grpc.StatusCode.RESOURCE_EXHAUSTED
    assert known(scheduler) == before and counted > 100 and door.refused == counted + 300
    assert json.loads((scheduler.folder / "search.json").read_text())["records"]["0000"]
    scheduler.records["0000"]["status"] = "waiting"
    assert finish(scheduler, client) == ["completed"] * 2


def test_trials_of_others_and_those_that_do_not_exist_are_refused(served):
    scheduler, address, _ = served
    mine, other = joined(address), joined(address, "2@host-7")
    lease = mine.create_trial("1@host-7").trial_id
    before = known(scheduler)
    for client, name, reason in (
        (other, lease, "another worker's"),
        (mine, "0009.1", "there is no trial"),
        (mine, "0000.2", "there is no trial"),
        (mine, "0000", "lease"),
        (mine, "../x.1", "lease"),
    ):
        with pytest.raises(UserError, match=reason):
            client.update_trial(name, {"val_accuracy": 1.0}, 1)
    assert known(scheduler) == before


def test_a_message_counts_once_and_in_its_session(served):
    scheduler, address, _ = served
    client = joined(address)
    sent = Message("create_trial", {}, client.worker, client.session, client.client, 5)
    request = secret.seal(TOKEN, messages.write(sent))
    assert code_of(client, request) is None and len(scheduler.records) == 1
    assert code_of(client, request) == REFUSED and len(scheduler.records) == 1
    earlier = secret.seal(TOKEN, messages.write(replace(sent, session="0" * 32, number=9)))
    assert code_of(client, earlier) == grpc.StatusCode.FAILED_PRECONDITION


def test_a_chief_that_was_started_again_is_found(served):
    _, address, door = served
    client = joined(address)
    client.create_trial("1@host-7")
    door.session, door.numbers = "f" * 32, {}
    assert client.get_trial("0000.1").status == "RUNNING" and client.session == "f" * 32


def test_who_answers_without_the_secret_is_not_believed(served):
    _, address, door = served
    client = joined(address)
    door.token = client.token = "x" * 16
    client.call = lambda request, **given: secret.seal_answer("y" * 16, request, b"{}")
    with pytest.raises(UserError, match="the answer is not signed"):
        client.create_trial("1@host-7")


@pytest.mark.parametrize("folder", ["../../elsewhere", "tuning-²", "tuning-" + "x" * 500, ""])
def test_a_folder_that_leads_elsewhere_is_refused(served, folder):
    _, address, door = served
    door._place = lambda: {"recipe": "page", "folder": folder}
    with pytest.raises(UserError, match="names a folder that is not a search"):
        joined(address)


def test_workers_of_any_name_expire(served, monkeypatch):
    scheduler, address, _ = served
    joined(address, "worker").create_trial("worker")
    monkeypatch.setattr(scheduling, "LEASE_SECONDS", 0.0)
    time.sleep(0.01)
    scheduler.expire()
    assert scheduler.records["0000"]["status"] == "waiting"


def test_what_is_no_chief_is_told(tmp_path):
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(UserError, match=f"nobody answers at {address} after 0 s"):
        rpc.Client(address, "1@a-1", 0.2)
    assert os.listdir(tmp_path) == []
