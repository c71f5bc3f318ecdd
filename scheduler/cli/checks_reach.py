"""Doctor's look outwards: does mail get out, do people get in."""

import asyncio
import http.client
import os
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from scheduler.cli.checks_database import running
from scheduler.cli.findings import Finding, note, ok, problem
from scheduler.clock import monotonic
from scheduler.config import Config
from scheduler.inbox.mailbox import Mailbox, MailboxError
from scheduler.mail.connecting import relay_of
from scheduler.mail.probe import objection

LOCAL = {"localhost", "127.0.0.1", "::1"}
SECONDS = 5


def check_reach(config: Config, _now: datetime) -> list[Finding]:
    """Mail, the mailbox that answers are fetched from, and the public address."""
    mail = _folder(config) if config.mail.transport == "folder" else _relay(config)
    return [mail, *([_mailbox(config)] if config.replies.mode == "imap" else []), _address(config)]


def _folder(config: Config) -> Finding:
    folder = Path(config.mail.folder)
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK) or not there.is_dir():
        return problem("mail", f"the folder {folder} cannot be written", f"give this user the right to write {there}")
    return note("mail", f"written into {folder}; nobody gets any", 'set [mail] transport = "smtp" when you go live')


def _relay(config: Config) -> Finding:
    mail = config.mail
    reason = asyncio.run(objection(relay_of(mail, monotonic), mail.from_address))
    where = f"{mail.host}, port {mail.port}"
    if reason:
        return problem("mail", f"{where}: {reason}", "check [mail] host, port, security, username and password")
    return ok("mail", f"{where} takes mail" + (f" from {mail.username}" if mail.username else ""))


def _mailbox(config: Config) -> Finding:
    replies = config.replies
    where = f"{replies.host}, port {replies.port}"
    try:
        Mailbox(replies).try_out()
    except MailboxError as error:
        why = " ".join(str(error.__cause__ or "").split())
        fix = "check [replies] host, port, security, username, password and folder"
        return problem("answers", f"{where}: {error}" + (f" ({why})" if why else ""), fix)
    return ok("answers", f"{where}: the folder {replies.folder} of {replies.username} can be read")


def _address(config: Config) -> Finding:
    url = config.server.public_url
    host = urlsplit(url).hostname or ""
    serves = running(config)
    answer = _answer(url)
    if serves and answer:
        return problem("public address", f"{url}: {answer}", "check [server] public_url and the proxy in front")
    if host in LOCAL:
        fix = "set [server] public_url to the address that people use"
        return note("public address", f"{url} works on this machine only", fix)
    if url.startswith("http:"):
        return note("public address", f"{url} is not encrypted", "put a proxy with https in front of the service")
    return ok("public address", url if serves else f"{url} (not tried: no service runs here)")


def _answer(url: str) -> str:
    """What is wrong with the answer at the public address; empty when the service answers there."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()
    return "" if status == 200 else f"/healthz answers {status}"
