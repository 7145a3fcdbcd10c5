"""Which process runs a test when several run side by side."""

from xdist.scheduler import LoadScopeScheduling

from .places import PLACES


class BySharedServer(LoadScopeScheduling):
    """The tests of a module over one place share a server, and so stay together; each process takes the next such lot."""

    def _split_scope(self, nodeid):
        module, _, rest = nodeid.partition("::")
        parameters = rest.partition("[")[2].rstrip("]").split("-")
        return next((f"{module} over {part}" for part in parameters if part in PLACES), module)
