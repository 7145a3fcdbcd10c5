"""What the tests stand on: servers, clients, raw wire, relays. Nothing here knows the code of the server."""
