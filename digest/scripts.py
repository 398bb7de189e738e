"""Scripts that are written without spaces, as ranges for a character class in a pattern.

How long a text may be (`content/excerpt`) and how wide it is (`site/mail/text`) are other
questions, with ranges of their own.
"""

from __future__ import annotations

UNSPACED = (
    "\u0e01-\u0e5b\u0e81-\u0edf\u1000-\u109f\u1780-\u17ff"
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30ff"
    "\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Han, kana and bopomofo."""
HANGUL = "\uac00-\ud7a3"
"""Korean has spaces, but only between groups of words."""
