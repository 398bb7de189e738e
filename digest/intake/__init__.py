"""How a pull turns feed entries into stories: which are new, which are known, what has changed."""
