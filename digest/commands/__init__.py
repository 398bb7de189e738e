"""One file a command: its run from top to bottom, ending in a report."""
