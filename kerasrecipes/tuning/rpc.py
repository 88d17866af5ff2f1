"""Workers on other machines, over keras-tuner's own gRPC service.

What travels is keras-tuner's messages of names, numbers and texts; nothing that is received is run.
A worker trains only the recipe that it was started with, and writes only below its own folder of
runs.
"""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasrecipes.errors import UserError
from kerasrecipes.strategies.cluster import Cluster
from kerasrecipes.tuning import oracles

PATIENCE = 60.0  # seconds to wait for a chief that is not there yet
ABSENCE = 120.0  # seconds in which a chief that died may be started again with --resume
_VARIABLES = ("KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT")


@dataclass(frozen=True)
class Role:
    """What this process is in a search on several machines.

    Args:
        chief: whether it hands trials out; else it joins.
        address: `host:port` of the chief.
        trains: whether a chief trains as well.
    """

    chief: bool
    address: str
    trains: bool = True


def role(chief: str | None, join: str | None, env: Mapping[str, str] | None = None) -> Role | None:
    """Return what this process is: by the address given, else by keras-tuner's variables, else by
    SLURM's.

    Args:
        chief: the address that was given as `--chief`.
        join: the address that was given as `--join`.
        env: environment variables; by default this process's.

    Returns:
        The role; `None` for a search on this machine alone.

    Raises:
        UserError: if an address is malformed, or the variables make no sense.
    """
    env = os.environ if env is None else env
    if chief and join:
        raise UserError("a process is the chief or joins one; give --chief or --join, not both")
    if chief:
        return Role(True, _address(chief, "--chief"))
    if join:
        return Role(False, _address(join, "--join"))
    if "KERASTUNER_ORACLE_IP" in env:
        missing = [name for name in _VARIABLES if not env.get(name)]
        if missing:
            raise UserError(f"KERASTUNER_ORACLE_IP is set but {missing[0]} is not")
        tuner, host, port = (env[name] for name in _VARIABLES)
        address = _address(f"{host}:{port}", "KERASTUNER_ORACLE_IP and _PORT")
        return Role("chief" in tuner, address, trains=False)
    if "SLURM_PROCID" in env:
        slurm = {name: value for name, value in env.items() if name.startswith("SLURM_")}
        cluster = Cluster.find(env=slurm)
        return Role(cluster.rank == 0, cluster.hosts[0]) if cluster else None
    return None


def _address(text: str, what: str) -> str:
    match = re.fullmatch(r"(\S+):(\d{1,5})", text)
    if not match or not 0 < int(match.group(2)) < 65536:
        raise UserError(f"{what} {text}: expected host:port, such as node1:8000")
    return text


@contextmanager
def serve(scheduler: Any, address: str) -> Iterator[None]:
    """Answer workers of other machines in the meantime.

    Args:
        scheduler: that answers.
        address: `host:port` to listen at.

    Raises:
        UserError: if the port is taken, or the host is not this machine.
    """
    import grpc

    # Without this option two chiefs could listen at one port, and each would get a part of the
    # calls.
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=16), options=[("grpc.so_reuseport", 0)]
    )
    oracles.add_to_server(scheduler, server)
    try:
        if not server.add_insecure_port(address):
            raise RuntimeError
    except RuntimeError as error:
        raise UserError(
            f"cannot listen at {address}; is the port in use, or the host another machine?"
        ) from error
    server.start()
    try:
        yield
    finally:
        server.stop(grace=2).wait()


def refuse_taken(address: str) -> None:
    """Refuse an address at which this machine cannot listen, before anything is prepared.

    Raises:
        UserError: if the port is taken, or the host is not this machine.
    """
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        with socket.create_server((host.strip("[]"), int(port)), family=family):
            pass
    except OSError as error:
        raise UserError(f"cannot listen at {address}: {error.strerror or error}") from error


def connect(address: str, worker: str, patience: float = PATIENCE) -> Any:
    """Connect to the scheduler on another machine.

    Args:
        address: `host:port` of the chief.
        worker: the name of this worker.
        patience: seconds to wait for the chief.

    Returns:
        keras-tuner's client, which has an oracle's methods.

    Raises:
        UserError: if nobody answers there.
    """
    import grpc

    channel = grpc.insecure_channel(address)
    try:
        grpc.channel_ready_future(channel).result(timeout=patience)
    except grpc.FutureTimeoutError as error:
        raise UserError(
            f"nobody answers at {address} after {patience:.0f} s; "
            f"start the chief with --chief {address}"
        ) from error
    finally:
        channel.close()
    host, _, port = address.rpartition(":")
    before = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.update(zip(_VARIABLES, (worker, host, port), strict=True))
    try:
        return oracles.client(ABSENCE)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def handshake(client: Any, recipe: str, address: str) -> tuple[Path, str]:
    """Ask the chief what is searched.

    Args:
        client: of `connect`.
        recipe: that this machine would train, a name or a file.
        address: of the chief, for errors.

    Returns:
        The name of the folder to work under, and the token that is in the search's file there.

    Raises:
        UserError: if the address is not that of a chief of `tune`, or it searches with another
            recipe.
    """
    import grpc

    try:
        hello = json.loads(client.get_space().values["kerasrecipes/plan"])
    except grpc.RpcError as error:
        raise UserError(
            f"what answers at {address} is not the chief of a search: {error.code().name}"
        ) from error
    except (KeyError, ValueError) as error:
        raise UserError(f"the chief at {address} is not one of 'kerasrecipes tune'") from error
    searched, folder = Path(str(hello["recipe"])).stem, str(hello["folder"])
    if searched != Path(recipe).stem:
        raise UserError(f"the chief at {address} tunes '{searched}', not '{Path(recipe).stem}'")
    # The name comes from another machine; it must not lead out of the folder of runs.
    if not re.fullmatch(r"tuning-[\w-]+", folder):
        raise UserError(f"the chief at {address} names a folder that is not a search's: '{folder}'")
    return Path(folder), str(hello.get("token"))
