"""The parts of `feeds.read`: lines, components, values, zones, entries, series."""
