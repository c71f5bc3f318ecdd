"""What the documents say is so: dependencies, the README's commands, the change log."""

import re
import subprocess
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from sys import stdlib_module_names
from typing import Any

from tests.floors import HOUSES, ROOT, imports

COMMANDS = [
    "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/enspired demo",
    ".venv/bin/pip install -e '.[dev]' && .venv/bin/pytest",
]


def project() -> dict[str, Any]:
    """pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def name_of(requirement: str) -> str:
    """`sqlalchemy[asyncio]>=2.1` -> `sqlalchemy`."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return normal(match[0])


def normal(name: str) -> str:
    """A distribution's name as PEP 503 spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def documented(page: Path) -> dict[str, list[str]]:
    """The packages in the tables of docs/dependencies.md, per heading; every row has a licence and a reason."""
    found: dict[str, list[str]] = {}
    heading = ""
    for line in page.read_text().splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("| ") and not line.startswith("| package"):
            name, licence, reason = (cell.strip() for cell in line.strip("|").split("|"))
            assert licence, name
            assert len(reason) > 10, name
            found.setdefault(heading, []).append(name)
    return found


def test_every_dependency_has_a_licence_and_a_reason() -> None:
    described = project()
    extras = described["project"]["optional-dependencies"]
    own = described["project"]["name"]
    named = {
        "The service": described["project"]["dependencies"],
        "Extras": [one for name, packages in extras.items() if name != "dev" for one in packages],
        "Development and tests": [one for one in extras["dev"] if name_of(one) != own],
        "Build": described["build-system"]["requires"],
    }
    assert documented(ROOT / "docs/dependencies.md") == {
        heading: [name_of(one) for one in packages] for heading, packages in named.items()
    }


def test_every_library_that_the_houses_import_is_a_declared_dependency() -> None:
    described = project()["project"]
    extras = described["optional-dependencies"]
    declared = {name_of(one) for one in described["dependencies"]}
    declared |= {name_of(one) for name in ("postgres", "metrics", "lmtp") for one in extras[name]}
    owners = packages_distributions()
    undeclared = {
        f"{one.module} imports {one.name}"
        for one in imports(ROOT)
        if (top := one.name.split(".")[0]) not in {*HOUSES, *stdlib_module_names, "*"}
        and not {normal(owner) for owner in owners.get(top, [])} & declared
    }
    assert undeclared == set()


def test_the_readme_holds_the_two_commands_and_ci_runs_these_very_lines() -> None:
    fenced = re.findall(r"^```\w*\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    lines = [line for block in fenced for line in block.splitlines()]
    assert [line for line in lines if line in COMMANDS] == COMMANDS
    run = subprocess.run(["bash", ROOT / ".ci/run", "--commands"], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == COMMANDS


def test_the_change_log_keeps_a_place_for_what_is_not_released_yet() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert headings[0] == "Unreleased"


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)} -> {target}"
        for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]
    assert broken == []
