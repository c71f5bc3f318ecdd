"""Judges a run by what was acknowledged and by what the relays took. It never asks the service's own books."""

from datetime import timedelta
from itertools import pairwise

from msgspec import Struct

from tests.proofs.fleet import CONNECTIONS, Mail
from tests.proofs.record import Record, expected

SILENT_AFTER = timedelta(seconds=1)
"""From then on after its acknowledged end nothing more about a date begins to leave."""

Mails = dict[tuple[str, str], list[Mail]]


class Verdict(Struct, frozen=True, kw_only=True):
    """What a run came to; every list is empty when the promise holds.

    `lost`: (address, cause) that never came. `early`: reminders before their instant. `wrong`: reminders whose text
    began to leave more than a second after the acknowledged end of what they are about. `strange`: reminders to
    somebody who must not have one. `unexplained`: second copies with no kill between the first and them. `renamed`:
    copies under another Message-ID. `missing` and `extra`: registrations acknowledged and not there, and the opposite.
    `integrity`: what SQLite finds wrong. `places`: how many kills there were at each point.
    """

    mails: int
    reminders: int
    kills: int
    raced: int
    beaten: int
    copies: int
    most_copies: int
    bound: int
    lost: list[tuple[str, str]]
    early: list[Mail]
    wrong: list[Mail]
    strange: list[Mail]
    unexplained: list[Mail]
    renamed: list[tuple[str, str]]
    missing: list[str]
    extra: list[str]
    late_p50: float
    late_p99: float
    seconds: float
    integrity: list[str] = []
    places: dict[str, int] = {}

    @property
    def holds(self) -> bool:
        """Whether every promise held."""
        broken = (self.lost, self.early, self.wrong, self.strange, self.unexplained, self.renamed)
        whole = not self.missing and not self.extra and not self.integrity
        return whole and not any(broken) and self.copies <= self.bound

    def line(self) -> str:
        """The run in one line."""
        return (
            f"{self.reminders} reminders, {self.mails} mails, {self.kills} kills, {self.raced} races: "
            f"{len(self.lost)} lost, {len(self.early)} early, {len(self.wrong)} wrong, {len(self.strange)} strange, "
            f"{self.copies} copies (most {self.most_copies} of one; {len(self.unexplained)} without a crash, "
            f"{len(self.renamed)} renamed), {len(self.missing)} missing, {len(self.extra)} extra, "
            f"late p50 {self.late_p50:.1f} s p99 {self.late_p99:.1f} s, {self.seconds:.0f} s"
        )


def judge(record: Record, mails: Mails) -> Verdict:
    """The verdict on a finished run."""
    reminders = [mail for (_, cause), copies in mails.items() for mail in copies if cause == "reminder"]
    copied = {key: found for key, found in mails.items() if len(found) > 1}
    known = {one.answer["id"] for one in record.standing.values()}
    known |= {race.registration["id"] for race in record.races.values()}
    lateness = sorted((mail.at - record.due).total_seconds() for mail in reminders) or [0.0]
    return Verdict(
        mails=sum(len(found) for found in mails.values()),
        reminders=len(reminders),
        kills=len(record.deaths),
        raced=len(record.ended),
        beaten=sum((address, "reminder") not in mails for address in record.ended),
        copies=sum(len(found) - 1 for found in copied.values()),
        most_copies=max((len(found) for found in mails.values()), default=0),
        bound=len(record.deaths) * CONNECTIONS,
        lost=sorted(expected(record) - mails.keys()),
        early=[mail for mail in reminders if mail.at < record.due],
        wrong=wrong(record, reminders),
        strange=[mail for mail in reminders if mail.recipient not in {*record.standing, *record.races}],
        unexplained=unexplained(record, copied),
        renamed=[key for key, found in copied.items() if len({mail.message_id for mail in found}) > 1],
        missing=sorted(known - record.present),
        extra=sorted(record.present - known),
        late_p50=lateness[len(lateness) // 2],
        late_p99=lateness[int(len(lateness) * 0.99)],
        seconds=record.seconds,
    )


def wrong(record: Record, reminders: list[Mail]) -> list[Mail]:
    """Reminders whose text began to leave more than a second after the end was acknowledged."""
    ends = {address: one.at + SILENT_AFTER for address, one in record.ended.items()}
    return [mail for mail in reminders if mail.recipient in ends and mail.begun > ends[mail.recipient]]


def unexplained(record: Record, copied: Mails) -> list[Mail]:
    """Copies that no crash explains: nobody was killed between the one before and them."""
    return [
        second
        for found in copied.values()
        for first, second in pairwise(found)
        if not any(first.begun <= death.at <= second.at for death in record.deaths)
    ]
