"""How others send the same issue: programs of their own, started by path, that import nothing of roundup.

Each is given what it needs as one JSON object in its first argument and prints one: `messages`, and the `seconds` and
the `cpu` seconds of the sending alone, imports and reading of files left out. Each has as many connections as roundup
has in the same case, and keeps them open; none keeps a journal, retries, or would know after a crash whom it had
served.
"""
