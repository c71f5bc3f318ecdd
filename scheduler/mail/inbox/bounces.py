"""Delivery reports (RFC 3464): a mail of ours was refused after the relay had taken it, or is late."""

import re

from scheduler.mail.inbox.kinds import Bounce
from scheduler.mail.inbox.parts import Headers, content, kind_of, leaves

LONGEST_REASON = 300
_MOST_BLOCKS = 50
_LONGEST_REPORT = 64 * 1024
_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})", re.ASCII)
_BLANK = re.compile(r"\n[ \t]*\n")
_FOLD = re.compile(r"\n[ \t]+")
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")


def is_delivery_report(mail: Headers) -> bool:
    """True for a multipart/report of the type delivery-status."""
    kind = str(mail.get_param("report-type", "")).strip().lower()
    return kind_of(mail) == "multipart/report" and kind == "delivery-status"


def bounce_of(mail: Headers) -> Bounce | None:
    """What a delivery report says of the first recipient whom the mail did not reach; None when it reached all.

    Our mails have one recipient each. One whose Status and Action contradict each other is taken for a passing
    failure: only a plain 5.x.x that says `failed` is final.
    """
    for part in leaves(mail):
        if kind_of(part) in {"message/delivery-status", "message/global-delivery-status"}:
            for fields in _blocks(content(part)):
                found = _judged(fields)
                if found:
                    return found
    return None


def _judged(fields: dict[str, str]) -> Bounce | None:
    action = fields.get("action", "").partition(";")[0].strip().lower()
    status = _STATUS.search(fields.get("status", ""))
    if not action or action in {"delivered", "relayed", "expanded"} or (status and status[1] == "2"):
        return None
    hard = action == "failed" and status is not None and status[1] == "5"
    return Bounce(hard=hard, status=status[0] if status else "", reason=_reason(fields))


def _reason(fields: dict[str, str]) -> str:
    """What the other server said, without addresses: mail servers repeat the recipient's."""
    said = fields.get("diagnostic-code", "").partition(";")[2].strip() or fields.get("diagnostic-code", "")
    words = "".join(character for character in " ".join(said.split()) if character.isprintable())
    return _ADDRESS.sub("(address)", words[: 4 * LONGEST_REASON])[:LONGEST_REASON]


def _blocks(data: bytes) -> list[dict[str, str]]:
    """The groups of fields of a report, names in lower case: the first about the mail, the others about recipients."""
    text = data[:_LONGEST_REPORT].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    blocks = []
    for block in _BLANK.split(text.strip("\n"))[:_MOST_BLOCKS]:
        fields: dict[str, str] = {}
        for line in _FOLD.sub(" ", block).split("\n"):
            name, colon, value = line.partition(":")
            if colon:
                fields.setdefault(name.strip().lower(), value.strip())
        blocks.append(fields)
    return blocks
