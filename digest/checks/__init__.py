"""Checks of content that is valid: slips in Markdown, and what an editor may want to look at."""
