"""One class an outcome, each with a stable code. How an outcome travels (HTTP, exit code) is decided above."""

from typing import Any, ClassVar

from msgspec import Struct


class Fault(Struct, frozen=True):
    """One thing wrong with an input.

    `pointer` is a JSON Pointer (RFC 6901) into the input, `""` the whole of it; `example` shows a right value.
    """

    pointer: str
    detail: str
    example: Any = None
    code: str = "invalid"


class Problem(Struct, frozen=True):
    """One thing wrong with the configuration: dotted `key`, `place` (a file or an environment variable)."""

    key: str
    detail: str
    place: str = ""
    example: str = ""

    def __str__(self) -> str:
        """One line to print: place, key, what is wrong, what is right."""
        where = ": ".join(part for part in (self.place, self.key) if part)
        example = f" For example: {self.example}" if self.example else ""
        return f"{where}: {self.detail}{example}"


class ServiceError(Exception):
    """The family: an outcome that a person has to hear about. `detail` is a sentence in plain words."""

    code: ClassVar[str] = "service-error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class NotFound(ServiceError):
    """There is no such thing, or not for this reader: both read the same."""

    code = "not-found"


class Gone(ServiceError):
    """It was here and is not any more: a revoked subscription, a counter older than what is kept."""

    code = "gone"


class Unauthenticated(ServiceError):
    """No key, session or link, or one that does not hold."""

    code = "unauthenticated"


class Forbidden(ServiceError):
    """Known, but not allowed to do this."""

    code = "forbidden"


class Conflict(ServiceError):
    """It does not go together with what is there already: a taken external id, a second cancellation."""

    code = "conflict"


class Stale(ServiceError):
    """The writer saw an older version.

    `current` is the version now, `representation` what it looks like, `differences` where it differs from what the
    writer wanted (`scheduler.model.differences`).
    """

    code = "stale"

    def __init__(
        self, detail: str, *, current: int, representation: Any = None, differences: tuple[Any, ...] = ()
    ) -> None:
        super().__init__(detail)
        self.current = current
        self.representation = representation
        self.differences = differences


class PreconditionRequired(ServiceError):
    """A write that must name the version it was made from did not."""

    code = "precondition-required"


class Invalid(ServiceError):
    """The input has faults; all of them are in `faults`, in the order of the input."""

    code = "invalid"

    def __init__(self, faults: tuple[Fault, ...], detail: str = "") -> None:
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        super().__init__(detail or f"The input has {count}; nothing was changed.")
        self.faults = faults


class Full(ServiceError):
    """No seat is left and there is no waiting list."""

    code = "full"


class Closed(ServiceError):
    """Registration is not open: before its window, after it, or none is taken."""

    code = "closed"


class TooManyRequests(ServiceError):
    """Asked too often; `retry_after` is in seconds."""

    code = "too-many-requests"

    def __init__(self, detail: str, *, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Unavailable(ServiceError):
    """The database is locked, full or away; nothing was changed. `retry_after` is in seconds."""

    code = "unavailable"

    def __init__(self, detail: str, *, retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class ConfigurationError(ServiceError):
    """The configuration cannot be used; `problems` lists everything that is wrong with it, at once."""

    code = "configuration"

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
