"""What a machine does that joins a search: work for the chief until it is over."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from kerasrecipes import registry
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.runs.run import home
from kerasrecipes.tuning import results, rpc
from kerasrecipes.tuning import workers as crew
from kerasrecipes.tuning.results import Tuning

PATIENCE = 30.0  # seconds to wait for a chief that the user named
_BEAT = 5.0  # seconds between signs of life
_LOOK = 0.25
_APPEAR = 5.0  # seconds in which a shared file system may show what another machine wrote


def join(name: str, address: str, count: int, patience: float) -> Tuning:
    """Work for a chief on another machine until its search is over.

    Args:
        name: the recipe, which must be the chief's.
        address: of the chief.
        count: of workers here.
        patience: seconds to wait for the chief.

    Returns:
        The search, of which the chief may still write the results.

    Raises:
        UserError: if nobody answers there, the chief's recipe is another, or its folder cannot be
            seen from here.
    """
    import grpc

    registry.find(name)
    host = f"{socket.gethostname()}-{os.getpid()}"
    clients = [rpc.connect(address, f"{number + 1}@{host}", patience) for number in range(count)]
    told, token = rpc.introduced(clients[0], name, address)
    folder = _shared(home() / Path(name).stem / told, token, address)
    recipe = registry.canonical(name)
    here, nursery = (recipe, folder), crew.Nursery(name)
    workers = [
        crew.Worker(
            client,
            nursery,
            client.tuner_id,
            crew.surroundings(number, count),
            beat=_BEAT,
            here=here,
        )
        for number, client in enumerate(clients)
    ]
    try:
        with interruptible():
            for worker in workers:
                worker.start()
            while any(worker.is_alive() for worker in workers):
                time.sleep(_LOOK)
    except KeyboardInterrupt:
        for worker in workers:
            worker.stopping.set()
        for worker in workers:
            worker.join(crew.GRACE + 5)
        raise Interrupted(f"this machine has left the search; it goes on at {address}") from None
    finally:
        nursery.close()
    for worker in workers:
        if isinstance(worker.failure, grpc.RpcError):
            raise UserError(f"the chief at {address} is gone: {worker.failure.code().name}")
        if worker.failure is not None:
            raise worker.failure
    return Tuning(folder)


def _shared(folder: Path, token: str, address: str) -> Path:
    """Make sure that a folder is the chief's own: trials go on from checkpoints that other machines
    wrote there.
    """
    deadline = time.monotonic() + _APPEAR
    while True:
        with suppress(UserError):
            if results.read(folder).get("token") == token:
                return folder
        if time.monotonic() > deadline:
            break
        time.sleep(_LOOK)
    raise UserError(
        f"the search of the chief at {address} is not in {folder} here; machines that search together share one folder "
        "of runs, which KERASRECIPES_HOME names"
    )


@contextmanager
def interruptible() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
