"""Social cards: the pictures that other sites show when a page is shared (the extra `cards`)."""
