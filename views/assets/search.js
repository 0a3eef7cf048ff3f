/**
 * `<form data-live>`: searches while you type. The answer is the ordinary page; only its `data-live-region` elements
 * (by id) are taken over, and the address follows so that a reload or a bookmark shows the same list.
 */

import { load, takeOver } from "./regions.js";

const PAUSE_MS = 250;
let timer;
let running;

document.addEventListener("input", (event) => {
  const form = event.target.closest?.("form[data-live]");
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(() => show(form), PAUSE_MS);
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-live]")) return;
  event.preventDefault();
  clearTimeout(timer);
  show(event.target);
});

// What was typed before this module arrived.
for (const form of document.querySelectorAll("form[data-live]")) {
  if ([...form.elements].some((field) => field.type === "search" && field.value !== field.defaultValue)) show(form);
}

function show(form) {
  const address = addressOf(form);
  running?.abort();
  const shown = (answer) => {
    // Signed out, or an error page: let the browser go there.
    if (answer.status !== 200 || answer.responseURL !== address.href) return location.assign(address);
    takeOver(answer.response);
    history.replaceState(history.state, "", address);
  };
  running = load(address, shown, () => location.assign(address));
}

function addressOf(form) {
  const address = new URL(form.getAttribute("action") ?? "", location.href);
  address.search = "";
  for (const [name, value] of new FormData(form)) if (value !== "") address.searchParams.append(name, value);
  return address;
}
