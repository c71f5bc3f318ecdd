"""What the tests of the service may ask for."""

from pathlib import Path

import pytest

from tests.scheduler.configuration import Write


@pytest.fixture
def write_config(tmp_path: Path) -> Write:
    """Writes a config file into this test's folder and gives its path."""

    def written(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written
