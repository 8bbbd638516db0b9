"""The REST API of the carrier as values: a request in, a status and a body out; no HTTP."""
