"""The one list of link parameters that say how a reader came to a page, or name a visit, and say nothing of the page.

Three lists, each wider than the one before. `is_tracker`: ledgers store links without these, so this list is never
changed.
`is_dropped`: taken off the links that are published. `is_passing`: ignored when links are compared, but a site may need
to see it, so it stays in a published link.
"""

from __future__ import annotations

import re
from functools import lru_cache

_TRACKERS = (
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid"
    r"|_hsenc|_hsmi|mkt_tok|oly_anon_id|oly_enc_id|vero_id|wickedid|s_cid|cmpid|ncid|__twitter_impression"
)
# What analytics programs add: AT Internet, Comscore, Matomo, Webtrekk, Webtrends, Coremetrics, HubSpot, Google, Yahoo…
_CAMPAIGNS = (
    r"at_(?:campaign|medium|format|creation|bbc_team|custom\d|link_\w+|ptr_name)|ns_(?:mchannel|campaign|source|linkname"
    r"|fee)|(?:pk|mtm|matomo|piwik)_(?:campaign|cid|content|group|keyword|kwd|medium|placement|source)|wt(?:\.\w+|_z?mc)"
    r"|cm_mmc\w*|hsa_\w+|xtor|xtref|icid|ito|ftag|ftcamp|smid|emc|taid|tpcc|spm|sc_src|traffic_source|feedname|echobox"
    r"|_ga|_gl|_openstat|gad_source|ref_?src|guccounter|guce_referrer\w*|srsltid|mkcid|mkrid|li_fat_id|wprss"
)
_FEED = r"(?:[\w.-]*[_.:-])?(?:rss\w*(?:[_.:-][\w.:-]*)?|atom|feeds?|feedburner|feedly)"
_FROM_A_FEED = (
    r"(?:ref|referrer|\.?tsrc|source|src|via|from|origin|partner|ocid|cid|mbid|medium|campaign|cmp|mod|feedtype)="
    + _FEED
)
"""Parameters that name where a reader came from, if that is a feed; other values of them may matter."""
_DOUBTFUL = (
    r"(?:at|pk|mtm|matomo|piwik|wt)_\w+|rss|ref_url|campaign(?:_?id)?"
    r"|(?:ref|referrer|source|src|via|from|origin|ocid|output)=(?:[\w.-]*[_.-])?(?:rss|feed)\w*"
)
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
    """Tells whether links are named in ledgers without a parameter of this name."""
    return re.fullmatch(_TRACKERS, name, re.IGNORECASE) is not None


@lru_cache(maxsize=4096)
def is_dropped(part: str) -> bool:
    """Tells whether a parameter, `name=value`, is taken off a link that is published."""
    return _is_one_of(f"{_TRACKERS}|{_CAMPAIGNS}|{_FROM_A_FEED}", part)


@lru_cache(maxsize=4096)
def is_passing(part: str) -> bool:
    """Tells whether a parameter, `name=value`, says nothing of the page: it tracks, or names a visit."""
    return is_dropped(part) or _is_one_of(f"{_DOUBTFUL}|{_PLACEMENTS}|{_SESSIONS}", part)


def is_tracking_fragment(fragment: str) -> bool:
    """Tells whether a fragment holds only trackers, as in `#xtor=RSS-1`, and so leads to no place on the page."""
    parts = fragment.lstrip("?!").removeprefix("sa-").split("&")
    return "=" in fragment and all(map(is_dropped, parts))


def without_session(address: str) -> str:
    """Returns an address without the name of a visit in its path."""
    return _SESSION_PATH.sub("", address) if ";" in address else address


def _is_one_of(pattern: str, part: str) -> bool:
    return any(
        re.fullmatch(pattern, text, re.IGNORECASE) for text in (part.partition("=")[0], part)
    )
