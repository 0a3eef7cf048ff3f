/**
 * `<form data-live>`: searches while you type. The answer is the ordinary page; only its `data-live-region` elements
 * (by id) are taken over, and the address follows so that a reload or a bookmark shows the same list.
 */

import { announce } from "./announce.js";

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
  // XMLHttpRequest parses the answer itself; a parser fed with text would need an exception from trusted types.
  running = new XMLHttpRequest();
  running.open("GET", address);
  running.responseType = "document";
  running.onload = ({ target: answer }) => {
    // Signed out, or an error page: let the browser go there.
    if (answer.status !== 200 || answer.responseURL !== address.href) return location.assign(address);
    takeOver(answer.response);
    history.replaceState(history.state, "", address);
  };
  running.onerror = () => location.assign(address);
  running.send();
}

function addressOf(form) {
  const address = new URL(form.getAttribute("action") ?? "", location.href);
  address.search = "";
  for (const [name, value] of new FormData(form)) if (value !== "") address.searchParams.append(name, value);
  return address;
}

function takeOver(page) {
  for (const region of document.querySelectorAll("[data-live-region]")) {
    const fresh = page.getElementById(region.id);
    if (fresh) region.replaceWith(fresh);
  }
  document.dispatchEvent(new CustomEvent("signet:fresh"));
  const count = document.querySelector("[data-live-count]");
  if (count) announce(count.textContent.trim());
}
