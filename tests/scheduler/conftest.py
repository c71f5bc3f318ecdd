"""What the tests of the service may ask for."""

import shutil
from pathlib import Path

import pytest

from tests.certificates import self_signed
from tests.scheduler.configuration import Write


@pytest.fixture
def write_config(tmp_path: Path) -> Write:
    """Writes a config file into this test's folder and gives its path."""

    def written(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a self-signed certificate for localhost, made now."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl program here to make a certificate with")
    return self_signed(tmp_path_factory.mktemp("tls") / "both.pem")
