// Serves the recorded replies at a fixed port, the path /ID with that of ID,
// cut up and ended as delivery.tsv says. /half begins a reply and ends the
// connection. It exits when its standard input ends.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const net = require("node:net");
const path = require("node:path");

const [port, folder] = process.argv.slice(2);
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // RFC 6455 §1.3

const deliveries = new Map();
for (const line of fs.readFileSync(path.join(folder, "delivery.tsv"), "latin1").split("\n").slice(1)) {
  const [id, cut, then] = line.split("\t");
  if (id) deliveries.set(id, { cut, then, text: fs.readFileSync(path.join(folder, id + ".http"), "latin1") });
}
deliveries.set("half", { cut: "whole", then: "close", text: "HTTP/" });

const server = net.createServer((socket) => {
  let head = "";
  socket.on("error", () => {});
  socket.on("data", function read(data) {
    head += data.toString("latin1");
    if (!head.includes("\r\n\r\n")) return;
    socket.off("data", read).resume();
    const delivery = deliveries.get(head.split(" ")[1].slice(1));
    if (delivery) deliver(socket, delivery, accept(head));
    else socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  });
});

function accept(head) {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? "";
  return crypto.createHash("sha1").update(key + guid).digest("base64");
}

function deliver(socket, { cut, then, text }, accept) {
  const [pieces, gap] = pieced(Buffer.from(text.replaceAll("{{ACCEPT}}", accept), "latin1"), cut);
  const next = () => {
    if (pieces.length > 0) socket.write(pieces.shift());
    if (pieces.length > 0) return void setTimeout(next, gap);
    if (then === "close") socket.end();
  };
  next();
}

// pieced cuts data up and says how many ms lie between the pieces.
function pieced(data, cut) {
  const [kind, ...rest] = cut.split(":");
  const gap = Number(rest.at(-1));
  let at = [];
  if (kind === "bytes") at = Array.from(data.keys()).slice(1);
  if (kind === "split") at = rest[0].split(",").map((n) => (Number(n) + data.length) % data.length);
  const ends = [...at.sort((a, b) => a - b), data.length];
  return [ends.map((end, i) => data.subarray(i ? ends[i - 1] : 0, end)), gap];
}

process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

server.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 });
