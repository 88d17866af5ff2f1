"""Workers meet before the frameworks do, and make sure that they belong together.

The frameworks wait long, or without end, for a host that is not there, and do not say which it is;
and two workers of one rank, of other versions or on other backends would wait for each other for
ever.
"""

from __future__ import annotations

import errno
import json
import platform
import socket
import threading
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from kerasrecipes.errors import UserError
from kerasrecipes.strategies.cluster import Cluster

# Seconds that a worker may take to say who it is, and bytes that it may need for it.
PATIENCE = 5.0
MOST_BYTES = 2**16


def meet(cluster: Cluster, timeout: float, facts: Mapping[str, str] | None = None) -> None:
    """Wait until every host of a cluster has answered at its address and agrees with this one.

    When it returns every address is free again for the framework to listen at.

    Args:
        cluster: who is to meet.
        timeout: seconds to wait.
        facts: what must be the same on all workers, by a name for people; by default the versions
            of the software.

    Raises:
        UserError: if another process has this worker's address already, a host does not answer in
            time, two workers have the same rank, or they differ in the list of hosts or in a fact.
    """
    with _listen(cluster) as listener:
        table = _Table(cluster, software() if facts is None else facts)
        thread = threading.Thread(target=table.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            table.wait(timeout)
        finally:
            table.over = True
            thread.join()


def software() -> dict[str, str]:
    """Tell the versions and the backend, which all workers must share."""
    import keras

    import kerasrecipes

    backend = keras.backend.backend()
    return {
        "the version of Python": ".".join(platform.python_version_tuple()[:2]),
        "the version of kerasrecipes": kerasrecipes.__version__,
        "the version of Keras": keras.__version__,
        "the backend": backend,
        f"the version of {backend}": _version(backend),
    }


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "none"


class _Table:
    """Whom this worker waits for. Whoever asks tells of himself too, so that one asking serves
    both.
    """

    def __init__(self, cluster: Cluster, facts: Mapping[str, str]):
        self.cluster = cluster
        self.card = {"rank": cluster.rank, "the list of hosts": ", ".join(cluster.hosts), **facts}
        self.missing = set(cluster.hosts) - {cluster.hosts[cluster.rank]}
        self.strange: set[str] = set()
        self.refusal: str | None = None
        self.over = False

    def serve(self, listener: socket.socket) -> None:
        """Tell everyone who asks who this is."""
        listener.settimeout(0.1)
        while not self.over:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                card = _exchanged(connection, self.card)
                if card is not None:
                    self._compare(card, None)

    def wait(self, timeout: float) -> None:
        """Ask everyone who has not answered yet, again and again."""
        end = time.monotonic() + timeout
        while self.missing and not self.refusal:
            for host in sorted(self.missing.copy()):
                self._ask(host)
            if self.missing and time.monotonic() > end:
                raise UserError(self.refusal or self._no_answer(timeout))
            time.sleep(0.05)
        if self.refusal:
            raise UserError(self.refusal)

    def _ask(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=1.0) as connection:
                card = _exchanged(connection, self.card)
        except OSError:
            return
        if card is None:
            self.strange.add(address)
        else:
            self._compare(card, address)

    def _compare(self, card: dict[str, Any], address: str | None) -> None:
        """Compare what another worker says with what this one is."""
        rank, own = card["rank"], self.cluster.rank
        asked = self.cluster.hosts.index(address) if address else rank
        if rank == own or rank != asked:
            there = f"what answers at {address}" if address else "another worker"
            self.refusal = (
                f"{there} says that it is rank {rank}: was the same rank given to two workers?"
            )
            return
        for name, value in self.card.items():
            if name != "rank" and card.get(name) != value:
                told = sorted([(own, value), (rank, card.get(name, "none"))])
                both = ", ".join(f"{said} (rank {number})" for number, said in told)
                self.refusal = f"{name} differs between workers: {both}"
                return
        self.missing -= set(self.cluster.hosts[rank : rank + 1])

    def _no_answer(self, timeout: float) -> str:
        ranks = [rank for rank, host in enumerate(self.cluster.hosts) if host in self.missing]
        names = ", ".join(f"{self.cluster.hosts[rank]} (rank {rank})" for rank in ranks)
        if self.strange & self.missing:
            return (
                f"what listens at {names} is no worker of this job: choose another port, or end it"
            )
        return f"no answer from {names} within {timeout:g} seconds: was it started?"


def _exchanged(connection: socket.socket, card: Mapping[str, Any]) -> dict[str, Any] | None:
    """Say who this is and hear who the other one is; None from somebody who is no worker."""
    try:
        connection.settimeout(PATIENCE)
        connection.sendall(json.dumps(card).encode() + b"\n")
        with connection.makefile("rb") as stream:
            heard = json.loads(stream.readline(MOST_BYTES))
    except (OSError, ValueError):
        return None
    return heard if isinstance(heard, dict) and isinstance(heard.get("rank"), int) else None


def _listen(cluster: Cluster) -> socket.socket:
    address = cluster.hosts[cluster.rank]
    try:
        return socket.create_server(("", int(address.rpartition(":")[2])), backlog=128)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise UserError(f"cannot listen at {address}: {error.strerror or error}") from error
        raise UserError(
            f"the address {address} of rank {cluster.rank} is in use: was the same rank given to two workers?"
        ) from None
