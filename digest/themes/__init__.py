"""Theme rules: which themes a story gets, and why."""
