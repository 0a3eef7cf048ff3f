import { createServer } from "node:http";

// The provider of the benchmarks: a constant JSON answer of about 1 KB, prepared once.
const body = JSON.stringify({
  items: Array.from({ length: 12 }, (_, id) => ({
    id,
    subject: "A ticket about something that does not work",
    state: "open",
  })),
});
const head = { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };

createServer((request, response) => {
  request.resume();
  response.writeHead(200, head).end(body, "latin1");
}).listen(Number(process.argv[2]), "127.0.0.1", 1024, () => process.stdout.write("ready\n"));
