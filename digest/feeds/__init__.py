"""Feeds and web pages: fetched, and parsed into entries of plain text."""
