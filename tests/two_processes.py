"""How pytest-xdist shares the tests out: a file is never split, because some play a story once for all their tests.

The proofs are one group, since all their plays begin together (`tests/proofs/side_by_side.py`); they take longest
and mostly wait, so they are first.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

PROOFS = "tests/proofs/"


class ProofsTogether(LoadFileScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """Whole files, and all proofs as if they were one."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return PROOFS if file.startswith(PROOFS) else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ProofsTogether:
    """Named by pytest-xdist: who shares the tests out."""
    return ProofsTogether(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the proofs first."""
    items.sort(key=lambda item: not item.nodeid.startswith(PROOFS))
