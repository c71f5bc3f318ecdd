"""docs/api.md and docs/events.md say what is so: every snippet runs, every table is complete."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scheduler.model.filter import FACETS
from scheduler.web.problems import STATUS
from tests.api import pages
from tests.floors import ROOT
from tests.service import Service

API = (ROOT / "docs/api.md").read_text(encoding="utf-8")
FRAMEWORK = {"invalid-query": 400, "method-not-allowed": 405, "too-large": 413, "internal": 500}
"""Codes that do not come from an outcome of the service: those of feeds and of the framework."""


def snippets(language: str) -> list[str]:
    """The fenced blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", API, re.DOTALL | re.MULTILINE)


def test_the_page_of_events_is_the_one_that_is_made_from_the_fields() -> None:
    assert pages.PAGE.read_text(encoding="utf-8") == pages.events_page(), "write it: python -m tests.api.pages"


def test_the_table_of_errors_is_complete() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \| (.+) \|$", API, re.MULTILINE)
    assert {code: int(status) for status, code, _ in rows} == {**STATUS, **FRAMEWORK}
    assert rows == sorted(rows)


def test_every_filter_is_named() -> None:
    section = API.partition("## Lists and filters")[2].partition("\n## ")[0]
    assert [one for one in (*FACETS, "from", "to", "q") if f"`{one}`" not in section] == []


@pytest.fixture
def organiser(service: Service) -> dict[str, str]:
    """The environment of a reader of the page: the address of a real service, and a key."""
    service.start()
    done = service.enspired("keys", "create", "--programme", "enspired")
    return {**os.environ, "AGENDA": service.url, "KEY": done.stdout.strip()}


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_snippets_with_curl_run_as_they_stand(organiser: dict[str, str], tmp_path: Path) -> None:
    shell = "set -eu\nset -o pipefail\n" + "\n".join(snippets("sh"))
    done = subprocess.run(
        ["bash", "-c", shell], env=organiser, cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"role":"organiser"' in done.stdout
    assert done.stdout.rstrip().endswith("SUMMARY:Climate data in the classroom")
    assert '"status":"confirmed"' in (tmp_path / "event.json").read_text(encoding="utf-8")


def test_the_snippet_in_python_runs_as_it_stands_and_a_second_time(organiser: dict[str, str], tmp_path: Path) -> None:
    (program,) = snippets("python")
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program], env=organiser, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines() == ["confirmed", "{'cancellation': 1}", "40"]
