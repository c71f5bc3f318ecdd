"""What was asked for around the command itself: which configuration, whose data, how to print."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scheduler.cli.output import Output

if TYPE_CHECKING:
    from scheduler.config import Config

DATABASE_FILE = "enspired.sqlite3"


class Invocation:
    """One run of the command. The options may stand before or after the subcommand; the last one counts."""

    def __init__(self) -> None:
        self.config_file: Path | None = None
        self.data: Path | None = None
        self.as_json = False
        self.debug = False

    @property
    def output(self) -> Output:
        """Where this run prints."""
        return Output(as_json=self.as_json)

    def config(self, options: Mapping[str, Any] | None = None) -> "Config":
        """The configuration under these options (`server.port` -> value). Raises ConfigurationError.

        An address that nobody configured follows the port, so that every link on a page leads to this service.
        """
        from msgspec.structs import replace

        from scheduler.config import load

        given = {**self._data_options(), **(options or {})}
        config = load(self.config_file, options=given)
        if config.sources["server.public_url"] == "default":
            server = replace(config.server, public_url=local_url(config.server.host, config.server.port))
            config = replace(config, server=server)
        return config

    def _data_options(self) -> dict[str, Any]:
        if self.data is None:
            return {}
        folder = self.data.absolute()
        return {"database.url": f"sqlite:///{folder / DATABASE_FILE}", "mail.folder": str(folder / "mail")}


def local_url(host: str, port: int) -> str:
    """The address of a service on this machine; one that listens everywhere is reached at 127.0.0.1."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104 # not listened on
    return f"http://[{name}]:{port}" if ":" in name and "[" not in name else f"http://{name}:{port}"


def current() -> Invocation:
    """The invocation that the running command belongs to."""
    found = click.get_current_context().find_root().ensure_object(Invocation)
    if not isinstance(found, Invocation):
        raise TypeError(type(found))
    return found
