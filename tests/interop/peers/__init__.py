# SPDX-License-Identifier: Apache-2.0
"""The programs that we did not write, and the servers under test."""
