"""The local preview: serves a built folder, and tells open pages when there is a new build.

    watcher ──▶ debounce ──▶ changed_files ──▶ (build) ──▶ state ──▶ app, inject ──▶ browser

Reads no content and builds nothing itself: `commands/serve.py` supplies the build.
"""
