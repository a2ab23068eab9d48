# SPDX-License-Identifier: Apache-2.0
"""Every module here has CASES, a list of harness.suite.Case."""

from . import calls, refusals

ALL_CASES = [case for module in (calls, refusals) for case in module.CASES]
