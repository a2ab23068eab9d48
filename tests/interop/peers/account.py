# SPDX-License-Identifier: Apache-2.0
"""What a person types into a phone."""

import dataclasses

from .server import Server


@dataclasses.dataclass(frozen=True)
class Account:
    server: Server
    user: str
    password: str
    transport: str = "udp"
    domain: str = ""  # a name instead of the server's address; needs the outbound proxy
    outbound: bool = False  # everything goes by the server, also for foreign domains

    @property
    def host(self):
        return self.domain or self.server.address(self.transport)

    @property
    def uses_proxy(self):
        return self.outbound or bool(self.domain)

    @property
    def parameter(self):
        return "" if self.transport == "udp" else f";transport={self.transport}"

    @property
    def server_uri(self):
        return f"sip:{self.server.address(self.transport)}{self.parameter}"

    @property
    def address_of_record(self):
        return f"sip:{self.user}@{self.host}"

    def uri_of(self, user):
        """Another user of the same domain, without the transport."""
        return f"sip:{user}@{self.host}"
