"""What the publishers say: fetching feeds, and reading them as entries of plain text."""
