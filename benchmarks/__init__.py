"""Speed, side by side with other programs. Nothing here runs in the test suite: `python -m benchmarks.feed_http`."""
