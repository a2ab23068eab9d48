# SPDX-License-Identifier: Apache-2.0
"""Kamailio: a neighbouring domain, and a stand-in for the server under test.

The stand-in proves that a case fails for Belfry's reasons and not for the harness's.
"""

import glob
import os
import subprocess

from . import programs
from .server import Server

CONFIG = os.path.join(os.path.dirname(__file__), "kamailio.cfg")


class Kamailio(Server):
    def command(self):
        directory = self.stage.path(self.name)
        os.makedirs(directory, exist_ok=True)
        self.make_certificate(directory)
        config = self.stage.write(f"{self.name}/kamailio.cfg", self.config(directory))
        # Little memory, no daemon, log to standard error, and nothing outside the directory.
        return [
            programs.KAMAILIO.path(),
            *("-f", config, "-m", "32", "-M", "8", "-DD", "-E"),
            *("-P", f"{directory}/pid", "-Y", directory),
        ]

    def config(self, directory):
        listen, passwords = [], []
        for host in self.setup.hosts:
            listen += [f"listen={kind}:{host}:{self.port}" for kind in ("udp", "tcp")]
            listen += [f"listen=tls:{host}:{self.tls_port}"]
        for user, password in self.setup.passwords.items():
            passwords.append(f'$sht(passwords=>{user}) = "{password}";')
        accepted = self.setup.accept_from
        values = {
            "OWN": one_of((self.domain, *self.setup.hosts)),
            "ACCEPT_FROM": ".*" if accepted == ("any",) else one_of(accepted),
            "LISTEN": "\n".join(listen),
            "PASSWORDS": "\n\t".join(passwords),
            "DOMAIN": self.domain,
            "DIRECTORY": directory,
            "MODULES": glob.glob("/usr/lib/*/kamailio/modules")[0],
        }
        with open(CONFIG, encoding="ascii") as file:
            text = file.read()
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        return text

    def make_certificate(self, directory):
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", f"/CN={self.domain}"),
                *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                *("-keyout", f"{directory}/key.pem", "-out", f"{directory}/cert.pem"),
            ],
            check=True,
            capture_output=True,
            timeout=20,
        )


def one_of(domains):
    """A regular expression for Kamailio."""
    return "^(" + "|".join(domain.replace(".", "\\.") for domain in domains) + ")$"
