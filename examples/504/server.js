// A chat server that looks every client up before it lets it in: one query of
// 20 ms, over a pool of POOL connections to the database. It is real but for
// the database, which is a timer. GET /metrics says how the pool is
// doing, in Prometheus' text format.
"use strict";

const http = require("node:http");
const { WebSocketServer } = require("ws");

const pool = { size: Number(process.env.POOL || 8), busy: 0 };
const queue = [];

// query calls done when the database has answered. Whether the client is
// still there is not asked, as hardly anyone asks.
function query(done) {
  queue.push(done);
  next();
}

function next() {
  while (pool.busy < pool.size && queue.length > 0) {
    const done = queue.shift();
    pool.busy++;
    setTimeout(() => {
      pool.busy--;
      done();
      next();
    }, 20);
  }
}

const sockets = new WebSocketServer({ noServer: true });
const server = http.createServer((request, response) => {
  response.setHeader("Content-Type", "text/plain; version=0.0.4");
  response.end(`pool_connections ${pool.size}\npool_busy ${pool.busy}\npool_waiting ${queue.length}\n`);
});

server.on("upgrade", (request, socket, head) => {
  socket.on("error", () => {}); // the client left; ws has its own from here on
  query(() => sockets.handleUpgrade(request, socket, head, () => {}));
});

server.listen({ path: process.env.SOCKET, backlog: 4096 });
