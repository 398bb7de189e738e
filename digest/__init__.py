"""Digest: feeds pulled into Markdown, curated by hand, published as a static archive."""

__version__ = "0.1.0"
