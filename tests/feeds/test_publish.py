"""Feeds over HTTP: conditional requests, compression, and what a failure says."""

import gzip
from datetime import timedelta

import msgspec
import pytest

from feeds.bodies import Sending, body, etag, make_ready, ready
from feeds.errors import Gone, InvalidQuery, QueryFault
from feeds.publish import Answer, problem, respond, respond_at_once
from tests.feeds.publications import CHANGED, CHUNKED, ENTRIES, PUBLICATION, READY, asked, said, sent
from tests.feeds.readers import parsed


def test_a_publication_is_a_calendar_with_its_zones_and_events_in_order() -> None:
    calendar = parsed(body(PUBLICATION))
    assert [str(event["UID"]) for event in calendar.events] == [one.uid for one in ENTRIES]
    assert [str(zone["TZID"]) for zone in calendar.timezones] == ["Europe/Brussels"]
    assert body(PUBLICATION) == body(msgspec.structs.replace(PUBLICATION))


def test_a_feed_is_sent_with_all_that_it_needs_and_without_an_accept_header() -> None:
    answer = asked()
    assert (answer.status, answer.body) == (200, body(PUBLICATION))
    assert said(answer) == {
        "content-type": "text/calendar; charset=utf-8",
        "content-disposition": 'inline; filename="events.ics"',
        "content-length": str(len(answer.body)),
        "etag": etag(answer.body),
        "cache-control": "public, max-age=300",
        "last-modified": "Mon, 02 Nov 2026 09:30:15 GMT",
        "vary": "accept-encoding",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
        "referrer-policy": "no-referrer",
        "access-control-allow-origin": "*",
    }


def test_a_secret_feed_is_kept_by_no_shared_cache_and_read_by_no_other_site() -> None:
    headers = said(asked(resource=sent(public=False, max_age=60)))
    assert headers["cache-control"] == "private, max-age=60"
    assert headers["x-robots-tag"] == "noindex"
    assert "access-control-allow-origin" not in headers


def test_head_says_what_get_says() -> None:
    for encoding in ("gzip", "identity"):
        head, get = asked("HEAD", accept_encoding=encoding), asked(accept_encoding=encoding)
        assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PROPFIND", "OPTIONS", "get"])
def test_other_methods_are_refused_with_those_that_work(method: str) -> None:
    answer = asked(method)
    assert (answer.status, said(answer)["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("GZIP, deflate, br", True),
        ("deflate, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=zero.dot..", True),
        ("identity", False),
        ("br", False),
        ("", False),
    ],
)
def test_a_feed_is_packed_for_those_who_can_unpack_it(accepted: str, packed: bool) -> None:
    answer = asked(accept_encoding=accepted)
    headers = said(answer)
    assert ("content-encoding" in headers) is packed
    content = gzip.decompress(answer.body) if packed else answer.body
    assert content == body(PUBLICATION)
    assert headers["content-length"] == str(len(answer.body))


def test_each_encoding_has_a_strong_tag_of_its_own_made_from_the_content() -> None:
    plain, packed = said(asked())["etag"], said(asked(accept_encoding="gzip"))["etag"]
    assert plain != packed
    assert not plain.startswith("W/")
    again = sent(last_modified=CHANGED + timedelta(days=1))
    assert again.plain.etag == plain
    other = ready(msgspec.structs.replace(PUBLICATION, vevents=PUBLICATION.vevents[1:]))
    assert other.plain.etag != plain


def test_a_small_body_is_not_packed_when_that_makes_it_larger() -> None:
    tiny = make_ready(b"x", Sending(media_type="text/plain", filename="x.txt", last_modified=CHANGED))
    assert tiny.packed is None
    assert "content-encoding" not in said(asked(resource=tiny, accept_encoding="gzip"))


TAG = READY.plain.etag


PACKED = READY.packed.etag if READY.packed else ""


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize(
    "held",
    [TAG, PACKED, f"W/{TAG}", f"W/{PACKED}", f'"old", {TAG}', f'"a,b" , W/"x",{PACKED} ', "*", " * "],
)
def test_what_the_client_has_is_not_sent_again(held: str, encoding: str) -> None:
    answer = asked(if_none_match=held, accept_encoding=encoding)
    headers = said(answer)
    assert (answer.status, answer.body) == (304, b"")
    assert headers["etag"] in {TAG, PACKED}
    assert set(headers) == {"etag", "cache-control", "vary"}  # RFC 9110 section 15.4.5
    assert asked("HEAD", if_none_match=held).status == 304


@pytest.mark.parametrize("held", ['"old"', TAG.strip('"'), '"old", "older"', "", f'{TAG[:-2]}"', "garbage \x00"])
def test_a_tag_that_is_not_ours_gets_the_feed(held: str) -> None:
    assert asked(if_none_match=held).status == 200


