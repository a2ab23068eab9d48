# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: servers that are started alternately, and what is measured of them."""
