"""Finds saved copies of pages that are gone, with the availability API of the Wayback Machine.

https://archive.org/help/wayback_api.php
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlencode, urlsplit

from digest import redact, urls
from digest.feeds import fetch, private_networks
from digest.feeds.limits import Limits
from digest.model import Failed

AVAILABILITY = "https://archive.org/wayback/available"


def find(
    addresses: Iterable[str], *, agent: str, now: datetime, limits: Limits
) -> tuple[dict[str, str], str]:
    """Returns the URLs of saved copies by address, and why others could not be asked for, or "".

    Addresses that have secrets or lead into private networks are not sent to the service.
    """
    asked = [address for address in addresses if _is_for_others(address)]
    if not asked:
        return {}, ""
    queries = [f"{AVAILABILITY}?{urlencode({'url': address})}" for address in asked]
    answers = fetch.fetch_pages(queries, agent=agent, now=now, limits=limits)
    copies, reason = dict[str, str](), ""
    for address, answer in zip(asked, answers, strict=True):
        try:
            if isinstance(answer, Failed):
                raise ValueError(answer.reason)
            copies[address] = copy_in(answer.body or b"")
        except ValueError as error:
            reason = reason or str(error)
    return copies, reason


def copy_in(answer: bytes) -> str:
    """Returns the URL of the copy in an answer of the API, "" if there is none.

    Raises ValueError if the answer cannot be understood.
    """
    try:
        closest = json.loads(answer)["archived_snapshots"].get("closest") or {}
        found = urls.web_link(closest["url"]) if closest.get("available") else ""
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise ValueError("its answer cannot be understood") from error
    return re.sub(r"^http://(?=web\.archive\.org/)", "https://", found or "")


def _is_for_others(address: str) -> bool:
    """True if an address has no secret and a public host; one without a dot in it is not."""
    host = urlsplit(address).hostname or ""
    return (
        "." in host
        and not redact.secret_names(address)
        and not private_networks.is_private_link(address)
    )
