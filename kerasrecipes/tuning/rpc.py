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
    """Find out what this process is: by what was said, else by keras-tuner's variables, else by
    SLURM's.

    Args:
        chief: the address that was given as `--chief`.
        join: the address that was given as `--join`.
        env: environment variables; by default this process's.

    Raises:
        UserError: if an address is malformed, or the variables make no sense.
    """
    env = os.environ if env is None else env
    if chief and join:
        raise UserError("a process is the chief or joins one; give --chief or --join, not both")
    if chief or join:
        return Role(bool(chief), _address(chief or join, "--chief" if chief else "--join"))
    if "KERASTUNER_ORACLE_IP" in env:
        missing = [name for name in _VARIABLES if not env.get(name)]
        if missing:
            raise UserError(f"KERASTUNER_ORACLE_IP is set but {missing[0]} is not")
        address = _address(
            f"{env[_VARIABLES[1]]}:{env[_VARIABLES[2]]}", "KERASTUNER_ORACLE_IP and _PORT"
        )
        return Role("chief" in env["KERASTUNER_TUNER_ID"], address, trains=False)
    if "SLURM_PROCID" in env:
        cluster = Cluster.find(
            env={name: value for name, value in env.items() if name.startswith("SLURM_")}
        )
        return Role(cluster.rank == 0, cluster.hosts[0]) if cluster else None
    return None


def _address(text: str, what: str) -> str:
    match = re.fullmatch(r"(\S+):(\d{1,5})", text)
    if not match or not 0 < int(match.group(2)) < 65536:
        raise UserError(f"{what} {text}: expected host:port, such as node1:8000")
    return text


@contextmanager
def serving(desk: Any, address: str) -> Iterator[None]:
    """Let workers of other machines come to the desk.

    Args:
        desk: the desk.
        address: `host:port` to listen at.

    Raises:
        UserError: if the port is taken, or the host is not this machine.
    """
    import grpc
    from keras_tuner.src import protos
    from keras_tuner.src.distribute.oracle_chief import OracleServicer

    # Without this option two chiefs could listen at one port, and each would get a part of the
    # calls.
    server = grpc.server(
        futures.ThreadPoolExecutor(max_workers=16), options=[("grpc.so_reuseport", 0)]
    )
    protos.get_service_grpc().add_OracleServicer_to_server(OracleServicer(desk), server)
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
    """Refuse an address at which nobody can listen here.

    Raises:
        UserError: if the port is taken, or the host is not this machine.
    """
    host, _, port = address.rpartition(":")
    try:
        with socket.create_server((host.strip("[]"), int(port)), family=_family(host)):
            pass
    except OSError as error:
        raise UserError(f"cannot listen at {address}: {error.strerror or error}") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if host.startswith("[") else socket.AF_INET


def connect(address: str, worker: str, patience: float = PATIENCE) -> Any:
    """Come to a desk on another machine.

    Args:
        address: `host:port` of the chief.
        worker: the name of this worker.
        patience: seconds to wait for the chief.

    Returns:
        keras-tuner's client, which speaks as an oracle does.

    Raises:
        UserError: if nobody answers there.
    """
    import grpc
    from keras_tuner.src.distribute import oracle_client

    oracle_client.TIMEOUT = ABSENCE  # An hour by default, for which workers would stand idle.
    channel = grpc.insecure_channel(address)
    try:
        grpc.channel_ready_future(channel).result(timeout=patience)
    except grpc.FutureTimeoutError as error:
        raise UserError(
            f"nobody answers at {address} after {patience:.0f} s; start the chief with --chief {address}"
        ) from error
    finally:
        channel.close()
    host, _, port = address.rpartition(":")
    before = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.update(zip(_VARIABLES, (worker, host, port), strict=True))
    try:
        return oracle_client.OracleClient(None)
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def introduced(client: Any, recipe: str, address: str) -> tuple[Path, str]:
    """Ask the chief what is searched.

    Returns:
        The name of the folder to work under, and the token that is in the search's file there.

    Raises:
        UserError: if it is no chief of ours, or searches with another recipe.
    """
    import grpc

    try:
        told = json.loads(client.get_space().values["kerasrecipes/plan"])
    except grpc.RpcError as error:
        raise UserError(
            f"what answers at {address} is no chief of a search: {error.code().name}"
        ) from error
    except (KeyError, ValueError) as error:
        raise UserError(f"the chief at {address} is not one of 'kerasrecipes tune'") from error
    if Path(str(told["recipe"])).stem != Path(recipe).stem:
        raise UserError(
            f"the chief at {address} tunes '{Path(told['recipe']).stem}', not '{Path(recipe).stem}'"
        )
    if not re.fullmatch(r"tuning-[\w-]+", str(told["folder"])):
        raise UserError(f"the chief at {address} names a folder that is none: '{told['folder']}'")
    return Path(told["folder"]), str(told.get("token"))
