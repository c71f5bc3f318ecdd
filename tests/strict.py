"""A skip is a failure where everything is present: `ENSPIRED_TEST_STRICT=1`, as .ci/run sets it.

On a developer's machine a test whose real part is absent skips with one line. In CI that line would hide
that nobody runs the test at all. An expected failure (`xfail`) is not a skip and stays what it is.
"""

import os
from collections.abc import Generator

import pytest


def is_strict() -> bool:
    """Whether skips count as failures in this run."""
    return os.environ.get("ENSPIRED_TEST_STRICT", "") not in {"", "0"}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn the skip of a test into its failure."""
    report = yield
    _judge(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turn the skip of a whole file into its failure."""
    report = yield
    _judge(report)
    return report


def _judge(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (is_strict() and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"skipped, and under ENSPIRED_TEST_STRICT a skip is a failure: {reason}"
