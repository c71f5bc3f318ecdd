"""Real calendar programs subscribed to the real service: what they ask, and what they then hold.

`python -m tests.interop.clients` runs them; docs/interop.md tells what was seen. Not collected by pytest: the programs
are large and poll once a minute. tests/journeys/test_captured_clients.py replays what they asked.
"""
