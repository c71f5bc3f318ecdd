"""The port, taken before anything is written: a busy one is one clear sentence."""

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from scheduler.cli.failure import CommandFailed
from scheduler.config import Server

BACKLOG = 2048


@contextmanager
def listening(server: Server) -> Iterator[socket.socket]:
    """A socket that listens on the configured host and port. Raises CommandFailed with what to do."""
    opened = _opened(server)
    try:
        yield opened
    finally:
        opened.close()


def _opened(server: Server) -> socket.socket:
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise CommandFailed(
            f"“{server.host}” is no address of this machine.", "choose another one, e.g. --host 127.0.0.1"
        ) from None
    family, kind, protocol, _, place = found[0]
    opened = socket.socket(family, kind, protocol)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(place)
        # At once: until somebody listens, a second process could bind the same port.
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        raise _refusal(error, server) from None
    opened.setblocking(False)
    return opened


def _refusal(error: OSError, server: Server) -> CommandFailed:
    where = f"port {server.port} on {server.host}"
    if error.errno == errno.EADDRINUSE:
        other = server.port + 1 if server.port < 65535 else server.port - 1
        return CommandFailed(
            f"P{where[1:]} is in use by another program. Nothing was changed.",
            f"stop that program, or choose another port: --port {other}",
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return CommandFailed(f"This user may not listen on {where}.", "choose a port above 1023: --port 8000")
    return CommandFailed(f"Cannot listen on {where}: {error.strerror}.", "choose another address with --host")
