"""Workers on other machines, over gRPC.

What travels is JSON that is signed with the search's secret (`kerasrecipes.tuning.secret`) and
checked at the door (`kerasrecipes.tuning.messages`); nothing that is received is run, and what is
refused changes nothing. A worker trains only the recipe that it was started with, and writes only
below its own folder of runs.
"""

from __future__ import annotations

import json
import re
import secrets
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_tuner.engine.trial import Trial

from kerasrecipes.errors import Notice, UserError
from kerasrecipes.tuning import messages, oracles, secret
from kerasrecipes.tuning.hosts import PATIENCE
from kerasrecipes.tuning.messages import Message, Refused
from kerasrecipes.tuning.scheduler import OUTCOME, Scheduler

if TYPE_CHECKING:
    import grpc

ABSENCE = 120.0  # seconds in which a chief that died may be started again with --resume
_PAUSE = 0.5  # seconds before a chief that did not answer is asked again
_SERVICE = "kerasrecipes.Search"
_MOST_CLIENTS = 10_000  # connections of a search
# Without the first option two chiefs could listen at one port, and each would get a part of the
# calls.
_SERVER = (("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", messages.MOST_BYTES))
_CLIENT = (("grpc.max_receive_message_length", messages.MOST_BYTES),)


# ------------------------------------------------------------------------------------------------
# chief


class Door:
    """What stands between the port and the scheduler: it answers who knows the secret.

    Args:
        scheduler: that answers.
        token: the secret of the search.

    Attributes:
        refused: how many messages were refused.
    """

    def __init__(self, scheduler: Scheduler, token: str):
        self.scheduler, self.token = scheduler, token
        self.session = secrets.token_hex(16)  # so that messages to a chief before count no more
        self.numbers: dict[str, int] = {}
        self.refused = 0

    def hello(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        """Say, to anybody, where the search is, so that who may join finds its secret.

        Args:
            request: of any content.
            context: of the call.

        Returns:
            JSON with `session`, `recipe` and `folder`.
        """
        return json.dumps({"session": self.session, **self._place()}).encode()

    def _place(self) -> dict[str, str]:
        recipe = Path(self.scheduler.plan.recipe).stem
        return {"recipe": recipe, "folder": self.scheduler.folder.name}

    def answer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        """Answer a signed message, or refuse it.

        Args:
            request: what was received.
            context: of the call, which is aborted where it is refused.

        Returns:
            The signed answer.
        """
        import grpc

        try:
            message = messages.read(secret.opened(self.token, request))
            if message.session != self.session:
                context.abort(grpc.StatusCode.FAILED_PRECONDITION, "another session")
            body = json.dumps(self._act(message)).encode()
        except Refused as error:
            self._count(error)
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"refused: {error}")
        return secret.seal_answer(self.token, request, body)

    def _count(self, error: Refused) -> None:
        self.refused += 1
        if self.refused == 1:
            told = f"a message to the port of the search was refused: {error}; the search goes on"
            warnings.warn(told, Notice, stacklevel=2)

    def _act(self, message: Message) -> dict[str, Any]:
        scheduler, given, worker = self.scheduler, message.arguments, message.worker
        with scheduler.lock:
            if message.number <= self.numbers.get(message.client, -1):
                raise Refused("it was received before")
            if message.client not in self.numbers and len(self.numbers) >= _MOST_CLIENTS:
                raise Refused("too many workers have joined")
            self.numbers[message.client] = message.number
            if message.call == "get_plan":
                return {**self._place(), "token": scheduler.token}
            if message.call == "create_trial":
                # Whatever it is called, it is none of this machine's: its trials expire.
                return _plain(scheduler.create_trial(worker, remote=True))
            lease = given["lease"]
            self._refuse_foreign(lease, worker)
            if message.call == "update_trial":
                return _plain(scheduler.update_trial(lease, given["metrics"], given["step"]))
            if message.call == "end_trial":
                outcome = json.dumps(given["outcome"])
                scheduler.end_trial(_trial(lease, "COMPLETED", {OUTCOME: outcome}))
                return {}
            return _plain(scheduler.get_trial(lease))

    def _refuse_foreign(self, lease: str, worker: str) -> None:
        """Refuse trials that do not exist and those of others; an expired lease may be named."""
        identity, _, attempt = lease.partition(".")
        record = self.scheduler.records.get(identity)
        if record is None or int(attempt) > record["attempt"]:
            raise Refused(f"there is no trial {lease}")
        if int(attempt) == record["attempt"] and record["worker"] != worker:
            raise Refused(f"trial {lease} is another worker's")


def _plain(trial: Trial) -> dict[str, Any]:
    return {
        "identity": trial.trial_id,
        "status": trial.status,
        "values": dict(trial.hyperparameters.values),
    }


def _trial(identity: str, status: str, values: dict[str, Any]) -> Trial:
    return Trial(oracles.parameters(values), identity, status)


