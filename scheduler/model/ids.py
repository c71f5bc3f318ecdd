"""Identifiers: sortable by time, unguessable enough to be public, never derived from content."""

import secrets
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS = 10
_RANDOM_DIGITS = 16


def new_id(now: datetime) -> str:
    """A ULID in lower case: 48 bits of milliseconds, 80 random bits, 26 characters of Crockford's base 32."""
    return _digits(int(now.timestamp() * 1000), _TIME_DIGITS) + _digits(secrets.randbits(80), _RANDOM_DIGITS)


def first_id(instant: datetime) -> str:
    """The lowest id that can be made in the millisecond of an instant: every id made before it sorts below."""
    return _digits(int(instant.timestamp() * 1000), _TIME_DIGITS) + _ALPHABET[0] * _RANDOM_DIGITS


def _digits(value: int, length: int) -> str:
    return "".join(_ALPHABET[value >> (5 * place) & 31] for place in reversed(range(length)))
