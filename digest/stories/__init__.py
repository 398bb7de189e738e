"""What the editor keeps: story files, their ledger, their themes."""
