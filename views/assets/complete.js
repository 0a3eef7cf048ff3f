/**
 * Offers what may be written while somebody types a placeholder: a listbox below the field, moved through with the arrow
 * keys, taken with Enter or Tab, closed with Escape. What it offers stands on the page already, below each field.
 */

import { announce } from "./announce.js";

const MAX_OFFERED = 40;
const WORD = /[\w.[\]"]*$/;
let open = null;

document.addEventListener("input", (event) => {
  if (event.target.closest?.("[data-takes]") && /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) offer(event.target);
});

document.addEventListener("keydown", (event) => {
  if (event.key === " " && event.ctrlKey && event.target.closest?.("[data-takes]")) {
    event.preventDefault();
    return offer(event.target, true);
  }
  if (!open || event.target !== open.field) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) choose((open.at + step + open.options.length) % open.options.length);
  else if (event.key === "Enter" || event.key === "Tab") take(open.options[open.at].entry);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopPropagation();
});

document.addEventListener("focusout", (event) => {
  if (open && event.target === open.field) close();
});
addEventListener("scroll", (event) => open && !open.list.contains(event.target) && place(open.field, open.list), true);

/** Opens, changes or closes the list, as fits what stands before the caret. */
function offer(field, asked = false) {
  const part = field.closest("[data-takes]");
  const before = field.value.slice(0, field.selectionStart);
  const inside = part.dataset.takes === "expression" ? before : openPlaceholder(before);
  if (inside === null && !asked) return close();
  const word = WORD.exec(inside ?? "")[0];
  if (part.dataset.takes === "expression" && word === "" && !asked) return close();
  const entries = entriesOf(part).filter(({ name }) => name.toLowerCase().includes(word.toLowerCase()));
  entries.sort((a, b) => Number(b.name.startsWith(word)) - Number(a.name.startsWith(word)));
  if (entries.length === 0 || (entries.length === 1 && entries[0].name === word)) return close();
  show(field, entries.slice(0, MAX_OFFERED), { word, bare: inside === null });
}

/** What was typed since the last {{ that is not closed; null outside of one. */
function openPlaceholder(before) {
  const at = before.lastIndexOf("{{");
  return at < 0 || before.indexOf("}}", at) >= 0 ? null : before.slice(at + 2);
}

function entriesOf(part) {
  const near = part.closest(".step-field") ?? part;
  const entry = (item, name, text) => ({ name, text, about: item.querySelector(".soft")?.textContent ?? "" });
  const names = [...near.querySelectorAll("[data-name]")].map((item) =>
    entry(item, item.dataset.name, item.dataset.name),
  );
  const functions = [...document.querySelectorAll("[data-function]")].map((item) =>
    entry(item, item.dataset.function, `${item.dataset.function}(`),
  );
  return [...new Map([...names, ...functions].map((one) => [one.name, one])).values()];
}

function show(field, entries, { word, bare }) {
  close();
  const list = document.createElement("div");
  list.className = "completion";
  list.id = "completion";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "What may stand here");
  const options = entries.map((entry, at) => {
    const option = document.createElement("div");
    option.id = `completion-${at}`;
    option.setAttribute("role", "option");
    const code = document.createElement("code");
    code.textContent = entry.name;
    const about = document.createElement("span");
    about.className = "soft";
    about.textContent = entry.about;
    option.append(code, about);
    // Not the click: the field would have lost the focus, and the list been closed.
    option.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      take(entry);
    });
    option.entry = entry;
    return option;
  });
  list.append(...options);
  document.body.append(list);
  open = { field, list, options, word, bare, at: 0 };
  place(field, list);
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  choose(0);
  announce(entries.length === 1 ? "1 thing may stand here" : `${entries.length} things may stand here`);
}

function choose(at) {
  open.options[open.at].setAttribute("aria-selected", "false");
  open.at = at;
  open.options[at].setAttribute("aria-selected", "true");
  open.options[at].scrollIntoView({ block: "nearest" });
  open.field.setAttribute("aria-activedescendant", open.options[at].id);
}

/** Puts what was chosen in the place of what was typed of it, and closes the placeholder. */
function take({ text }) {
  const { field, word, bare } = open;
  const template = field.closest("[data-takes]").dataset.takes === "template";
  const from = field.selectionStart - word.length;
  const before = field.value.slice(0, from);
  const after = field.value.slice(field.selectionStart);
  const isCall = text.endsWith("(");
  const start = bare && template ? "{{ " : template && before.endsWith("{{") ? " " : "";
  const end = template && !isCall && !/^\s*\}\}/.test(after) && openPlaceholder(before + start) !== null ? " }}" : "";
  close();
  field.setRangeText(start + text + end, from, from + word.length, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function close() {
  if (!open) return;
  const { field, list } = open;
  open = null;
  list.remove();
  field.removeAttribute("aria-activedescendant");
  field.removeAttribute("aria-controls");
}

function place(field, list) {
  const box = field.getBoundingClientRect();
  const below = box.bottom + list.offsetHeight + 8 < innerHeight || box.top < list.offsetHeight;
  list.style.top = `${below ? box.bottom + 2 : box.top - list.offsetHeight - 2}px`;
  list.style.left = `${Math.max(8, Math.min(box.left, innerWidth - list.offsetWidth - 8))}px`;
}
