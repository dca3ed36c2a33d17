"""Print an interface in the middle of an organization that may ask all private addresses: python -m … SNAPSHOT

A program of its own, so that a measured process does not start from one that holds the organization: the system counts
the memory of whoever starts a process as a peak of that process.
"""

import sys

from reachsim import load

if __name__ == "__main__":
    interfaces = [one for one in load(sys.argv[1]).network.interfaces if one.split("-")[2:3] == ["batch"]]
    print(interfaces[len(interfaces) // 2])
