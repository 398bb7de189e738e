"""The digest's files: story files, letters, pages and ledgers, read into values and written."""
