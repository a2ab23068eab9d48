# SPDX-License-Identifier: Apache-2.0
"""Every program that the cases use, and the Debian package that brings it."""

import dataclasses
import glob
import os
import shutil


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    package: str

    def path(self):
        """Servers live in sbin, which is not on everybody's PATH."""
        search = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
        return shutil.which(self.name, path=search)

    def is_here(self):
        return self.path() is not None


class Library(Program):
    """Files that another program loads; the name is a pattern."""

    def is_here(self):
        return bool(glob.glob(self.name))


BARESIP = Program("baresip", "baresip-core")
LINPHONE = Program("linphonec", "linphone-cli")
TWINKLE = Program("twinkle-console", "twinkle-console")
SIPP = Program("sipp", "sip-tester")
SIPSAK = Program("sipsak", "sipsak")
SVMAP = Program("svmap", "sipvicious")
SVWAR = Program("svwar", "sipvicious")
SVCRACK = Program("svcrack", "sipvicious")
KAMAILIO = Program("kamailio", "kamailio")
KAMAILIO_TLS = Library("/usr/lib/*/kamailio/modules/tls.so", "kamailio-tls-modules")
NICE = Library("/usr/lib/*/libnice.so.10", "libnice10")
UCLIENT = Program("turnutils_uclient", "coturn")
TURNSERVER = Program("turnserver", "coturn")
STUNCLIENT = Program("turnutils_stunclient", "coturn")
OPENSSL = Program("openssl", "openssl")
IP = Program("ip", "iproute2")
NSENTER = Program("nsenter", "util-linux")
NFT = Program("nft", "nftables")

ALL = (
    BARESIP,
    LINPHONE,
    TWINKLE,
    SIPP,
    SIPSAK,
    SVMAP,
    SVWAR,
    SVCRACK,
    KAMAILIO,
    KAMAILIO_TLS,
    NICE,
    UCLIENT,
    TURNSERVER,
    STUNCLIENT,
    OPENSSL,
    IP,
    NSENTER,
    NFT,
)


def packages():
    return sorted({program.package for program in ALL})
