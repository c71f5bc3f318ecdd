"""What a check found."""

from typing import Literal

from msgspec import Struct

State = Literal["ok", "note", "problem"]
SIGNS: dict[State, str] = {"ok": "✓", "note": "!", "problem": "✕"}


class Finding(Struct, frozen=True):
    """One line of `enspired doctor`: what was looked at, how it stands, what was seen, what to do about it."""

    check: str
    state: State
    detail: str
    fix: str = ""


def ok(check: str, detail: str) -> Finding:
    """All is well."""
    return Finding(check, "ok", detail)


def note(check: str, detail: str, fix: str) -> Finding:
    """It works, but somebody should know."""
    return Finding(check, "note", detail, fix)


def problem(check: str, detail: str, fix: str) -> Finding:
    """It does not work, or will stop working."""
    return Finding(check, "problem", detail, fix)
