/** Takes the `data-live-region` elements (by id) of a page over into this one, which keeps its place. */

import { announce } from "./announce.js";

/** Loads an address as a page; `done` gets the request, however it ended. The answer can be aborted. */
export function load(address, done, failed) {
  // XMLHttpRequest parses the answer itself; a parser fed with text would need an exception from trusted types.
  const request = new XMLHttpRequest();
  request.open("GET", address);
  request.responseType = "document";
  request.onload = () => done(request);
  request.onerror = failed;
  request.send();
  return request;
}

export function takeOver(page) {
  const focused = document.activeElement?.id;
  for (const region of document.querySelectorAll("[data-live-region]")) {
    const fresh = page.getElementById(region.id);
    if (!fresh || fresh.isEqualNode(region)) continue;
    // What somebody has opened or closed stays so.
    for (const details of region.querySelectorAll("details[id]")) {
      const same = fresh.querySelector(`#${CSS.escape(details.id)}`);
      if (same) same.open = details.open;
    }
    region.replaceWith(fresh);
  }
  if (focused && document.activeElement?.id !== focused)
    document.getElementById(focused)?.focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("signet:fresh"));
  const count = document.querySelector("[data-live-count]");
  if (count) announce(count.textContent.trim());
}
