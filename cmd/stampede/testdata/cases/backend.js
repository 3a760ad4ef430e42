// The WebSocket backend of the cases: Node's ws at a fixed port of a network
// of its own. What is no upgrade is answered 426, as such servers do. When
// its standard input ends, it prints what it counted and exits.
"use strict";

const http = require("node:http");
const { WebSocketServer } = require("../servers/node_modules/ws");

const settings = {
  port: 9001,
  stallMs: 0, // /slow is answered after so long
  busyMs: 0, // busy loop for each new connection
  originFitsHost: false, // refuse an Origin whose host is not the Host that came
  ...JSON.parse(process.argv[2] || "{}"),
};

const counts = { upgrades: 0, established: 0 };

const server = http.createServer((request, reply) => {
  reply.writeHead(426, { "Content-Type": "text/plain" });
  reply.end("Upgrade Required");
});

const sockets = new WebSocketServer({ noServer: true, verifyClient: ({ origin, req }) => fits(origin, req.headers.host) });

function fits(origin, host) {
  return !settings.originFitsHost || !origin || new URL(origin).host === host;
}

server.on("upgrade", (request, socket, head) => {
  counts.upgrades++;
  socket.on("error", () => {});
  const answer = () => sockets.handleUpgrade(request, socket, head, welcome);
  switch (request.url) {
    case "/slow":
      return setTimeout(answer, settings.stallMs);
    case "/missing":
      return socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  }
  answer();
});

function welcome(connection) {
  counts.established++;
  connection.on("error", () => {});
  for (const end = performance.now() + settings.busyMs; performance.now() < end; );
}

process.stdin.resume();
process.stdin.on("end", () => {
  process.stdout.write(JSON.stringify(counts) + "\n", () => process.exit(0));
});

server.listen({ port: settings.port, host: "127.0.0.1", backlog: 4096 });
