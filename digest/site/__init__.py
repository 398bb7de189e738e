"""The site as values, and as files: the archive arranged, planned, rendered and written."""
