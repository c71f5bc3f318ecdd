"""Who gets reminders of an event without being registered: its speakers and its host."""

import hashlib
from collections.abc import Collection
from typing import Literal

from msgspec import Struct

from scheduler.model.event import Event
from scheduler.model.registration import Mode

PartyKind = Literal["speaker", "host"]


class Party(Struct, frozen=True, kw_only=True):
    """A speaker with a mail address, or the address for questions among organisers (`Event.contact`).

    `key` (`speaker:…`, `host:…`) names them in the ledger without their address: it stays the same as long as the
    address does. `language` is one that mails are written in, `timezone` an IANA zone.
    """

    key: str
    kind: PartyKind
    email: str
    name: str = ""
    language: str
    timezone: str
    mode: Mode

    @property
    def firm(self) -> bool:
        """True: nobody waits for a place to speak or to host."""
        return True

    def attends(self, occurrence_id: str) -> bool:
        """True for every date."""
        return bool(occurrence_id)


def parties_of(event: Event, offered: Collection[str], default: str) -> tuple[Party, ...]:
    """The speakers and the host of an event as it stands, each address once; `offered` are languages of mails."""
    there: Mode = "online" if event.format == "online" else "on-site"
    found: dict[str, Party] = {}
    for speaker in event.speakers:
        if speaker.email and speaker.email.lower() not in found:
            found[speaker.email.lower()] = Party(
                key=_key("speaker", event, speaker.email),
                kind="speaker",
                email=speaker.email,
                name=speaker.name,
                language=speaker.language if speaker.language in offered else default,
                timezone=speaker.timezone or event.timezone,
                mode="online" if speaker.mode == "online" else there,
            )
    if event.contact and event.contact.lower() not in found:
        found[event.contact.lower()] = Party(
            key=_key("host", event, event.contact),
            kind="host",
            email=event.contact,
            language=default,
            timezone=event.timezone,
            mode=there,
        )
    return tuple(found.values())


def _key(kind: PartyKind, event: Event, email: str) -> str:
    return f"{kind}:{hashlib.sha256(f'{event.id} {email.lower()}'.encode()).hexdigest()[:24]}"
