"""An edition as a message (RFC 5322): headers, a text part and an HTML part.

The same edition gives the same bytes: no clock is read, and the boundary is made from the edition's
id. Line breaks in a title cannot make headers, since each header gets one line of text.
"""

from __future__ import annotations

import hashlib
import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime

from digest import urls
from digest.model import Mail
from digest.site.mail.edition import EditionMail

_OF_MIME = ("MIME", "Cont")
_BOUNDARY = re.compile(r"=_[0-9a-f]{32}")


def message_id(mail: EditionMail, site: str) -> str:
    """Returns the Message-ID of an edition: the same as long as the site has this URL."""
    return f"<{mail.id.rpartition(':')[2]}@{urls.host_of(site)}>"


def message(mail: EditionMail, settings: Mail, site: str) -> bytes:
    """Returns an edition as a message, ready to be sent or written to a file."""
    made = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    made["From"] = settings.sender
    made["To"] = settings.to or settings.sender
    made["Subject"] = " ".join(mail.subject.split())
    made["Date"] = format_datetime(mail.date)
    made["Message-ID"] = message_id(mail, site)
    made.set_content(mail.text)
    made.add_alternative(mail.page, subtype="html")
    made.set_boundary(f"=_{hashlib.sha256(mail.id.encode()).hexdigest()[:32]}")
    # Not by the library: it would encode a long URL, and mail programs could not read it.
    link = f"List-Unsubscribe: <{settings.unsubscribe}>\r\n" if settings.unsubscribe else ""
    return link.encode() + made.as_bytes()


def is_message(content: bytes) -> bool:
    """True if a file's content is a message of an edition that Digest made."""
    boundary = message_from_bytes(content).get_boundary("")
    return _BOUNDARY.fullmatch(boundary) is not None


def headers(made: bytes) -> list[str]:
    """Returns the headers of a message as a mail program shows them, without those about MIME."""
    parsed = message_from_bytes(made, policy=default)
    return [f"{name}: {value}" for name, value in parsed.items() if name[:4] not in _OF_MIME]
