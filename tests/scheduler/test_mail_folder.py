"""Mail in a folder: written whole, durably and once, read back as a list and one by one."""

import mailbox
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from scheduler.errors import NotFound
from scheduler.mail.compose import envelope
from scheduler.mail.folder import FolderTransport, list_mails, read_mail
from scheduler.mail.transport import Delivered, Refused, Withdrawn
from scheduler.mail.writer import Writer
from scheduler.texts import load_catalogues
from tests.scheduler.letters import letter

WRITER = Writer(load_catalogues())


async def yes() -> bool:
    return True


async def no() -> bool:
    return False


async def test_a_delivered_mail_is_there_to_read(tmp_path: Path) -> None:
    mail = WRITER.write(letter("confirmation", "fr"))
    assert isinstance(await FolderTransport(tmp_path).deliver(envelope(mail), yes), Delivered)
    (listed,) = list_mails(tmp_path)
    assert (listed.subject, listed.recipient, listed.cause) == (mail.subject, "ana@example.org", "confirmation")
    opened = read_mail(tmp_path, listed.id)
    assert opened.text == mail.text
    assert opened.html.strip() == mail.html.strip()
    assert ("Auto-Submitted", "auto-generated") in opened.headers


async def test_other_programs_read_it_as_a_maildir(tmp_path: Path) -> None:
    await FolderTransport(tmp_path).deliver(envelope(WRITER.write(letter("reminder"))), yes)
    (message,) = mailbox.Maildir(tmp_path, create=False)
    assert message["X-Enspired-Cause"] == "reminder"
    assert not list((tmp_path / "tmp").iterdir())


async def test_the_same_message_twice_is_one_file_and_the_newest_comes_first(tmp_path: Path) -> None:
    transport = FolderTransport(tmp_path)
    first, second = (envelope(WRITER.write(letter(cause))) for cause in ("confirmation", "reminder"))
    for number, one in enumerate((first, first, second)):
        delivered = await transport.deliver(one, yes)
        assert isinstance(delivered, Delivered)
        os.utime(tmp_path / "new" / delivered.text, (number, number))
    assert [one.cause for one in list_mails(tmp_path)] == ["reminder", "confirmation"]
    assert [one.cause for one in list_mails(tmp_path, 1)] == ["reminder"]


async def test_what_is_no_longer_wanted_is_not_written(tmp_path: Path) -> None:
    assert isinstance(
        await FolderTransport(tmp_path).deliver(envelope(WRITER.write(letter("reminder"))), no), Withdrawn
    )
    assert list_mails(tmp_path) == ()


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    delivery = await FolderTransport(tmp_path / "file").deliver(envelope(WRITER.write(letter("reminder"))), yes)
    assert isinstance(delivery, Refused)
    assert not delivery.failure.permanent


async def test_a_list_of_addresses_is_refused(tmp_path: Path) -> None:
    one = replace(envelope(WRITER.write(letter("reminder"))), recipient="a@example.org,b@example.org")
    delivery = await FolderTransport(tmp_path).deliver(one, yes)
    assert isinstance(delivery, Refused)
    assert delivery.failure.permanent
    assert list_mails(tmp_path) == ()


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "*", "0" * 31, "0" * 32])
def test_only_its_own_mails_can_be_opened(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        read_mail(tmp_path, name)
