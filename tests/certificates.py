"""Certificates for servers on this machine."""

import subprocess
from pathlib import Path


def self_signed(file: Path, *, days: int = 2) -> Path:
    """A key and a self-signed certificate for localhost, made now; the certificate alone beside it (.crt).

    Raises FileNotFoundError where there is no openssl program.
    """
    subprocess.run(
        f"openssl req -x509 -newkey rsa:2048 -nodes -days {days} -subj /CN=localhost "
        f"-addext subjectAltName=DNS:localhost -keyout {file} -out {file.with_suffix('.crt')}".split(),
        check=True,
        capture_output=True,
    )
    file.write_text(file.read_text() + file.with_suffix(".crt").read_text())
    return file
