/** `<button data-copy="id">` copies the text or value of the element with that id. */

import { announce } from "./announce.js";

const SHOWN_FOR_MS = 1600;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  const copied = await write(source.value ?? source.textContent, source);
  say(button, copied ? "Copied" : "Press Ctrl+C");
});

async function write(text, source) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard without a secure context: select the text so that the keyboard can copy it.
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
    return false;
  }
}

function say(button, words) {
  const label = button.querySelector("[data-label]");
  if (!label || button.dataset.said) return;
  const before = label.textContent;
  button.dataset.said = "yes";
  label.textContent = words;
  announce(words);
  setTimeout(() => {
    label.textContent = before;
    delete button.dataset.said;
  }, SHOWN_FOR_MS);
}
