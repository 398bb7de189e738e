"""What several commands share: the call and its options, completion, and how output is formatted."""
