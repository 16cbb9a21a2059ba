"""What the public pages are compared with: `python -m benchmarks.empty_site PORT`, a Starlette route that does nothing,
served as `roundup serve` serves."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def empty(_request: Request) -> Response:
    """Nothing."""
    return Response(b"")


if __name__ == "__main__":
    site = Starlette(routes=[Route("/", empty, methods=["GET", "POST"])])
    uvicorn.run(site, port=int(sys.argv[1]), access_log=False, log_level="warning", server_header=False)
