"""One class an outcome, each with the HTTP status it means and a stable code."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct


class FeedError(Exception):
    """The family: something a calendar client or a calendar's author has to hear about."""

    status = 500
    code = "feed-error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidRule(FeedError):
    """A recurrence rule that is malformed, endless, or costs more than its budget; `example` is a right one."""

    status = 400
    code = "invalid-rule"

    def __init__(self, detail: str, example: str = "FREQ=WEEKLY;BYDAY=TU;COUNT=6") -> None:
        super().__init__(detail)
        self.example = example


class InvalidCalendar(FeedError):
    """Bytes that are no iCalendar at all; the detail says what they look like, `line` where that shows (from 1)."""

    status = 400
    code = "invalid-calendar"

    def __init__(self, detail: str, line: int = 1) -> None:
        super().__init__(detail)
        self.line = line


class TooLarge(FeedError):
    """A calendar that goes beyond a limit; `line` is where (from 1), 0 for the whole."""

    status = 413
    code = "too-large"

    def __init__(self, detail: str, line: int = 0) -> None:
        super().__init__(detail)
        self.line = line


class UnknownZone(FeedError):
    """A time zone identifier that no table knows."""

    status = 400
    code = "unknown-zone"


class NotThere(FeedError):
    """No such feed, entry or collection."""

    status = 404
    code = "not-found"


class Gone(FeedError):
    """A subscription that was revoked."""

    status = 410
    code = "gone"


class QueryFault(Struct, frozen=True):
    """One thing wrong with a query string: `pointer` is `/` and the parameter's name, `""` the whole of it.

    `detail` says what is wrong and what may have been meant, `example` is a right value, None where there is none.
    """

    pointer: str
    detail: str
    example: Any = None
    code: str = "invalid"


class InvalidQuery(FeedError):
    """Filters or options that do not exist or hold; all of them are in `faults`, the detail says the same in words."""

    status = 400
    code = "invalid-query"

    def __init__(self, detail: str, faults: Sequence[QueryFault] = ()) -> None:
        super().__init__(detail)
        self.faults = tuple(faults) or (QueryFault("", detail),)


class Unavailable(FeedError):
    """The store cannot answer now; clients keep what they have and come again after `retry_after` seconds."""

    status = 503
    code = "unavailable"

    def __init__(self, detail: str, retry_after: int = 120) -> None:
        super().__init__(detail)
        self.retry_after = retry_after
