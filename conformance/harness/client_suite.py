"""Runs a module of a client's own test suite against a server on any port, and prints what came of it as JSON.

    python client_suite.py DIRECTORY MODULE HOST:PORT

The suite names its server `localhost:8000`. Nothing of it is changed: only where that name leads is.
"""

import json
import socket
import sys
import unittest

NAMED = ("localhost", 8000)


def lead(host, port):
    """Makes the name that the suite has for its server lead to this address."""
    look_up = socket.getaddrinfo

    def getaddrinfo(name, service, *arguments, **options):
        if (name, service) == NAMED:
            name, service = host, port
        return look_up(name, service, *arguments, **options)

    socket.getaddrinfo = getaddrinfo


def main(directory, module, address):
    host, port = address.rsplit(":", 1)
    lead(host, int(port))
    sys.path.insert(0, directory)
    result = unittest.TextTestRunner(stream=sys.stderr, verbosity=2).run(unittest.defaultTestLoader.loadTestsFromName(module))
    bad = result.failures + result.errors
    summary = {
        "run": result.testsRun,
        "skipped": len(result.skipped),
        "failed": {str(test): trace for test, trace in bad},
    }
    print(json.dumps(summary))


if __name__ == "__main__":
    main(*sys.argv[1:])
