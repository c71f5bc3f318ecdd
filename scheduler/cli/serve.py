"""`enspired serve`."""

from typing import TYPE_CHECKING

import click

from scheduler.cli.command import Command
from scheduler.cli.databases import database_file
from scheduler.cli.invocation import Invocation, current, local_url
from scheduler.cli.listening import listening
from scheduler.cli.output import Output
from scheduler.cli.preparing import ending_quietly, first_admin_link, owned, prepared
from scheduler.cli.version import program_version
from scheduler.clock import utcnow
from scheduler.config import Config

if TYPE_CHECKING:
    import socket

    from scheduler.store.database import Database


@click.command(cls=Command)
@click.option("--host", metavar="ADDRESS", help="Where to listen; 0.0.0.0 is every address of this machine.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="NUMBER", help="The port to listen on.")
def command(host: str | None, port: int | None) -> None:
    """Run the service: pages, feeds, API, reminders and mails, in one process.

    It stops on Ctrl-C or SIGTERM within ten seconds, and goes on where it was at the next start.
    """
    invocation = current()
    config = invocation.config(listen_options(host, port))
    with ending_quietly(), listening(config.server) as opened, owned(config, "enspired serve"):

        async def work(database: "Database") -> str | None:
            return await database.write(lambda conn: first_admin_link(conn, config=config, now=utcnow()))

        link = prepared(config, work)
        announce(invocation.output, config)
        if invocation.as_json:
            invocation.output.line({"url": config.server.public_url, "version": program_version()})
        if link:
            invocation.output.say(boxed(_setup_lines(config, link)))
        start(config, opened, invocation)


def start(config: Config, listening: "socket.socket", invocation: Invocation, *, quiet: bool = False) -> None:
    """Serves until it is asked to stop. The service itself is loaded here: a busy port is said before that."""
    from scheduler.cli.serving import run

    run(config, listening, invocation, quiet=quiet)


def listen_options(host: str | None, port: int | None) -> dict[str, object]:
    """What was given of host and port, as options of the configuration."""
    given = {"server.host": host, "server.port": port}
    return {key: value for key, value in given.items() if value is not None}


def announce(output: Output, config: Config) -> None:
    """Says on stderr what is about to run."""
    server = config.server
    lines = [f"enspired {program_version()}", f"  Address   {server.public_url}"]
    if server.public_url != local_url(server.host, server.port):
        lines.append(f"  Listens   {server.host}, port {server.port}")
    lines.append(f"  Database  {database_text(config)}")
    lines.append(f"  Mail      {mail_text(config)}")
    if server.workers > 1:
        lines.append(f"  Workers   {server.workers}")
    output.say("\n".join(lines))


def database_text(config: Config) -> str:
    """Which database, without its password."""
    if config.database.is_sqlite:
        return f"SQLite, {database_file(config)}"
    return f"PostgreSQL, {config.shown()['database']['url']}"


def mail_text(config: Config) -> str:
    """What becomes of mails."""
    mail = config.mail
    if mail.transport == "folder":
        return f"written into {mail.folder}; nothing is sent"
    return f"sent through {mail.host}, port {mail.port} ({mail.security})"


def boxed(lines: list[str]) -> str:
    """Lines in a frame that stands out in a log."""
    width = max(len(line) for line in lines)
    middle = [f"│ {line.ljust(width)} │" for line in lines]
    return "\n".join([f"╭{'─' * (width + 2)}╮", *middle, f"╰{'─' * (width + 2)}╯"])


def _setup_lines(config: Config, link: str) -> list[str]:
    address = config.operator.contact or "admin@localhost"
    return [
        "Nobody administers this service yet. To sign in as its first admin, open",
        f"(once, within {config.security.sign_in_minutes} minutes):",
        "",
        link,
        "",
        f"Another link: enspired people sign-in-link {address}",
    ]
