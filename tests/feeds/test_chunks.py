"""Bodies in chunks: unpacked they are the items in a row, and what happened before leaves no trace in them."""

import gzip
import zlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feeds import crc
from feeds.bodies import Sending, calendar_ready
from feeds.chunks import Chunks, Item, cut, deflated, digest, gzip_member, item, splice
from feeds.write import Head

START = datetime(2027, 3, 16, tzinfo=UTC)
SENDING = Sending(filename="events.ics", last_modified=START)
SPAN = {"Europe/Brussels": (date(2027, 1, 1), date(2027, 12, 31))}


def made(number: int, revision: int = 0) -> Item:
    """An item of which a new revision may stand elsewhere."""
    data = f"event {number} {revision} {'x' * (number % 7)}\r\n".encode()
    return item((START + timedelta(hours=number + 7 * revision), f"id{number}"), data, SPAN)


def in_order(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda one: one.key)


def text(chunks: Chunks) -> bytes:
    """What chunks unpack to, read by gzip."""
    return gzip.decompress(gzip_member([*(chunk.packed for chunk in chunks), deflated(b"", last=True)]))


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_the_checksum_of_a_whole_comes_from_those_of_its_pieces(pieces: list[bytes]) -> None:
    checksum = 0
    for piece in pieces:
        checksum = crc.joined(checksum, zlib.crc32(piece), len(piece))
    assert checksum == zlib.crc32(b"".join(pieces))


@given(st.sets(st.integers(0, 2000), max_size=400))
def test_chunks_unpack_to_their_items_in_order(numbers: set[int]) -> None:
    items = in_order([made(number) for number in numbers])
    assert text(cut(items)) == b"".join(one.data for one in items)


History = list[tuple[set[int], set[int]]]
small = st.sets(st.integers(0, 300), max_size=6)


@given(st.sets(st.integers(0, 300)), st.lists(st.tuples(small, small | st.sets(st.integers(0, 300)))))
def test_what_changed_alone_gives_the_octets_that_everything_anew_would(first: set[int], history: History) -> None:
    present = {number: made(number) for number in first}
    chunks = cut(in_order(list(present.values())))
    for revision, (dropped, changed) in enumerate(history, 1):
        new, before = {number: made(number, revision) for number in changed}, present
        present = {number: one for number, one in present.items() if number not in dropped} | new
        gone = {before[number].key for number in dropped | changed if number in before}
        chunks = splice(chunks, gone, list(new.values()))
        anew = cut(in_order(list(present.values())))
        assert [chunk.items for chunk in chunks] == [chunk.items for chunk in anew]
        whole, other = (calendar_ready(Head(name="x"), some, SENDING) for some in (chunks, anew))
        assert (whole.plain.body, whole.plain.etag) == (other.plain.body, other.plain.etag)
        assert whole.packed == other.packed


def test_one_change_makes_one_chunk_anew() -> None:
    items = [made(number) for number in range(20000)]
    before = cut(items)
    after = splice(before, {items[2500].key}, [item(items[2500].key, b"changed\r\n", SPAN)])
    assert len(before) > 50
    assert len(set(map(id, after)) - set(map(id, before))) == 1
    again = cut(items, before)
    assert all(one is other for one, other in zip(again, before, strict=True))


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_equal_tags_mean_equal_content(some: set[int], others: set[int]) -> None:
    one, other = (cut(in_order([made(number) for number in numbers])) for numbers in (some, others))
    tags = [digest([chunk.packed for chunk in chunks]) for chunks in (one, other)]
    assert (tags[0] == tags[1]) == (some == others)


def test_a_calendar_without_events_is_one_all_the_same() -> None:
    ready = calendar_ready(Head(name="x"), (), SENDING)
    assert ready.plain.body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"BEGIN:VTIMEZONE" in ready.plain.body
