"""Addresses that people follow: built from the configured public address, never from a request's Host header."""

from typing import Any
from urllib.parse import quote

from itsdangerous import BadSignature, Serializer, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_encode

from scheduler.model.machine_addresses import MachineAddresses


class Addresses:
    """Makes public addresses below `base` (`https://agenda.example.org`)."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")

    def event(self, event_id: str, language: str = "") -> str:
        """The page of an event; without a language the reader's browser decides."""
        return f"{self.base}/{language}/events/{event_id}" if language else f"{self.base}/events/{event_id}"

    def event_ics(self, event_id: str, language: str = "") -> str:
        """The calendar file of one event."""
        return f"{self.base}/events/{event_id}.ics" + (f"?lang={language}" if language else "")

    def agenda(self, language: str = "", query: str = "") -> str:
        """The agenda, filtered by a canonical query."""
        return f"{self.base}/{language + '/' if language else ''}" + (f"?{query}" if query else "")

    def subscribe(self, language: str, query: str = "") -> str:
        """The page that says how to subscribe to exactly this list."""
        return f"{self.base}/{language}/subscribe" + (f"?{query}" if query else "")

    def feed(self, query: str = "") -> str:
        """The calendar feed of a filter."""
        return f"{self.base}/feeds/events.ics" + (f"?{query}" if query else "")

    def subscription(self, secret: str, name: str = "agenda") -> str:
        """The address of a subscription's feed; whoever knows it may read it."""
        return f"{self.base}/feeds/s/{secret}/{name}.ics"

    def sign_in(self, token: str) -> str:
        """The page that signs a person in."""
        return f"{self.base}/console/sign-in/{quote(token, safe='')}"

    def console(self) -> str:
        """The organisers' pages."""
        return f"{self.base}/console"


class _Signer(Signer):
    """Derives the key of a secret once and not for each signature: it is the same each time."""

    _derived: bytes = b""

    def derive_key(self, secret_key: str | bytes | None = None) -> bytes:
        """As Signer has it; only the key that is signed with is kept."""
        if secret_key is not None:
            return super().derive_key(secret_key)
        self._derived = self._derived or super().derive_key()
        return self._derived


class _Short(URLSafeSerializer):
    """Does not try to compress what is too short for it, nor prepare anew what is the same: most of the work."""

    _kept: Signer | None = None

    def make_signer(self, salt: str | bytes | None = None) -> Signer:
        """As Serializer has it, one for all signatures with the usual salt."""
        if salt is not None and salt != self.salt:
            return super().make_signer(salt)
        self._kept = self._kept or super().make_signer(salt)
        return self._kept

    def dump_payload(self, obj: Any) -> bytes:
        """The payload as URLSafeSerializer writes it for short values, and reads it."""
        return base64_encode(Serializer.dump_payload(self, obj))


class Links(Addresses):
    """Makes addresses, also those that act for one attendee: these are signed with `secret`.

    `replies` is the pattern of the mail addresses that the service reads itself (`[replies] address`), "" where it
    reads none; `bounces` says whether mails leave with such an address as their envelope sender.
    """

    def __init__(self, base: str, secret: str, *, replies: str = "", bounces: bool = True) -> None:
        super().__init__(base)
        self._attendee = _Short(secret, salt="attendee", signer=_Signer)
        self._digest = _Short(secret, salt="digest", signer=_Signer)
        self._choices = URLSafeSerializer(secret, salt="choices")
        self._bounces = bounces
        self.machine = MachineAddresses(replies, secret)

    def reply_address(self, registration_id: str) -> str:
        """The ORGANIZER of somebody's invitations, to which their calendar answers; "" where nobody would read it.

        Without one an invitation says RSVP=FALSE and its mail that answering is not enough.
        """
        return self.machine.make("reply", registration_id)

    def registration_of_reply(self, address: str) -> str | None:
        """The registration that an address of `reply_address` stands for, in whatever case; None for any other."""
        return self.machine.read("reply", address)

    def bounce_address(self, message_id: str) -> str:
        """The envelope sender of a message (its row's id), to which it bounces; "" where nobody would read it."""
        return self.machine.make("bounce", message_id) if self._bounces else ""

    def message_of_bounce(self, address: str) -> str | None:
        """The message that an address of `bounce_address` stands for, in whatever case; None for any other."""
        return self.machine.read("bounce", address)

    def attendee(self, registration_id: str) -> str:
        """An attendee's own page: whoever holds the address may confirm, change and cancel."""
        return f"{self.base}/r/{self._attendee.dumps(registration_id)}"

    def registration_of(self, token: str) -> str | None:
        """The registration that a token of `attendee` stands for; None when its signature does not hold."""
        try:
            found = self._attendee.loads(token)
        except BadSignature:
            return None
        return found if isinstance(found, str) else None

    def digest(self, digest_id: str) -> str:
        """The page of a weekly digest: whoever holds the address may confirm and end it."""
        return f"{self.base}/d/{self._digest.dumps(digest_id)}"

    def digest_of(self, token: str) -> str | None:
        """The digest that a token of `digest` stands for; None when its signature does not hold."""
        try:
            found = self._digest.loads(token)
        except BadSignature:
            return None
        return found if isinstance(found, str) else None

    def choices(self, event_id: str, recipient: str) -> str:
        """The page where a speaker or host (`Party.key`) decides about reminders; the one-click address as well."""
        return f"{self.base}/choices/{self._choices.dumps([event_id, recipient])}"

    def choices_of(self, token: str) -> tuple[str, str] | None:
        """The event and the speaker or host of a token of `choices`; None when its signature does not hold."""
        try:
            event_id, recipient = self._choices.loads(token)
        except (BadSignature, TypeError, ValueError):
            return None
        return str(event_id), str(recipient)
