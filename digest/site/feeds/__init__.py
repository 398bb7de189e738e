"""Atom feeds, JSON Feed and OPML."""
