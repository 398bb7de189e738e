"""Atom feeds, JSON Feed, OPML and the sitemap."""
