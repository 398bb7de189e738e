"""One module for each command: its work from top to bottom, ending in a report."""
