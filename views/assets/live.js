/**
 * `<div data-events="/runs/…/events">` listens to the server's events while the page is seen, and takes the live
 * regions of the page's own address over whenever there is news.
 */

import { load, takeOver } from "./regions.js";

const source = document.querySelector("[data-events]");
let stream;
let over = false;
let loading = false;
let again = false;

if (source) {
  listen();
  // A browser keeps few connections to one server; pages in the background need none.
  document.addEventListener("visibilitychange", () => (document.hidden ? stream?.close() : listen()));
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => event.persisted && listen());
}

function listen() {
  if (over) return;
  stream?.close();
  stream = new EventSource(source.dataset.events);
  stream.addEventListener("news", refresh);
  stream.addEventListener("over", () => {
    over = true;
    stream.close();
    refresh();
  });
}

function refresh() {
  if (loading) return void (again = true);
  [loading, again] = [true, false];
  load(location.href, shown, next);
}

function shown(answer) {
  // Signed out, or an error page: let the browser go there.
  if (answer.status !== 200 || answer.responseURL !== location.href.split("#")[0]) return location.reload();
  takeOver(answer.response);
  next();
}

function next() {
  loading = false;
  if (again) refresh();
}
