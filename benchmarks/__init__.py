"""How long Digest takes and how much memory: digests of any size, our timings, and other generators beside them."""
