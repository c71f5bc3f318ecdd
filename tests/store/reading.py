"""Mails as the transport of the world took them, read as people read them."""

from email import message_from_bytes, policy

from tests.store.world import Sent


def subject(mail: Sent) -> str:
    """The subject, decoded."""
    return str(message_from_bytes(mail.data, policy=policy.default)["Subject"])


def text(mail: Sent) -> str:
    """The plain part."""
    part = message_from_bytes(mail.data, policy=policy.default).get_body(("plain",))
    assert part is not None
    content: str = part.get_content()
    return content
