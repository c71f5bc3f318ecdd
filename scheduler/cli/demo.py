"""`enspired demo`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scheduler import demo_fill
from scheduler.cli.command import Command
from scheduler.cli.databases import uid_domain
from scheduler.cli.invocation import Invocation, current
from scheduler.cli.listening import listening
from scheduler.cli.preparing import console_link, ending_quietly, owned, prepared
from scheduler.cli.progress import progress_bar
from scheduler.cli.serve import announce, listen_options, start
from scheduler.clock import utcnow
from scheduler.config import Config
from scheduler.model.links import Links

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from scheduler.store.database import Database

HEADINGS = {
    "url": "Agenda",
    "feed": "A feed",
    "console": "Console",
    "mail_dir": "Mails",
    "api_key": "API key (organiser)",
}


@click.command(cls=Command)
@click.option("--host", metavar="ADDRESS", help="Where to listen.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="NUMBER", help="The port to listen on.")
def command(host: str | None, port: int | None) -> None:
    """Try it: fill an empty folder with a plausible programme, and serve it.

    The folder is ./demo-data unless --data names another. Started again, it goes on with what is there and makes a
    fresh API key. With --json the first line on stdout is an object with url, api_key, feed, console and mail_dir.
    """
    invocation = current()
    invocation.data = invocation.data or Path("demo-data")
    config = invocation.config(listen_options(host, port))
    with ending_quietly(), listening(config.server) as opened, owned(config, "enspired demo"):
        facts = prepared(config, lambda database: _fill(database, config, invocation))
        announce(invocation.output, config)
        if invocation.as_json:
            invocation.output.line(facts)
        else:
            invocation.output.facts(facts, HEADINGS)
        start(config, opened, invocation, quiet=True)


async def _fill(database: "Database", config: Config, invocation: Invocation) -> dict[str, Any]:
    with progress_bar("Filling", quiet=invocation.as_json) as progress:
        now = utcnow()
        filled = await demo_fill.fill(database, config=config, domain=uid_domain(config), now=now, progress=progress)
    invocation.output.say(
        f"{filled.events} events, {filled.institutions} institutions, {filled.registrations} registrations, "
        "all invented."
    )

    def grant(conn: "Connection") -> tuple[str, str]:
        admin = demo_fill.hosts(conn, config=config, now=utcnow())
        link = console_link(conn, admin, config=config, now=utcnow())
        return link, demo_fill.fresh_key(conn, config=config, now=utcnow())

    console, key = await database.write(grant)
    links = Links(config.server.public_url, key)
    return {
        "url": config.server.public_url,
        "feed": links.feed(),
        "console": console,
        "mail_dir": config.mail.folder,
        "api_key": key,
    }
