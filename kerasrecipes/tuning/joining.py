"""What a machine does that joins a search: work for the chief until it is over."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kerasrecipes import registry
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.training.runs import home
from kerasrecipes.tuning import crew, remote
from kerasrecipes.tuning.results import Tuning

PATIENCE = 30.0  # seconds to wait for a chief that the user named
_BEAT = 5.0  # seconds between signs of life
_LOOK = 0.25


def join(name: str, address: str, count: int, patience: float) -> Tuning | None:
    """Work for a chief on another machine until its search is over.

    Args:
        name: the recipe, which must be the chief's.
        address: of the chief.
        count: of workers here.
        patience: seconds to wait for the chief.

    Returns:
        The search, where its folder is seen from here; else `None`.

    Raises:
        UserError: if nobody answers there, or the chief's recipe is another.
    """
    import grpc

    registry.find(name)
    host = f"{socket.gethostname()}-{os.getpid()}"
    clients = [remote.connect(address, f"{number + 1}@{host}", patience) for number in range(count)]
    folder = home() / Path(name).stem / remote.introduced(clients[0], name, address)
    (folder / "trials").mkdir(parents=True, exist_ok=True)
    recipe = str(registry.find(name)) if registry.is_path(name) else name
    here, nursery = (recipe, folder), crew.Nursery(name)
    workers = [
        crew.Worker(client, nursery, client.tuner_id, crew.surroundings(number, count), beat=_BEAT, here=here)
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
    return Tuning(folder) if (folder / "search.json").is_file() else None


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
