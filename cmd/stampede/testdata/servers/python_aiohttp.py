"""A WebSocket server of the live tests: Python's aiohttp.

Prints {"port": N, "version": "..."} when it listens; arguments are a
certificate and its key, PEM files, to speak TLS. When its standard input ends
it waits for what is open, prints what it counted and exits, so it never
outlives the test.
"""

import asyncio
import collections
import json
import ssl
import sys

import aiohttp
from aiohttp import web

LAST_CONNECTIONS = 5.0  # seconds for them to end once we are to stop

counts = {"upgrades": 0, "established": 0, "closed": collections.Counter(), "open": 0}


async def welcome(request):
    counts["upgrades"] += 1
    connection = web.WebSocketResponse()
    await connection.prepare(request)
    counts["established"] += 1
    counts["open"] += 1
    async for _ in connection:
        pass
    counts["open"] -= 1
    counts["closed"][connection.close_code] += 1
    return connection


def tls():
    if len(sys.argv) < 3:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    return context


async def main():
    app = web.Application()
    app.router.add_get("/ws", welcome)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls(), backlog=4096).start()
    port = runner.addresses[0][1]
    print(json.dumps({"port": port, "version": aiohttp.__version__}), flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)
    deadline = loop.time() + LAST_CONNECTIONS
    while counts["open"] and loop.time() < deadline:
        await asyncio.sleep(0.05)
    print(json.dumps(counts), flush=True)
    await runner.cleanup()


asyncio.run(main())
