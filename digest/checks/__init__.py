"""Checks of content that is valid: mistakes in Markdown, and what an editor may want to look at."""
