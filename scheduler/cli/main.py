"""`enspired`: the entry point. Subcommands are loaded when they run, so that help is there at once."""

import click

from scheduler import clock
from scheduler.cli.command import LazyGroup

COMMANDS = {
    "serve": ("scheduler.cli.serve", "Run the service."),
    "demo": ("scheduler.cli.demo", "Try it: fill an empty folder with a plausible programme, and serve it."),
    "config": ("scheduler.cli.configuration", "Check and show the configuration."),
    "doctor": ("scheduler.cli.doctor", "Check everything the service depends on; each finding comes with a fix."),
    "migrate": ("scheduler.cli.migrate", "Bring the database to the newest schema."),
    "backup": ("scheduler.cli.backup", "Write everything into one verified file, also while the service runs."),
    "restore": ("scheduler.cli.restore", "Bring a backup back into an empty database; nobody is mailed twice."),
    "keys": ("scheduler.cli.keys", "API keys for programs: create, list, revoke."),
    "people": ("scheduler.cli.people", "Who may sign in: add, list, make a sign-in link."),
    "events": ("scheduler.cli.events", "Events: list, add, publish, cancel."),
    "registrations": ("scheduler.cli.registrations", "Who registered for an event."),
    "feeds": ("scheduler.cli.feeds", "Calendar feeds: judge any, list those that were given out."),
    "mail": ("scheduler.cli.mail", "Mails: what waits, how they look, try again."),
    "version": ("scheduler.cli.version", "What runs here: program, Python, time zones, database."),
}
"""Subcommand -> the module whose `command` it is, and its help in one line."""


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 failed, 2 wrongly typed, "
    "3 a check found problems.",
)
def cli() -> None:
    """Schedules education events across countries and keeps everybody's calendar right."""
    clock.use_packaged_tzdata()


def main() -> None:
    """The `enspired` command."""
    cli.main(prog_name="enspired")


if __name__ == "__main__":
    main()
