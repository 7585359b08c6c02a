"""Who may talk to the server of a review: the one browser that got its address, from its own page.

Any program on the machine and any page in any browser can send requests to 127.0.0.1. So a request needs the token,
which only the printed address has; the `Host` of this server, so that no other name can lead here (DNS rebinding);
and, where the browser states one, this server as its origin.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

LOCAL = ("127.0.0.1", "localhost")
OWN_SITE = ("same-origin", "none")  # of Sec-Fetch-Site: our page, or an address that a person has typed
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # the first address has the token
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Access:
    """The port and the token of one server."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://{LOCAL[0]}:{self.port}/?token={self.token}"

    @property
    def cookie(self) -> str:
        """The name of the cookie: browsers keep cookies by host, not by port."""
        return f"semscan-review-{self.port}"

    def is_token(self, given: str | None) -> bool:
        """Return whether this is the token; takes the same time for any text."""
        return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())

    def refusal(self, headers: Mapping[str, str], *, changes: bool) -> str | None:
        """Return why a request is refused for where it comes from; None if it is not.

        `changes` is True for a request that writes: browsers always state the origin of those.
        """
        hosts = [f"{name}:{self.port}" for name in LOCAL]
        if headers.get("Host") not in hosts:
            return "this server answers to its own address only"
        origin = headers.get("Origin")
        if origin not in ([] if changes else [None]) + [f"http://{host}" for host in hosts]:
            return "this request comes from another page"
        if headers.get("Sec-Fetch-Site", OWN_SITE[0]) not in OWN_SITE:
            return "this request comes from another page"
        return None
