"""A WebSocket server of the live tests: Python's websockets.

Prints {"port": N, "version": "..."} when it listens; arguments are a
certificate and its key, PEM files, to speak TLS. When its standard input ends
it closes what is open, prints what it counted and exits, so it never outlives
the test.
"""

import asyncio
import collections
import json
import ssl
import sys

import websockets
import websockets.version

counts = {"upgrades": 0, "established": 0, "closed": collections.Counter(), "open": 0}


async def request_head(*_):
    counts["upgrades"] += 1


async def welcome(connection, *_):
    counts["established"] += 1
    await connection.wait_closed()
    counts["closed"][connection.close_code] += 1


def tls():
    if len(sys.argv) < 3:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    return context


async def main():
    server = await websockets.serve(
        welcome, "127.0.0.1", 0, process_request=request_head, ssl=tls(), backlog=4096
    )
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"port": port, "version": websockets.version.version}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()
    await server.wait_closed()
    print(json.dumps(counts))


asyncio.run(main())
