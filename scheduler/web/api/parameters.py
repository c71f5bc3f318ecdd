"""Parameters, headers and the problem document, as the API's description tells of them."""

from typing import Any

from scheduler.web.api.reading import MOST, USUAL
from scheduler.web.api.schemas import Schema, reference

_TEXT: Schema = {"type": "string"}
_FACET = "Keys of the vocabulary; commas or repetition give alternatives."
_QUERY: dict[str, tuple[str, Schema, Any]] = {
    "programme": (_FACET, _TEXT, "enspired"),
    "kind": (_FACET, _TEXT, "workshop,webinar"),
    "country": ("Country codes (ISO 3166-1 alpha-2); commas or repetition give alternatives.", _TEXT, "KE"),
    "institution": ("Keys of institutions; commas or repetition give alternatives.", _TEXT, "vives"),
    "level": (_FACET, _TEXT, "primary"),
    "area": (_FACET, _TEXT, "initial-teacher-education"),
    "audience": (_FACET, _TEXT, "student-teacher"),
    "theme": (_FACET, _TEXT, "gender"),
    "language": ("Working languages (BCP 47), also those interpreted into.", _TEXT, "nl"),
    "format": ("`on-site`, `online` or `hybrid`.", _TEXT, "online"),
    "from": ("The first day, on UTC's calendar.", {"type": "string", "format": "date"}, "2027-03-01"),
    "to": ("The last day, inclusive.", {"type": "string", "format": "date"}, "2027-06-30"),
    "q": ("Words in titles and summaries, in any language.", {"type": "string", "maxLength": 200}, "climate"),
    "limit": ("How many at most.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}, USUAL),
    "cursor": ("Where the page before ended: take it from `next` or the `Link` header.", _TEXT, None),
    "since": ("The counter you got last: `since` of a list, or `next_since`.", {"type": "integer", "minimum": 0}, 0),
    "dry_run": (
        "1 rehearses: the same checks and answer, and the mails that would go out; nothing is kept.",
        _TEXT,
        "1",
    ),
}
_SENT: dict[str, tuple[str, Any]] = {
    "If-None-Match": ("The ETag you have: answered with 304 while it is the newest.", '"3"'),
    "If-Match": ("The ETag you read: the write is refused with 412 when somebody changed it meanwhile.", '"3"'),
    "Idempotency-Key": (
        "Any text of your own: the same request under the same key is done once and answered alike, for a day.",
        "2027-03-16-guest-lecture-1",
    ),
}
_PATH = {
    "event_id": ("The event's id.", "01hzy3v8q4c7k2m9n5p6r8s1t0"),
    "registration_id": ("The registration's id.", "01hzy3v8q4c7k2m9n5p6r8s1t1"),
    "message_id": ("The mail’s id in the ledger.", "01hzy3v8q4c7k2m9n5p6r8s1t3"),
    "source": ("The system that your key comes from.", "sis"),
    "external": ("Your own key in that system.", "2027-0316"),
    "key": ("The institution's key.", "vives"),
    "subscription_id": ("The subscription's id.", "01hzy3v8q4c7k2m9n5p6r8s1t2"),
    "prefix": ("The key's prefix or id.", "df8c4151"),
}
HEADERS: dict[str, Schema] = {
    "ETag": {"description": "The version; send it back as If-Match or If-None-Match.", "schema": _TEXT},
    "Location": {"description": "The address of what was made.", "schema": {"type": "string", "format": "uri"}},
    "Link": {"description": 'The next page, as `rel="next"` (RFC 8288).', "schema": _TEXT},
    "Idempotent-Replayed": {"description": "`true` when this answer was given before.", "schema": _TEXT},
    "X-Dry-Run": {"description": "`true` when nothing was kept.", "schema": _TEXT},
}
"""Headers of answers."""

PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457). Programs look at `code`; `detail` is for people.",
    "properties": {
        "type": {"type": "string", "description": "The address of the page that explains the code."},
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": _TEXT,
        "detail": _TEXT,
        "errors": {"type": "array", "items": reference("Fault"), "description": "Every fault of the input."},
        "trace_id": {"type": "string", "description": "Where it stands in the service's log."},
        "current_revision": {"type": "integer", "description": "With 412: the version now."},
        "current": {"type": "object", "description": "With 412: what it looks like now."},
        "differences": {
            "type": "array",
            "items": reference("Difference"),
            "description": "With 412: where it differs from what you sent.",
        },
        "start_over": {"type": "string", "description": "With 410: the list to read again."},
    },
    "required": ["type", "title", "status", "code", "detail"],
}


def named(name: str) -> Schema:
    """A query parameter or a request header."""
    if name in _SENT:
        description, example = _SENT[name]
        return {"name": name, "in": "header", "required": False, "description": description, "schema": _TEXT,
                "example": example}  # fmt: skip
    description, schema, example = _QUERY[name]
    shown: Schema = {"name": name, "in": "query", "required": False, "description": description, "schema": schema}
    return shown if example is None else {**shown, "example": example}


def in_path(name: str) -> Schema:
    """A parameter in the path."""
    description, example = _PATH.get(name, ("", "..."))
    return {"name": name, "in": "path", "required": True, "description": description, "schema": _TEXT,
            "example": example}  # fmt: skip
