"""The parameters of links that say how a reader came to a page, or identify a visit, not the page.

Three sets, each larger than the one before:

- `is_tracker`: ledgers store links without these, so this set never changes
- `is_dropped`: removed from links that are published
- `is_passing`: ignored when links are compared; a site may need them, so published links keep them
"""

from __future__ import annotations

import re
from functools import lru_cache

_TRACKERS = (
    r"utm_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh"
    r"|mc_cid|mc_eid|_hsenc|_hsmi|mkt_tok|oly_anon_id|oly_enc_id|vero_id|wickedid|s_cid|cmpid|ncid"
    r"|__twitter_impression"
)
# From analytics programs: AT Internet, Comscore, Matomo, Webtrekk, Webtrends, Coremetrics, HubSpot,
# Google, Yahoo…
_CAMPAIGNS = (
    r"at_(?:campaign|medium|format|creation|bbc_team|custom\d|link_\w+|ptr_name)"
    r"|ns_(?:mchannel|campaign|source|linkname|fee)"
    r"|(?:pk|mtm|matomo|piwik)_(?:campaign|cid|content|group|keyword|kwd|medium|placement|source)"
    r"|wt(?:\.\w+|_z?mc)|cm_mmc\w*|hsa_\w+|xtor|xtref|icid|ito|ftag|ftcamp|smid|emc|taid|tpcc|spm"
    r"|sc_src|traffic_source|feedname|echobox|_ga|_gl|_openstat|gad_source|ref_?src|guccounter"
    r"|guce_referrer\w*|srsltid|mkcid|mkrid|li_fat_id|wprss"
)
_FEED = r"(?:[\w.-]*[_.:-])?(?:rss\w*(?:[_.:-][\w.:-]*)?|atom|feeds?|feedburner|feedly)"
_FROM_A_FEED = (
    r"(?:ref|referrer|\.?tsrc|source|src|via|from|origin|partner|ocid|cid|mbid|medium|campaign|cmp"
    r"|mod|feedtype)=" + _FEED
)
"""Parameters that say where a reader came from, if that is a feed; other values may matter."""
_DOUBTFUL = (
    r"(?:at|pk|mtm|matomo|piwik|wt)_\w+|rss|ref_url|campaign(?:_?id)?"
    r"|(?:ref|referrer|source|src|via|from|origin|ocid|output)=(?:[\w.-]*[_.-])?(?:rss|feed)\w*"
)
_PLACEMENTS = r"(?:cmp|mod)=(?:\w*[_.:-][\w.:-]*|rss\w*|feed\w*)"
"""Parameters that say where a link was, such as `mod=hp_lead_pos1`; a plain value may matter."""
_SESSIONS = (
    r"phpsessid|jsessionid|session_?id|sess_?id|aspsessionid\w*|cfid|cftoken|oscsid|zenid"
    r"|(?:sid|session|token|s)=[0-9a-f]{24,}"
)
"""Parameters that identify a visit and differ next time; some only with a value like that."""
_SESSION_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
# The patterns of parameters are compiled at their first use: many builds need none of them.


@lru_cache(maxsize=1024)  # all stories of a feed have the same ones
def is_tracker(name: str) -> bool:
    """True if ledgers store links without a parameter of this name."""
    return re.fullmatch(_TRACKERS, name, re.IGNORECASE) is not None


@lru_cache(maxsize=4096)
def is_dropped(part: str) -> bool:
    """True if a parameter, `name=value`, is removed from published links."""
    return _is_one_of(f"{_TRACKERS}|{_CAMPAIGNS}|{_FROM_A_FEED}", part)


@lru_cache(maxsize=4096)
def is_passing(part: str) -> bool:
    """True if a parameter, `name=value`, does not identify the page, only a source or a visit."""
    return is_dropped(part) or _is_one_of(f"{_DOUBTFUL}|{_PLACEMENTS}|{_SESSIONS}", part)


def is_tracking_fragment(fragment: str) -> bool:
    """True if a fragment has only trackers, as in `#xtor=RSS-1`, and is not a place on the page."""
    parts = fragment.lstrip("?!").removeprefix("sa-").split("&")
    return "=" in fragment and all(map(is_dropped, parts))


def without_session(address: str) -> str:
    """Returns a URL without the id of a visit in its path."""
    return _SESSION_PATH.sub("", address) if ";" in address else address


def _is_one_of(pattern: str, part: str) -> bool:
    return any(
        re.fullmatch(pattern, text, re.IGNORECASE) for text in (part.partition("=")[0], part)
    )
