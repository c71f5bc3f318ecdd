"""A mailbox over IMAP (RFC 3501), as blocking calls for a thread: the standard library's client, nothing more.

A mail counts as unread until it was taken; then it is marked as read. Who dies in between takes it twice, which is
harmless. Nothing is moved, deleted or answered.
"""

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec import Struct

from scheduler.config import Replies

GREETING_SECONDS = 5
"""A stop cannot break off what is not connected yet, and must not wait long for it."""
TIMEOUT_SECONDS = 30
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)", re.IGNORECASE)
_AT_ONCE = 1000

Connection = imaplib.IMAP4
Take = Callable[[bytes | None], bool]
"""Takes the bytes of a mail, None for one that is too large; False for one that failed and a person should see."""


class MailboxError(Exception):
    """The mailbox cannot be read now; the text says why, without a name or a password."""


class Mailbox(Struct, frozen=True):
    """Where the mails are."""

    settings: Replies

    def read(self, take: Take, opened: Callable[[Connection], None]) -> int:
        """Goes through the unread mails, at most 1000; how many were taken. `opened` gets the connection, so
        that somebody may break it off.

        Raises MailboxError, and whatever `take` raises: then that mail stays unread.
        """
        with self._opened() as connection:
            opened(connection)
            self._enter(connection)
            return sum(self._one(connection, number, take) for number in _unread(connection))

    def try_out(self) -> None:
        """Connects, signs in and looks into the folder; marks and takes nothing. Raises MailboxError."""
        with self._opened() as connection:
            self._enter(connection, only_look=True)

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        try:
            connection = self._connect()
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxError(f"no connection: {type(error).__name__}") from error
        try:
            yield connection
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxError(f"it broke off: {type(error).__name__}") from error
        finally:
            _leave(connection)

    def _connect(self) -> Connection:
        where = self.settings
        trust = ssl.create_default_context()
        connection: Connection
        if where.security == "tls":
            connection = imaplib.IMAP4_SSL(where.host, where.port, ssl_context=trust, timeout=GREETING_SECONDS)
        else:
            connection = imaplib.IMAP4(where.host, where.port, timeout=GREETING_SECONDS)
        if where.security == "starttls":
            connection.starttls(trust)
        connection.sock.settimeout(TIMEOUT_SECONDS)
        return connection

    def _enter(self, connection: Connection, *, only_look: bool = False) -> None:
        try:
            _sign_in(connection, self.settings.username, self.settings.password)
        except imaplib.IMAP4.error as error:
            raise MailboxError("the name or the password is not accepted") from error
        try:
            there = connection.select(f'"{self.settings.folder}"', only_look)[0] == "OK"
        except UnicodeEncodeError:
            there = False
        if not there:
            raise MailboxError("there is no such folder")

    def _one(self, connection: Connection, number: str, take: Take) -> bool:
        answer = connection.uid("FETCH", number, "(RFC822.SIZE)")[1]
        size = _SIZE.search(b" ".join(part for part in answer if isinstance(part, bytes)))
        if size is None:
            return False  # somebody else took it out of the folder meanwhile
        data = None if int(size[1]) > self.settings.max_bytes else _body(connection, number)
        mark = r"(\Seen)" if take(data) else r"(\Flagged)"
        connection.uid("STORE", number, "+FLAGS.SILENT", mark)
        return True


def _sign_in(connection: Connection, username: str, password: str) -> None:
    """LOGIN carries ASCII alone; everything else goes as UTF-8 (RFC 4616)."""
    if f"{username}{password}".isascii():
        connection.login(username, password)
    else:
        connection.authenticate("PLAIN", lambda _: f"\0{username}\0{password}".encode())


def _unread(connection: Connection) -> list[str]:
    found = (connection.uid("SEARCH", "UNSEEN", "UNFLAGGED")[1][0] or b"").split()
    return [number.decode() for number in found[:_AT_ONCE]]


def _body(connection: Connection, number: str) -> bytes:
    answer = connection.uid("FETCH", number, "(BODY.PEEK[])")[1]
    found = (part[1] for part in answer if isinstance(part, tuple))
    return next((data for data in found if isinstance(data, bytes)), b"")


def _leave(connection: Connection) -> None:
    try:
        connection.logout()
    except (OSError, imaplib.IMAP4.error):
        connection.shutdown()
