"""The options that say how far a role reaches."""

from collections.abc import Callable
from typing import Any, TypeVar, get_args

import click

from scheduler.model.person import GivenRole

ROLES = get_args(GivenRole)
"""viewer, host, organiser, admin."""

F = TypeVar("F", bound=Callable[..., Any])


def granted(function: F) -> F:
    """Adds --programme and --institution, each of which may be repeated."""
    institution = click.option(
        "--institution", "institutions", metavar="KEY", multiple=True, help="An institution it reaches; repeatable."
    )
    programme = click.option(
        "--programme", "programmes", metavar="KEY", multiple=True, help="A programme it reaches; repeatable."
    )
    return programme(institution(function))
