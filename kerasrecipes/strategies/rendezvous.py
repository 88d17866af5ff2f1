"""Rendezvous of the workers, before the framework's own, with a check that they belong together.

The frameworks wait long, or without end, for a host that does not answer and do not name it; two
workers of one rank, of different versions or on different backends would wait for each other
forever.
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
from kerasrecipes.version import __version__

# Seconds that a peer may take to send its hello, and the most bytes of one.
HANDSHAKE_TIMEOUT = 5.0
MAX_HELLO_BYTES = 2**16


def rendezvous(
    cluster: Cluster, timeout: float, fingerprint: Mapping[str, str] | None = None
) -> None:
    """Wait until every host of a cluster has answered at its address and agrees with this one.

    When it returns, every address is free again for the framework to listen at.

    Args:
        cluster: the workers that are to meet.
        timeout: seconds to wait.
        fingerprint: values that must be equal on all workers, by a readable name; by default the
            versions of the software.

    Raises:
        UserError: if another process has this worker's address already, a host does not answer in
            time, two workers have the same rank, or they differ in the list of hosts or in the
            fingerprint.
    """
    with _listen(cluster) as listener:
        peers = _Peers(cluster, software_versions() if fingerprint is None else fingerprint)
        thread = threading.Thread(target=peers.serve, args=(listener,), daemon=True)
        thread.start()
        try:
            peers.wait(timeout)
        finally:
            # The listener is closed only once the thread has left it.
            peers.done = True
            thread.join()


def software_versions() -> dict[str, str]:
    """Return the versions and the backend, which must be equal on all workers."""
    import keras

    backend = keras.backend.backend()
    try:
        of_backend = version(backend)
    except PackageNotFoundError:
        of_backend = "none"
    return {
        "the version of Python": ".".join(platform.python_version_tuple()[:2]),
        "the version of kerasrecipes": __version__,
        "the version of Keras": keras.__version__,
        "the backend": backend,
        f"the version of {backend}": of_backend,
    }


class _Peers:
    """The other workers of a cluster, and which of them have not answered yet.

    Both sides of a connection send their hello, so one handshake serves both.
    """

    def __init__(self, cluster: Cluster, fingerprint: Mapping[str, str]):
        self.cluster = cluster
        self.hello: dict[str, Any] = {
            "rank": cluster.rank,
            "the list of hosts": ", ".join(cluster.hosts),
            **fingerprint,
        }
        self.missing = set(cluster.hosts) - {cluster.hosts[cluster.rank]}
        self.unknown_peers: set[str] = set()
        self.refusal: str | None = None
        self.done = False

    def serve(self, listener: socket.socket) -> None:
        """Answer every peer that connects, until all is done."""
        # `accept` would otherwise not notice that all is done.
        listener.settimeout(0.1)
        while not self.done:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                hello = _handshake(connection, self.hello)
                if hello is not None:
                    self._compare(hello, None)

    def wait(self, timeout: float) -> None:
        """Connect to every peer that has not answered yet, again and again.

        Raises:
            UserError: after `timeout` seconds, or as soon as a peer does not fit.
        """
        end = time.monotonic() + timeout
        while self.missing and not self.refusal:
            # A copy, as the other thread removes hosts meanwhile.
            for host in sorted(self.missing.copy()):
                self._connect(host)
            if self.missing and time.monotonic() > end:
                hosts = enumerate(self.cluster.hosts)
                absent = [f"{host} (rank {n})" for n, host in hosts if host in self.missing]
                names = ", ".join(absent)
                said = f"no answer from {names} within {timeout:g} seconds: was it started?"
                if self.unknown_peers & self.missing:
                    said = (
                        f"what listens at {names} is not a worker of this job: "
                        "choose another port, or end it"
                    )
                raise UserError(self.refusal or said)
            time.sleep(0.05)
        if self.refusal:
            raise UserError(self.refusal)

    def _connect(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        try:
            # Brackets are part of an IPv6 address in `host:port` only.
            with socket.create_connection((host.strip("[]"), int(port)), timeout=1.0) as connection:
                hello = _handshake(connection, self.hello)
        except OSError:
            return
        if hello is None:
            self.unknown_peers.add(address)
        else:
            self._compare(hello, address)

    def _compare(self, hello: dict[str, Any], address: str | None) -> None:
        """Compare the hello of another worker with this one's."""
        rank, own = hello["rank"], self.cluster.rank
        asked = self.cluster.hosts.index(address) if address else rank
        if rank == own or rank != asked:
            there = f"what answers at {address}" if address else "another worker"
            self.refusal = (
                f"{there} says that it is rank {rank}: was the same rank given to two workers?"
            )
            return
        for name, value in self.hello.items():
            if name != "rank" and hello.get(name) != value:
                # By rank, so that all workers print the same line.
                told = sorted([(own, value), (rank, hello.get(name, "none"))])
                both = ", ".join(f"{said} (rank {number})" for number, said in told)
                self.refusal = f"{name} differs between workers: {both}"
                return
        # A slice: a rank beyond the list takes nothing away.
        self.missing -= set(self.cluster.hosts[rank : rank + 1])


def _handshake(connection: socket.socket, hello: Mapping[str, Any]) -> dict[str, Any] | None:
    """Send this worker's hello and return the peer's, or None if it is not a worker."""
    try:
        connection.settimeout(HANDSHAKE_TIMEOUT)
        connection.sendall(json.dumps(hello).encode() + b"\n")
        with connection.makefile("rb") as stream:
            received = json.loads(stream.readline(MAX_HELLO_BYTES))
    except (OSError, ValueError):
        return None
    valid = isinstance(received, dict) and isinstance(received.get("rank"), int)
    return received if valid else None


def _listen(cluster: Cluster) -> socket.socket:
    address = cluster.hosts[cluster.rank]
    try:
        return socket.create_server(("", int(address.rpartition(":")[2])), backlog=128)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise UserError(f"cannot listen at {address}: {error.strerror or error}") from error
        raise UserError(
            f"the address {address} of rank {cluster.rank} is in use: "
            "was the same rank given to two workers?"
        ) from None
