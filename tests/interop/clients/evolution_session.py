"""Evolution's calendar service held by one program in a D-Bus session of its own, ordered over stdin.

Run by the system's Python (which has the bindings of libecal), not by ours:
`dbus-run-session -- python3 evolution_session.py SOURCE_UID`. Each line on stdin asks for everything that the service
holds; the answer is one line of JSON, a list of VEVENT texts. Ends at the end of stdin.
"""

import json
import sys

import gi  # type: ignore[import-not-found]

gi.require_version("ECal", "2.0")
gi.require_version("EDataServer", "1.2")
from gi.repository import ECal, EDataServer, Gio, GLib  # type: ignore[import-not-found]  # noqa: E402

_WAIT_SECONDS = 30


def main(uid: str) -> None:
    """Opens the calendar, keeps it open and answers."""
    registry = EDataServer.SourceRegistry.new_sync(None)
    source = registry.ref_source(uid)
    kind = ECal.ClientSourceType.EVENTS
    client = ECal.Client.connect_sync(source, kind, _WAIT_SECONDS, None)
    loop = GLib.MainLoop()
    stdin = Gio.DataInputStream.new(Gio.UnixInputStream.new(0, False))

    def asked(stream: Gio.DataInputStream, result: Gio.AsyncResult) -> None:
        line, _ = stream.read_line_finish_utf8(result)
        if line is None:
            loop.quit()
            return
        _, components = client.get_object_list_sync("#t", None)
        print(json.dumps([component.as_ical_string() for component in components]), flush=True)
        stream.read_line_async(GLib.PRIORITY_DEFAULT, None, asked)

    stdin.read_line_async(GLib.PRIORITY_DEFAULT, None, asked)
    loop.run()


if __name__ == "__main__":
    main(sys.argv[1])
