"""The log: key=value lines on stderr, one an event, no names and no addresses in them."""

import logging
import sys

import structlog

PROCESSORS = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def log_to_stderr(*, debug: bool, quiet: bool = False) -> None:
    """Sets structlog and the standard library's logging up for a process that serves; `quiet` from warnings up."""
    level = logging.DEBUG if debug else logging.WARNING if quiet else logging.INFO
    processors: list[structlog.typing.Processor] = list(PROCESSORS)
    if sys.stderr.isatty():
        processors.append(structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback))
    else:
        order = ["timestamp", "level", "event"]
        processors += [structlog.processors.format_exc_info, structlog.processors.LogfmtRenderer(key_order=order)]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    # What fails at the start is said in a sentence; uvicorn would print its traceback first.
    logging.getLogger("uvicorn.error").setLevel(logging.INFO if debug else logging.CRITICAL)
