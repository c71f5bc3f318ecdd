"""How a mail says that a machine wrote it (RFC 3834 sections 2 and 5), and what such mails said before that RFC."""

import re

from scheduler.mail.inbox.parts import Headers, header, kind_of, words

_ANY_VALUE = (
    "X-Enspired-Cause",  # our own mail has come back to us
    "X-Autoreply",
    "X-Autorespond",
    "X-Auto-Response-Suppress",
    "X-Loop",
    "List-Id",
    "List-Unsubscribe",
)
_PRECEDENCE = frozenset({"bulk", "list", "junk", "auto_reply"})
_SUBJECT = re.compile(
    r"(?:auto(?:matic)?[ :-]?(?:reply|response)|out of (?:the )?office|automatisch antwoord|afwezig|buiten kantoor"
    r"|r[ée]ponse automatique|absence|respuesta autom[áa]tica|ausen|fuera de la oficina|undeliver|delivery status)",
    re.IGNORECASE,
)


def automatic_sign(mail: Headers, sender: str | None) -> str:
    """What gives a machine away, as a stable word; "" when a person wrote it.

    `sender` is that of the envelope, "" for the null one; None where nobody knows: then Return-Path says it.
    """
    return_path = header(mail, "Return-Path")
    if sender == "" or (sender is None and return_path == "<>"):
        return "null-sender"
    submitted = header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in {"", "no"}:
        return "auto-submitted"
    for name in _ANY_VALUE:
        if header(mail, name):
            return name.lower()
    if header(mail, "Precedence").lower() in _PRECEDENCE:
        return "precedence"
    if kind_of(mail) == "multipart/report":
        return "report"
    return "subject" if _SUBJECT.match(words(mail, "Subject")) else ""
