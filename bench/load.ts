import net from "node:net";

// node bench/load.ts PORT CONNECTIONS SECONDS < request: keeps that many requests under way and prints how many
// answers came per second and how long they took. Raw sockets, so that it takes little of the core it shares.

const [port, connections, seconds] = process.argv.slice(2).map(Number);
const request = await readAll();
const times: number[] = [];
let failed = 0;
let answers = 0;
let counting = false;

for (let index = 0; index < connections!; index++) open();
setTimeout(() => (counting = true), 700);
setTimeout(report, 700 + seconds! * 1000);

function open(): void {
  const socket = net.connect(port!, "127.0.0.1");
  socket.setNoDelay(true);
  let started = 0;
  let received = "";
  const next = () => {
    received = "";
    started = performance.now();
    socket.write(request);
  };
  socket.on("connect", next);
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
    if (!complete(received)) return;
    answers++;
    if (counting) {
      times.push(performance.now() - started);
      if (!received.startsWith("HTTP/1.1 2")) failed++;
    }
    next();
  });
  socket.on("error", () => failed++);
}

function complete(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text);
  return length === null ? text.endsWith("0\r\n\r\n") : text.length >= end + 4 + Number(length[1]);
}

function report(): void {
  times.sort((a, b) => a - b);
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 1000);
  process.stdout.write(
    JSON.stringify({ perSecond: Math.round(times.length / seconds!), p50: at(0.5), p99: at(0.99), failed, answers }),
  );
  process.exit(0);
}

async function readAll(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  return text;
}
