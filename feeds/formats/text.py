"""Texts and addresses as all these shapes write them: nothing that breaks a line, a parser or a reader's trust."""

from urllib.parse import urlsplit

from feeds.lines import clean, uri

# XML 1.0 has no place for these two, and no text needs them (section 2.2).
_NO_CHARACTERS: dict[int, None] = {0xFFFE: None, 0xFFFF: None}
_WEB = frozenset({"http", "https"})
_RUNS_CODE = frozenset({"javascript", "data", "vbscript", "file", "blob"})


def plain(value: str) -> str:
    """The text with line ends as \\n and no control characters but tabs; half a surrogate pair becomes a ?."""
    return clean(value).translate(_NO_CHARACTERS).encode("utf-8", "replace").decode()


def one_line(value: str, joint: str = " ") -> str:
    """`plain` on one line: line ends become `joint`, tabs spaces."""
    lines = plain(value).replace("\t", " ").split("\n")
    return joint.join(part.strip() for part in lines if part.strip())


def web_address(value: str) -> str:
    """An http or https address with nothing in it that may not stand in a URI (RFC 3986); "" for any other."""
    return _address(value) if _scheme(value) in _WEB else ""


def joining_address(value: str) -> str:
    """The address of a call: http, tel, an app's own scheme; "" without a scheme or where a click would run code."""
    scheme = _scheme(value)
    return _address(value) if scheme and scheme not in _RUNS_CODE else ""


def _address(value: str) -> str:
    return uri(plain(value))


def _scheme(value: str) -> str:
    try:
        return urlsplit(_address(value)).scheme
    except ValueError:
        return ""
