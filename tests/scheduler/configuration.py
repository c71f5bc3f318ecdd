"""What the tests of the configuration share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scheduler.config import load
from scheduler.errors import ConfigurationError

Write = Callable[[str], Path]


def problems(path: Path | None = None, environ: dict[str, str] | None = None) -> list[str]:
    """Everything that is wrong with a configuration, as people read it."""
    with pytest.raises(ConfigurationError) as caught:
        load(path, environ or {})
    return [str(problem) for problem in caught.value.problems]


def only_problem(path: Path | None = None, environ: dict[str, str] | None = None) -> str:
    """The one thing that is wrong; a second one is a mistake of ours."""
    found = problems(path, environ)
    assert len(found) == 1, found
    return found[0]
