"""What `digest init` writes into a new digest, and `digest upgrade` brings up to date."""
