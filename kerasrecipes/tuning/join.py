"""What a machine does that joins a search: work for the chief until it is over."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from kerasrecipes import registry
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.runs.run import home
from kerasrecipes.tuning import results, rpc
from kerasrecipes.tuning.results import Tuning
from kerasrecipes.tuning.trial_process import ForkServer
from kerasrecipes.tuning.workers import POLL, Worker, WorkerPool, interruptible, resources

PATIENCE = 30.0  # seconds to wait for a chief that the user named
_BEAT = 5.0  # seconds between heartbeats
_APPEAR = 5.0  # seconds in which a shared file system may show what another machine wrote


def join(name: str, address: str, count: int, patience: float) -> Tuning:
    """Work for a chief on another machine until its search is over.

    Args:
        name: the recipe, which must be the chief's.
        address: `host:port` of the chief.
        count: of workers here.
        patience: seconds to wait for the chief.

    Returns:
        The search, of which the chief may still write the results.

    Raises:
        UserError: if nobody answers there, the chief's recipe is another, or its folder is not
            visible from here.
        Interrupted: if it was stopped.
    """
    import grpc

    registry.find(name)
    host = f"{socket.gethostname()}-{os.getpid()}"
    clients = [rpc.connect(address, f"{number + 1}@{host}", patience) for number in range(count)]
    folder_name, token = rpc.handshake(clients[0], name, address)
    folder = _shared(home() / Path(name).stem / folder_name, token, address)
    recipe = registry.canonical(name)
    server = ForkServer(name)
    pool = WorkerPool(
        [
            Worker(
                client,
                server,
                client.tuner_id,
                resources(number, count),
                beat=_BEAT,
                here=(recipe, folder),
            )
            for number, client in enumerate(clients)
        ]
    )
    try:
        with interruptible():
            pool.start()
            while pool.at_work:
                time.sleep(POLL)
    except KeyboardInterrupt:
        pool.stop()
        raise Interrupted(f"this machine has left the search; it goes on at {address}") from None
    finally:
        server.close()
    if isinstance(pool.failure, grpc.RpcError):
        raise UserError(f"the chief at {address} is gone: {pool.failure.code().name}")
    if pool.failure is not None:
        raise pool.failure
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
        time.sleep(POLL)
    raise UserError(
        f"the search of the chief at {address} is not in {folder} here; machines that search "
        "together share one folder of runs, which KERASRECIPES_HOME names"
    )
