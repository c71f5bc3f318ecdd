"""Random secrets, shown once and kept as hashes."""

import hashlib
import secrets

PREFIX_LENGTH = 8


def new_secret(kind: str) -> tuple[str, str, str]:
    """A new secret of 256 random bits as (secret, prefix, SHA-256 hash): `enspired_key_3fa8c1d2_...`.

    The prefix names the secret in lists and logs; it gives nothing away.
    """
    prefix = secrets.token_hex(PREFIX_LENGTH // 2)
    secret = f"enspired_{kind}_{prefix}_{secrets.token_urlsafe(32)}"
    return secret, prefix, hashed(secret)


def new_token() -> str:
    """A random token of 256 bits for a link or a cookie."""
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> str:
    """The SHA-256 hash, in hex: what is stored. Slow hashes are for words people choose, not for 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()
