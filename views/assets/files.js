/**
 * `<button data-file="id">` reads a file into the field of that id. The file goes nowhere else: it leaves the browser
 * with the form, as if it had been pasted. What is not text, such as PKCS#12, goes in as base64.
 */

import { announce } from "./announce.js";

/** More than any key, and less than a form may hold. */
const MAX_BYTES = 100_000;

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-file]");
  const field = button && document.getElementById(button.dataset.file);
  if (!field) return;
  const chooser = document.createElement("input");
  chooser.type = "file";
  chooser.addEventListener("change", () => take(chooser.files[0], field));
  chooser.click();
});

async function take(file, field) {
  if (!file) return;
  if (file.size > MAX_BYTES) {
    field.setCustomValidity(`${file.name} is larger than 100 KB, so it is no key. Choose another file.`);
    field.reportValidity();
    field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
    return;
  }
  field.value = textOf(new Uint8Array(await file.arrayBuffer()));
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  announce(`${file.name} is in the field now. It is sent with the form.`);
}

function textOf(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Not text.
  }
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
