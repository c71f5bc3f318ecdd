"""Opens the door that the configuration names."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from scheduler.config import Config
from scheduler.config.replies import place_of
from scheduler.errors import ConfigurationError, Problem
from scheduler.inbox.desk import Desk
from scheduler.inbox.fetching import fetching

try:
    from scheduler.inbox import lmtp
except ImportError:  # the extra `lmtp` is not installed
    HAS_LMTP = False
else:
    HAS_LMTP = True


def receiving(config: Config, desk: Desk) -> AbstractAsyncContextManager[None]:
    """Takes or fetches mails until the block ends; does nothing where replies are off.

    Raises ConfigurationError where LMTP is wanted and its extra is not installed.
    """
    replies = config.replies
    if replies.mode == "imap":
        return fetching(desk, replies)
    if replies.mode == "off":
        return _closed()
    if not HAS_LMTP:
        detail = "LMTP needs the extra `lmtp`: pip install 'enspired-scheduler[lmtp]'."
        raise ConfigurationError((Problem("replies.mode", detail),))
    return lmtp.listening(desk, place_of(replies.listen), shared=config.server.workers > 1)


@asynccontextmanager
async def _closed() -> AsyncIterator[None]:
    yield
