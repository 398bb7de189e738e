"""The desk: the pages below `/_desk/` in the preview, where a week is curated in the browser.

    request ──requests──▶ refused, or a form ──form──▶ changes of a story
    story, annotation ──view──▶ DeskCard ──card.html──▶ HTML

No files are read or written here: `commands/desk/desk.py` reads the content, carries out the changes,
and renders the templates.
"""
