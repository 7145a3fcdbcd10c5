"""What every API client offers the tests: one call, one error."""


class ApiError(Exception):
    """An operation failed, as the client told it."""

    def __init__(self, code, http_status, message, request_id, exception_class, details=None):
        super().__init__(f"{exception_class}: {http_status} {code}: {message}")
        self.code = code
        self.http_status = http_status
        self.message = message
        self.request_id = request_id
        self.exception_class = exception_class
        self.details = details or {}


class ApiClient:
    """One official client, set to one server and one key.

    Parameters are given by wire name as Python values; each client sends them its own way: lists as lists,
    structures as dictionaries.
    """

    name = ""
    label = ""
    products = ("live", "cams")
    # Whether an error of the client carries the HTTP status.
    tells_status = True

    def __init__(self, server, key=None, ledger=None):
        self.server = server
        self.key = key or server.key
        self.ledger = ledger

    def call(self, action, params=None, product="live"):
        """Calls an operation: the response body as a dictionary, or ApiError."""
        if self.ledger:
            self.ledger.attempt(self.name, action)
        body = self.invoke(product, action, params or {})
        if self.ledger:
            self.ledger.success(self.name, action)
        return body

    def invoke(self, product, action, params):
        """The call itself, by the client's own means."""
        raise NotImplementedError
