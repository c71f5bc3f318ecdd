"""Runs uvicorn around the application, and stops it gracefully."""

import asyncio
import gc
import ipaddress
import os
import signal
import socket
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

import structlog
import uvicorn
from uvicorn.supervisors import Multiprocess

from scheduler.app import create_app
from scheduler.cli.at_once import AtOnce
from scheduler.cli.failure import CommandFailed
from scheduler.cli.invocation import Invocation
from scheduler.cli.logs import log_to_stderr
from scheduler.clock import use_packaged_tzdata
from scheduler.config import Config

if TYPE_CHECKING:
    from feeds.publish import Application

CONNECTION_SECONDS = 3
STOP_SECONDS = 6.0
"""Open requests get the first, everything together (mails on their way too) the second; then what is left is dropped.

A mail that was dropped is sent again at the next start.
"""


class Server(uvicorn.Server):
    """uvicorn with a deadline for its whole shutdown."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen. What stays for good is not looked through again for garbage: that stops all for 0.1 s."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Lets requests and mails under way finish, for at most STOP_SECONDS."""
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await super().shutdown(sockets)
        except TimeoutError:
            structlog.get_logger().warning("stop.cut_short", seconds=STOP_SECONDS)


def run(config: Config, listening: socket.socket, invocation: Invocation, *, quiet: bool = False) -> None:
    """Serves until SIGTERM or Ctrl-C; `quiet` logs only what is wrong. Raises CommandFailed when it cannot start."""
    log_to_stderr(debug=invocation.debug, quiet=quiet)
    if config.server.workers > 1:
        _run_workers(config, listening, invocation)
        return
    server = Server(uvicorn.Config(cast("Any", create_app(config)), **_settings(config)))

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn takes these over while it serves and raises them again at its end: stopping is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        server.run(sockets=[listening])
    except SystemExit:
        raise CommandFailed("The service could not start.", "enspired doctor, or run it again with --debug") from None


def worker() -> "Application":
    """The application of one worker process, which finds its configuration in the environment."""
    use_packaged_tzdata()
    log_to_stderr(debug=False)
    invocation = Invocation()
    if file := os.environ.get("ENSPIRED_CONFIG"):
        invocation.config_file = Path(file)
    return create_app(invocation.config())


def _run_workers(config: Config, listening: socket.socket, invocation: Invocation) -> None:
    """Several processes on one socket, each with its own jobs; PostgreSQL keeps them from doing things twice."""
    if invocation.config_file:
        os.environ["ENSPIRED_CONFIG"] = str(invocation.config_file.absolute())
    for section, name in (("server", "host"), ("server", "port"), ("server", "public_url")):
        os.environ[f"ENSPIRED_{section}__{name}".upper()] = str(getattr(getattr(config, section), name))
    settings = _settings(config) | {"factory": True, "workers": config.server.workers}
    Multiprocess(uvicorn.Config("scheduler.cli.serving:worker", **settings), sockets=[listening]).run()


def _settings(config: Config) -> dict[str, Any]:
    trusted = [str(ipaddress.ip_network(proxy, strict=False)) for proxy in config.server.trusted_proxies]
    return {
        "loop": "uvloop",
        "http": AtOnce,
        "ws": "none",
        "lifespan": "on",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": bool(trusted),
        "forwarded_allow_ips": trusted,
        "timeout_graceful_shutdown": CONNECTION_SECONDS,
    }
