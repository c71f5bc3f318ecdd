"""What a run knows of itself: what was acknowledged, and when somebody died."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from tests.proofs.clients import Acknowledged
from tests.proofs.killing import Death

ENDS = {"cancel": "cancellation", "withdraw": "withdrawal"}
"""Which mail tells of an end."""


class Race(Struct, frozen=True, kw_only=True):
    """An event of one attendee to which something happens (`what`) while its reminder goes out."""

    address: str
    what: str
    event: dict[str, Any]
    registration: dict[str, Any]


class Record(Struct, kw_only=True):
    """What was acknowledged: registrations by address, what became of the races by address, and when who died."""

    due: datetime
    standing: dict[str, Acknowledged] = {}
    races: dict[str, Race] = {}
    ended: dict[str, Acknowledged] = {}
    deaths: list[Death] = []
    present: frozenset[str] = frozenset()
    seconds: float = 0


def expected(record: Record) -> set[tuple[str, str]]:
    """Who must have got what: who was acknowledged before the instant, and whose event took place, a reminder too."""
    wanted = {(address, "confirmation") for address in record.standing}  # who left at once needs none
    wanted |= {(address, "reminder") for address, one in record.standing.items() if one.at < record.due}
    done = ((address, ENDS.get(record.races[address].what)) for address in record.ended)
    return wanted | {(address, cause) for address, cause in done if cause}
