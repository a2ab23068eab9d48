# SPDX-License-Identifier: Apache-2.0
"""Every module here has CASES, a list of harness.suite.Case."""

from . import (
    agent,
    bridges,
    calls,
    extensions,
    nats,
    neighbour,
    refusals,
    scanners,
    sipp_media,
    talks,
    tls,
    tools,
    turn,
)

MODULES = (
    calls,
    agent,
    talks,
    extensions,
    sipp_media,
    bridges,
    refusals,
    tools,
    tls,
    turn,
    nats,
    neighbour,
    scanners,
)
ALL_CASES = [case for module in MODULES for case in module.CASES]
