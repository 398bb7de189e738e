"""The desk, where a week is curated in the browser: a part of `digest serve`."""