def test_tags_in_two_header_lines_are_one_list() -> None:
    answer = respond("GET", [(b"if-none-match", b'"old"'), (b"if-none-match", TAG.encode())], READY)
    assert answer.status == 304


@pytest.mark.parametrize(
    ("since", "status"),
    [
        ("Mon, 02 Nov 2026 09:30:15 GMT", 304),
        ("Mon, 02 Nov 2026 09:30:14 GMT", 200),
        ("Tue, 03 Nov 2026 00:00:00 GMT", 304),
        ("yesterday", 200),
        ("Mon, 99 Nov 2026 09:30:15 GMT", 200),
        ("", 200),
    ],
)
def test_a_date_counts_when_there_is_no_tag(since: str, status: int) -> None:
    assert asked(if_modified_since=since).status == status
    assert asked(if_modified_since=since, if_none_match='"old"').status == 200
    assert asked(if_modified_since=since, if_none_match=TAG).status == 304


@pytest.mark.parametrize(
    ("filename", "plain"),
    [
        ("événements 2027.ics", "v-nements-2027.ics"),
        ('a"b\r\nc.ics', "a-b-c.ics"),
        ("../../etc/x.ics", "etc-x.ics"),
        ("é", "events.ics"),
    ],
)
def test_a_file_name_is_plain_ascii(filename: str, plain: str) -> None:
    named = sent(filename=filename)
    assert said(asked(resource=named))["content-disposition"] == f'inline; filename="{plain}"'


def test_a_problem_says_status_code_and_detail() -> None:
    answer = problem(Gone("This link was revoked."))
    assert answer.status == 410
    assert said(answer)["content-type"] == "application/problem+json"
    assert said(answer)["cache-control"] == "no-store"
    assert msgspec.json.decode(answer.body) == {
        "type": "about:blank",
        "status": 410,
        "code": "gone",
        "title": "Gone",
        "detail": "This link was revoked.",
    }


def test_a_problem_of_a_query_names_every_fault_at_once_and_the_page_that_explains_it() -> None:
    faults = [QueryFault("/kimd", "There is no parameter “kimd”.", "kind"), QueryFault("/lang", "Not a language.")]
    answer = problem(InvalidQuery("Two faults.", faults), help_page="/api")
    assert msgspec.json.decode(answer.body) == {
        "type": "/api#invalid-query",
        "title": "Bad Request",
        "status": 400,
        "code": "invalid-query",
        "detail": "Two faults.",
        "errors": [
            {"pointer": "/kimd", "detail": "There is no parameter “kimd”.", "example": "kind", "code": "invalid"},
            {"pointer": "/lang", "detail": "Not a language.", "example": None, "code": "invalid"},
        ],
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("encoding", ["", "identity", "gzip", "gzip, deflate, br", "GZIP", "gzip;q=0", "deflate", "*"])
@pytest.mark.parametrize("held", ["", TAG, PACKED, f"W/{TAG}", '"old"', f'"old", {TAG}', "*"])
@pytest.mark.parametrize("since", ["", "Mon, 02 Nov 2026 09:30:15 GMT"])
def test_what_is_answered_at_once_is_what_would_be_answered_after_reading(
    method: str, encoding: str, held: str, since: str
) -> None:
    given = (("accept-encoding", encoding), ("if-none-match", held), ("if-modified-since", since), ("user-agent", "x"))
    headers = [(name.encode(), value.encode()) for name, value in given if value]
    for resource in (READY, CHUNKED):
        at_once = respond_at_once(method, headers, resource)
        assert at_once is None or Answer(*at_once) == respond(method, headers, resource)


def test_the_usual_poll_is_answered_at_once() -> None:
    usual = [(b"host", b"x"), (b"accept-encoding", b"gzip, deflate, br")]
    for method, held, status in (("GET", PACKED, 304), ("HEAD", PACKED, 304), ("GET", TAG, 304), ("GET", "", 200)):
        headers = [*usual, *([(b"if-none-match", held.encode())] if held else [])]
        answer = respond_at_once(method, headers, READY)
        assert answer is not None
        assert answer[0] == status


def test_a_calendar_in_chunks_is_the_same_calendar() -> None:
    for encoding in ("gzip", "identity"):
        whole, chunked = asked(accept_encoding=encoding), asked(accept_encoding=encoding, resource=CHUNKED)
        headers, others = said(whole), said(chunked)
        assert {**headers, "etag": "", "content-length": ""} == {**others, "etag": "", "content-length": ""}
        assert others["content-length"] == str(len(chunked.body))
        content = gzip.decompress(chunked.body) if encoding == "gzip" else chunked.body
        assert content == body(PUBLICATION)
