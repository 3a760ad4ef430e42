// The WebSocket server of the live tests: Node's ws, with the habits of real
// servers as settings, given as one JSON argument. It prints {"port": N, "version": "…"}
// when it listens. When its standard input ends, it waits for the connections to
// end, prints what it counted and exits; so it never outlives the test.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const { WebSocketServer } = require("ws");

const settings = {
  host: "127.0.0.1",
  backlog: 4096, // of listen(2); the kernel cuts it to net.core.somaxconn
  maxHeaderSize: 16384, // bytes of a request's head; larger ones are answered 431
  stallMs: 0, // busy loop for each new connection
  closeCode: 0, // close each new connection at once, with this code
  cert: "", // speak TLS with this certificate and key, PEM files
  key: "",
  ...JSON.parse(process.argv[2] || "{}"),
};

const lastConnections = 5000; // ms for them to end once we are to stop

const counts = {
  upgrades: 0, // requests to upgrade
  established: 0, // answered with 101
  closed: {}, // ended, by close code as ws tells it
  open: 0, // not ended when we stopped waiting
  longest_value: 0, // bytes of the longest header value of an upgrade
};

const limits = { maxHeaderSize: settings.maxHeaderSize };
const server = settings.cert
  ? https.createServer({ cert: fs.readFileSync(settings.cert), key: fs.readFileSync(settings.key), ...limits })
  : http.createServer(limits);
const sockets = new WebSocketServer({ noServer: true });

// As ws answers what is no upgrade when it listens by itself.
server.on("request", (request, response) => {
  response.writeHead(426, { "Content-Type": "text/plain" });
  response.end("Upgrade Required");
});

server.on("upgrade", (request, socket, head) => {
  counts.upgrades++;
  for (const value of request.rawHeaders) {
    counts.longest_value = Math.max(counts.longest_value, value.length);
  }
  sockets.handleUpgrade(request, socket, head, welcome);
});

function welcome(connection) {
  counts.established++;
  connection.on("close", (code) => {
    counts.closed[code] = (counts.closed[code] || 0) + 1;
  });
  connection.on("error", () => {}); // "close" follows and is counted
  stall(settings.stallMs);
  if (settings.closeCode) {
    connection.close(settings.closeCode, "try again later");
  }
}

// stall keeps the one thread busy: nothing else is answered meanwhile.
function stall(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

function report() {
  counts.open = sockets.clients.size;
  process.stdout.write(JSON.stringify(counts) + "\n", () => process.exit(0));
}

process.stdin.resume();
process.stdin.on("end", () => {
  server.close(report);
  setTimeout(report, lastConnections);
});

server.listen({ port: 0, host: settings.host, backlog: settings.backlog }, () => {
  process.stdout.write(JSON.stringify({ port: server.address().port, version: require("ws/package.json").version }) + "\n");
});
