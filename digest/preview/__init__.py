"""The preview: what an editor sees while writing. It shows a folder in the browser, and tells when it has changed.

    watching ──▶ batches ──▶ seen ──▶ (somebody builds) ──▶ board ──▶ app, in server ──▶ dressing ──▶ the browser

Refuses to build anything, and to know what a story is: `commands/serve.py` brings the two together.
"""
