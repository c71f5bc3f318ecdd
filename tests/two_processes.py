"""How pytest-xdist shares the tests out: a file is never split, because some play a story once for all their tests.

The proofs are one group, since all their plays begin together (`tests/proofs/side_by_side.py`); they take longest
and mostly wait, so they are first.
"""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the proofs first, and name the group of every test."""
    items.sort(key=lambda item: not _is_proof(item))
    for item in items:
        item.add_marker(pytest.mark.xdist_group("proofs" if _is_proof(item) else item.location[0]))


def _is_proof(item: pytest.Item) -> bool:
    return item.path.parent.name == "proofs"
