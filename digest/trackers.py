"""The one list of what in a link tells of a visit or of the way to a page, and nothing of the page.

Some of it is taken off the links that are published (`is_tracker`). More of it is only passed over where links are
compared (`is_passing`): a site may want to see it, and an address that is published is not changed for our sake.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Parameters that tell who came from where and change nothing on the page that is shown.
_TRACKERS = (
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid"
    r"|_hsenc|_hsmi|mkt_tok|oly_anon_id|oly_enc_id|vero_id|wickedid|s_cid|cmpid|ncid|__twitter_impression"
)
# More of these, as analytics programs and single publishers have them in the links of their feeds.
_CAMPAIGNS = (
    r"(?:at|pk|mtm|matomo|piwik|hsa|wt)_\w+|wt\.\w+|xtor|xtref|icid|ito|ftag|ftcamp|smid|taid|tpcc|spm|rss|sc_src"
    r"|_ga|_gl|_openstat|gad_source|ref_?src|ref_url|guccounter|guce_referrer\w*|srsltid|mkcid|mkrid|campaign(?:_?id)?"
)
_SOURCES = r"(?:ref|referrer|source|src|via|from|origin|ocid|output)=(?:[\w.-]*[_.-])?(?:rss|feed)\w*"
"""Parameters that name where a reader came from, if that is a feed; other values of them may matter."""
_PLACEMENTS = r"(?:cmp|mod)=(?:\w*[_.:-][\w.:-]*|rss\w*|feed\w*)"
"""Parameters that name where a link stood, as `mod=hp_lead_pos1`; a plain word or number may name the page."""
_SESSIONS = (
    r"phpsessid|jsessionid|session_?id|sess_?id|aspsessionid\w*|cfid|cftoken|oscsid|zenid"
    r"|(?:sid|session|token|s)=[0-9a-f]{24,}"
)
"""Parameters that name a visit, and are another at the next one; some only where their value looks like it."""
_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
# The patterns of parameters are compiled when they are first asked for: many a build needs none of them.


@lru_cache(maxsize=1024)  # all stories of a feed have the same ones
def is_tracker(name: str) -> bool:
    """Tells whether a parameter of this name is taken off a link."""
    return re.fullmatch(_TRACKERS, name, re.IGNORECASE) is not None


@lru_cache(maxsize=4096)
def is_passing(part: str) -> bool:
    """Tells whether a parameter, `name=value`, says nothing of the page: it tracks, or names a visit."""
    pattern = f"{_TRACKERS}|{_CAMPAIGNS}|{_SOURCES}|{_PLACEMENTS}|{_SESSIONS}"
    return any(re.fullmatch(pattern, text, re.IGNORECASE) for text in (part.partition("=")[0], part))


def without_session(address: str) -> str:
    """Returns an address without the name of a visit in its path."""
    return _SESSION_PATH.sub("", address) if ";" in address else address
