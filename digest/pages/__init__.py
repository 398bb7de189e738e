"""What the readers get: the archive arranged, rendered and written."""
