"""The CRC-32 of joined pieces from those of the pieces: nothing is read again (RFC 1952 section 8).

Appending n octets multiplies a CRC by x to the power of 8n, in polynomials over GF(2) modulo the CRC's own.
"""

from functools import lru_cache

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
_EIGHT_BITS = 1 << 23
"""x to the power of 8; the highest bit is the lowest power."""


def joined(first: int, second: int, length: int) -> int:
    """The CRC-32 of two pieces in a row; `length` is that of the second, in octets."""
    return _product(_power(length), first) ^ second


@lru_cache(maxsize=8192)
def _power(octets: int) -> int:
    found, square = _ONE, _EIGHT_BITS
    while octets:
        if octets & 1:
            found = _product(square, found)
        square = _square(square)
        octets >>= 1
    return found


@lru_cache(maxsize=64)
def _square(value: int) -> int:
    return _product(value, value)


def _product(one: int, other: int) -> int:
    bit, found = _ONE, 0
    while one:
        if one & bit:
            found ^= other
            one ^= bit
        bit >>= 1
        other = (other >> 1) ^ _POLYNOMIAL if other & 1 else other >> 1
    return found
