"""Timelines as people write them: `document.py` bytes to lines, `lead.py` the time a line begins with, `entries.py` lines to entries."""