@contextmanager
def serve(scheduler: Scheduler, address: str, token: str) -> Iterator[Door]:
    """Answer workers of other machines in the meantime.

    Args:
        scheduler: that answers.
        address: `host:port` to listen at.
        token: the secret of the search.

    Yields:
        The door.

    Raises:
        UserError: if the port is taken, or the host is not this machine.
    """
    import grpc

    door = Door(scheduler, token)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=_SERVER)
    # Without serializers what is received and sent are bytes.
    methods = {
        "Hello": grpc.unary_unary_rpc_method_handler(door.hello),
        "Call": grpc.unary_unary_rpc_method_handler(door.answer),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, methods),))
    try:
        if not server.add_insecure_port(address):
            raise RuntimeError
    except RuntimeError as error:
        raise UserError(
            f"cannot listen at {address}; is the port in use, or the host another machine?"
        ) from error
    server.start()
    try:
        yield door
    finally:
        server.stop(grace=2).wait()


# ------------------------------------------------------------------------------------------------
# worker


class Client:
    """A scheduler on another machine, with those of its methods that a worker calls.

    Args:
        address: `host:port` of the chief.
        worker: the name of this worker.
        patience: seconds to wait for the chief.

    Attributes:
        place: what the chief says of its search to anybody, `recipe` and `folder`; nothing that
            is believed before an answer was signed.

    Raises:
        UserError: if nobody answers there, or it is not the chief of a search.
    """

    def __init__(self, address: str, worker: str, patience: float = PATIENCE):
        import grpc

        self.address, self.worker, self.token = address, worker, ""
        self.client, self.number = secrets.token_hex(16), 0
        channel = grpc.insecure_channel(address, options=_CLIENT)
        try:
            grpc.channel_ready_future(channel).result(timeout=patience)
        except grpc.FutureTimeoutError as error:
            channel.close()
            raise UserError(
                f"nobody answers at {address} after {patience:.0f} s; "
                f"start the chief with --chief {address}"
            ) from error
        self.call_hello: Callable[..., bytes] = channel.unary_unary(f"/{_SERVICE}/Hello")
        self.call: Callable[..., bytes] = channel.unary_unary(f"/{_SERVICE}/Call")
        self.place: dict[str, str] = {}
        try:
            self._greet(wait=patience)
        except grpc.RpcError as error:
            raise UserError(
                f"what answers at {address} is not the chief of a search: {error.code().name}"
            ) from error

    def _greet(self, wait: float) -> None:
        """Ask for the session of the chief, and where its search is."""
        told = self.call_hello(b"", wait_for_ready=True, timeout=wait)
        try:
            told = json.loads(told)
            self.session = str(told["session"])
            self.place = {"recipe": str(told["recipe"]), "folder": str(told["folder"])}
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            said = f"the chief at {self.address} is not one of 'kerasrecipes tune'"
            raise UserError(said) from error
        # The name comes from another machine; it must not lead out of the folder of runs.
        if not re.fullmatch(r"tuning-[\w-]{1,100}", self.place["folder"], re.ASCII):
            raise UserError(
                f"the chief at {self.address} names a folder that is not a search's: "
                f"'{self.place['folder'][:100]}'"
            )

    def _ask(self, call: str, **arguments: Any) -> dict[str, Any]:
        """Send a call until it is answered.

        Raises:
            UserError: if it is refused, or the answer is not the chief's.
            grpc.RpcError: if the chief is gone.
        """
        import grpc

        end = time.monotonic() + ABSENCE
        while True:
            self.number += 1
            message = Message(call, arguments, self.worker, self.session, self.client, self.number)
            request = secret.seal(self.token, messages.write(message))
            left = max(1.0, end - time.monotonic())
            try:
                answer = self.call(request, wait_for_ready=True, timeout=left)
                return json.loads(secret.opened_answer(self.token, request, answer))
            except grpc.RpcError as error:
                code = error.code()
                if code == grpc.StatusCode.INVALID_ARGUMENT:
                    raise UserError(f"the chief at {self.address} has {error.details()}") from error
                known = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.FAILED_PRECONDITION)
                if code not in known or time.monotonic() > end:
                    raise
            except Refused as error:
                raise UserError(f"what answers at {self.address}: {error}") from error
            # It was started again, or is about to be.
            time.sleep(_PAUSE)
            self._greet(wait=max(1.0, end - time.monotonic()))

    def get_plan(self) -> dict[str, Any]:
        """Return `recipe`, `folder` and `token` of the search, as who knows its secret says."""
        return self._ask("get_plan")

    def create_trial(self, worker: str) -> Trial:
        """Ask for a trial; see `Scheduler.create_trial`."""
        return _trial(**self._ask("create_trial"))

    def get_trial(self, lease: str) -> Trial:
        """Send a heartbeat; see `Scheduler.get_trial`."""
        return _trial(**self._ask("get_trial", lease=lease))

    def update_trial(self, lease: str, metrics: Mapping[str, float], step: int = 0) -> Trial:
        """Send the metrics of an epoch; see `Scheduler.update_trial`.

        Args:
            lease: of the trial.
            metrics: by name.
            step: the epoch, from 1.

        Returns:
            A trial whose status is STOPPED where it is to stop.
        """
        return _trial(**self._ask("update_trial", lease=lease, metrics=dict(metrics), step=step))

    def end_trial(self, trial: Trial) -> None:
        """Send a trial's outcome; see `Scheduler.end_trial`."""
        outcome = json.loads(trial.hyperparameters.values[OUTCOME])
        if outcome.get("reason"):
            outcome["reason"] = outcome["reason"][: messages.LONGEST_REASON]
        self._ask("end_trial", lease=trial.trial_id, outcome=outcome)
