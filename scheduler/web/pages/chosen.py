"""The list that a page is about: the filter in its query, read, or the page that names the query's faults."""

from collections.abc import Sequence

from litestar import Response
from msgspec import Struct

from scheduler.errors import Fault, Invalid
from scheduler.model.filter import Filter, facets_known, read_filter
from scheduler.model.institution import Institution
from scheduler.model.intake_known import known_of
from scheduler.store import institutions
from scheduler.web.pages.site import Voice
from scheduler.web.pages.visit import Visit, show


class Chosen(Struct, frozen=True):
    """A filter, and all institutions by their id: it may name them, and what it selects does."""

    filter: Filter
    known: dict[str, Institution]


async def chosen_list(visit: Visit, voice: Voice, path: str) -> Chosen | Response[str]:
    """What the query selects, or the answer to a query that has faults; `path` is the page without its language."""
    known = await visit.context.db.read(institutions.all_institutions)
    try:
        return Chosen(read_filter(visit.query(), facets_known(known_of(voice.config, known))), known)
    except Invalid as error:
        return fault_page(visit, voice, path, error.faults)


def fault_page(visit: Visit, voice: Voice, path: str, faults: Sequence[Fault]) -> Response[str]:
    """Every fault of a query at once."""
    return show(
        visit, voice, "filter_fault.html", title=voice.t("pages.filter.fault_title"), status=422, path=path,
        faults=faults, agenda=f"/{voice.language}/",
    )  # fmt: skip
