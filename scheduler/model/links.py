"""Addresses that people follow: built from the configured public address, never from a request's Host header."""

from urllib.parse import quote

from itsdangerous import BadSignature, URLSafeSerializer


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


class Links(Addresses):
    """Makes addresses, also those that act for one attendee: these are signed with `secret`."""

    def __init__(self, base: str, secret: str) -> None:
        super().__init__(base)
        self._attendee = URLSafeSerializer(secret, salt="attendee")

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
