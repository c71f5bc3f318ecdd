"""The ways in which a relay fails a sender, and what must become of the mail."""

from typing import Literal

from msgspec import Struct

from tests.proofs.relay import HANG_UP, KEEP_AND_HANG_UP, SILENCE, Rule

Outcome = Literal["sent", "failed", "twice"]


class Fault(Struct, frozen=True, kw_only=True):
    """One way: what the relay does until it is well again, and what the mail comes to.

    `sent`: it arrives once, later. `failed`: it is given up at once and shown. `twice`: the relay had taken it, which
    no sender can know: it arrives again under the same Message-ID. `offers` are what the relay offers meanwhile;
    `attempts` how many it takes before the relay is well.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    outcome: Outcome = "sent"
    offers: tuple[str, ...] | None = None
    attempts: int = 1


def at(stage: str, reply: str, **more: object) -> tuple[Rule, ...]:
    """A reply at a stage, until the rules change."""
    return (Rule(stage=stage, reply=reply, note=True, **more),)  # type: ignore[arg-type]


FAULTS = (
    Fault(name="4xx-at-the-banner", rules=at("CONNECT", "421 4.3.2 not now")),
    Fault(name="5xx-at-the-banner", rules=at("CONNECT", "554 5.3.2 no service")),
    Fault(name="4xx-at-ehlo", rules=at("EHLO", "421 4.3.2 not now")),
    Fault(name="4xx-at-mail", rules=at("MAIL", "451 4.3.0 later")),
    Fault(name="5xx-at-mail", rules=at("MAIL", "550 5.7.1 sender refused")),
    Fault(name="4xx-at-rcpt", rules=at("RCPT", "450 4.2.0 mailbox busy")),
    Fault(name="5xx-at-rcpt", rules=at("RCPT", "550 5.1.1 no such user"), outcome="failed"),
    Fault(name="greylisting", rules=at("RCPT", "451 4.7.1 greylisted"), attempts=2),
    Fault(name="452-too-many-recipients", rules=at("RCPT", "452 4.5.3 too many recipients")),
    Fault(name="4xx-at-data", rules=at("DATA", "451 4.3.0 later")),
    Fault(name="5xx-at-data", rules=at("DATA", "554 5.6.0 no"), outcome="failed"),
    Fault(name="4xx-at-the-end", rules=at(".", "452 4.3.1 no room")),
    Fault(name="5xx-at-the-end", rules=at(".", "554 5.7.1 looks like spam"), outcome="failed"),
    Fault(name="421-at-the-end", rules=at(".", "421 4.3.0 going down")),
    Fault(name="hung-up-at-the-banner", rules=at("CONNECT", HANG_UP)),
    Fault(name="hung-up-at-mail", rules=at("MAIL", HANG_UP)),
    Fault(name="hung-up-at-rcpt", rules=at("RCPT", HANG_UP)),
    Fault(name="hung-up-at-data", rules=at("DATA", HANG_UP)),
    Fault(name="hung-up-at-the-end", rules=at(".", HANG_UP)),
    Fault(name="taken-and-hung-up", rules=at(".", KEEP_AND_HANG_UP), outcome="twice"),
    Fault(name="taken-and-421", rules=at(".", "421 4.3.0 going down", keep=True), outcome="twice"),
    Fault(name="one-byte-in-ten-seconds", rules=at("RCPT", "", pace=10)),
    Fault(name="one-byte-in-ten-seconds-at-the-end", rules=at(".", "", pace=10), outcome="twice"),
    Fault(name="banner-never", rules=at("CONNECT", SILENCE)),
    Fault(name="nothing-offered", offers=(), attempts=0),
)
"""TLS that is absent or a stranger's, and one recipient that is poisoned, are played apart."""
