# SPDX-License-Identifier: Apache-2.0
"""What every case stands on: waiting, processes, ports, namespaces, and the list of cases."""
