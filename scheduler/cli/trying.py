"""A test mail: built, sent by the configured way, and told about in words."""

import asyncio
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from time import monotonic

from scheduler.config import Config
from scheduler.mail.connecting import relay_of
from scheduler.mail.folder import FolderTransport
from scheduler.mail.transport import Delivered, Envelope, Refused
from scheduler.mail.trial import Step, trial
from scheduler.model.address import normal_address
from scheduler.model.ids import new_id


def send_test(address: str, config: Config, now: datetime) -> tuple[Step, ...]:
    """Sends a test mail to an address and gives what happened, step by step. Raises InvalidAddress."""
    envelope = envelope_to(address, config, now)
    if config.mail.transport == "folder":
        return asyncio.run(_into_folder(envelope, config))
    return asyncio.run(trial(relay_of(config.mail, monotonic), envelope))


def envelope_to(address: str, config: Config, now: datetime) -> Envelope:
    """A test mail to one address: plain text, nothing in it that anybody could misuse."""
    recipient = normal_address(address, dotless=True)
    message_id = f"<test.{new_id(now)}@{config.mail.domain}>"
    message = EmailMessage(policy=SMTP)
    message["Message-ID"] = message_id
    message["From"] = config.mail.from_address
    message["To"] = recipient
    message["Date"] = format_datetime(now)
    message["Subject"] = f"Test mail of {config.operator.name}"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"This is a test mail from {config.server.public_url}.\nWhoever reads it: mail works.\n")
    return Envelope(
        sender=config.mail.from_address, recipient=recipient, message_id=message_id, data=message.as_bytes()
    )


async def _into_folder(envelope: Envelope, config: Config) -> tuple[Step, ...]:
    async def wanted() -> bool:
        return True

    delivery = await FolderTransport(Path(config.mail.folder)).deliver(envelope, wanted)
    if isinstance(delivery, Delivered):
        words = f"written into the folder {config.mail.folder}; nobody gets it while [mail] transport is “folder”"
        return (Step("delivery", words),)
    return (Step("delivery", delivery.failure.text if isinstance(delivery, Refused) else "withdrawn", good=False),)
