"""What a machine does that joins a search: work for the chief until it is over."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from kerasrecipes import registry
from kerasrecipes.errors import Interrupted, UserError, excerpt
from kerasrecipes.runs.run import home
from kerasrecipes.training.signals import terminable
from kerasrecipes.tuning import results, rpc, secret
from kerasrecipes.tuning.results import Tuning
from kerasrecipes.tuning.trial_process import ForkServer
from kerasrecipes.tuning.workers import POLL, Worker, WorkerPool, resources

T = TypeVar("T")

PATIENCE = 30.0  # seconds to wait for a chief that the user named
_BEAT = 5.0  # seconds between heartbeats
_APPEAR = 5.0  # seconds in which a shared file system may show what another machine wrote


def join(name: str, address: str, count: int, patience: float, token: str | None = None) -> Tuning:
    """Work for a chief on another machine until its search is over.

    Args:
        name: the recipe, which must be the chief's.
        address: `host:port` of the chief.
        count: of workers here.
        patience: seconds to wait for the chief.
        token: the secret of the search; by default the one in its folder.

    Returns:
        The search, of which the chief may still write the results.

    Raises:
        UserError: if nobody answers there, the chief's recipe is another, its secret is another,
            or its folder is not visible from here.
        Interrupted: if it was stopped.
    """
    import grpc

    registry.find(name)
    host = f"{socket.gethostname()}-{os.getpid()}"
    clients = [rpc.Client(address, f"{number + 1}@{host}", patience) for number in range(count)]
    folder = _folder(clients[0], name)
    known = token or _secret(folder, address)
    for client in clients:
        client.token = known
    _require_shared(folder, clients[0].get_plan()["token"], address)
    recipe = registry.canonical(name)
    server = ForkServer(name)
    pool = WorkerPool(
        [
            Worker(
                client,
                server,
                client.worker,
                resources(number, count),
                beat=_BEAT,
                here=(recipe, folder),
            )
            for number, client in enumerate(clients)
        ]
    )
    try:
        with terminable():
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


def _folder(client: rpc.Client, name: str) -> Path:
    """Return where the search of a chief lies here, which must be of this recipe."""
    searched = client.place["recipe"]
    if searched != Path(name).stem:
        raise UserError(
            f"the chief at {client.address} tunes '{excerpt(searched)}', not '{Path(name).stem}'"
        )
    return home() / Path(name).stem / client.place["folder"]


def _secret(folder: Path, address: str) -> str:
    """Return the secret in the folder of a search; a shared file system may show it late."""
    return _seen(folder, address, lambda: secret.of_folder(folder))


def _require_shared(folder: Path, token: str, address: str) -> None:
    """Make sure that a folder is the chief's own: trials go on from checkpoints that other machines
    wrote there.
    """

    def is_there() -> bool:
        with suppress(UserError):
            return results.read(folder).get("token") == token
        return False

    _seen(folder, address, is_there)


def _seen(folder: Path, address: str, look: Callable[[], T | None]) -> T:
    """Wait for what the chief wrote into the folder of its search."""
    deadline = time.monotonic() + _APPEAR
    while not (found := look()):
        if time.monotonic() > deadline:
            raise UserError(
                f"the search of the chief at {address} is not in {folder} here; machines that "
                "search together share one folder of runs, which KERASRECIPES_HOME names"
            )
        time.sleep(POLL)
    return found
