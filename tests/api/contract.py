"""Holds every answer that a test gets against the API's own description: status, headers, body."""

import json
import re
from typing import Any

import httpx
from litestar import Litestar

from scheduler.web.api.reference import PREFIX, document
from tests.api.json_schema import faults

OUTSIDE = {400, 404, 405}
"""What an address or a method that is not described may answer."""


class Contract:
    """The description of a running service, and a check of answers against it."""

    def __init__(self, app: Litestar) -> None:
        self.document = document(app)
        templates = sorted(self.document["paths"], key=lambda path: path.count("{"))
        self._paths = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "/?"), path) for path in templates]

    def operation(self, method: str, path: str) -> dict[str, Any] | None:
        """The described operation of a request, None when there is none."""
        found = next((template for shape, template in self._paths if shape.fullmatch(path)), None)
        item = self.document["paths"][found] if found else {}
        operation: dict[str, Any] | None = item.get("get" if method == "HEAD" else method.lower())
        return operation

    def check(self, response: httpx.Response) -> None:
        """Raises AssertionError, naming the request, for an answer that is not as described."""
        request = response.request
        path = re.sub("//+", "/", request.url.path)
        if not path.startswith(PREFIX):
            return
        where = f"{request.method} {path} -> {response.status_code} {response.text[:2000]}"
        assert response.status_code < 500 or response.status_code == 503, where
        for name in ("x-content-type-options", "content-security-policy", "referrer-policy", "cache-control"):
            assert name in response.headers, f"{name} is missing: {where}"
        assert "authorization" in response.headers["vary"].lower(), where
        assert "access-control-allow-origin" not in response.headers, where
        operation = self.operation(request.method, path)
        if operation is None:
            assert response.status_code in OUTSIDE or request.method == "OPTIONS", where
            return
        described = operation["responses"].get(str(response.status_code))
        assert described is not None, f"not a described status: {where}"
        wrong = self._wrong(response, described, request.method)
        assert not wrong, f"{wrong}: {where}"

    def _wrong(self, response: httpx.Response, described: dict[str, Any], method: str) -> list[str]:
        content = described.get("content", {})
        if method == "HEAD" or not content:
            return ["a body where none is described"] if response.content else []
        media = response.headers.get("content-type", "").partition(";")[0]
        if media not in content:
            return [f"{media} instead of {list(content)}"]
        return list(faults(json.loads(response.content), content[media]["schema"], self.document))
