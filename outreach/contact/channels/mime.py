"""A letter as the bytes of a mail: text and HTML, one-click unsubscribe, one identity for every attempt. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from outreach.contact.letter import Letter, one_line

# Folding would break a long link apart into encoded words; every mail server takes lines of 998 octets (RFC 5322).
_POLICY = SMTP.clone(max_line_length=998)
_LINE_END = re.compile(rb"\r\n|\r|\n")


class Unsendable(ValueError):
    """The letter cannot be a mail, for example because its address is none."""


def mail(letter: Letter, sender: str, reply_to: str | None, at: datetime) -> bytes:
    """The letter as a mail with CRLF line ends, ASCII only. Raises Unsendable."""
    message = EmailMessage(policy=_POLICY)
    name, address = parseaddr(sender)
    try:
        message["From"] = Address(one_line(name), addr_spec=address)
        message["To"] = Address(one_line(letter.recipient_name), addr_spec=letter.address)
        message["Subject"] = one_line(letter.subject)
        if reply_to:
            message["Reply-To"] = Address(addr_spec=reply_to)
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{letter.message_id}>"
        message["Content-Language"] = letter.language
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        message["X-Forewarn-Case"] = letter.reference
        message.set_content(letter.text, cte="quoted-printable")
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
        return message.as_bytes()
    except (MessageError, ValueError, LookupError) as error:
        raise Unsendable(str(error)) from error


def transparent(data: bytes) -> bytes:
    """The mail as SMTP carries it: CRLF, leading dots doubled, the closing dot (RFC 5321 section 4.5.2)."""
    lines = _LINE_END.split(data.rstrip(b"\r\n"))
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b"\r\n.\r\n"
