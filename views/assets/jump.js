/**
 * The jump box: Ctrl-K, Cmd-K or a click on its button opens it; the arrow keys choose, Enter goes there. What it offers
 * comes from /jump.json and is what the reader may see.
 */

const PAUSE_MS = 120;

const dialog = document.getElementById("jump");
const onMac = /Mac|iPhone|iPad/.test(navigator.platform);
if (dialog) {
  const [input, list, none, status] = ["input", ".jump-list", ".jump-none", "[role=status]"].map((one) =>
    dialog.querySelector(one),
  );
  let timer;
  let asked;

  for (const key of document.querySelectorAll("[data-jump] .key")) if (onMac) key.textContent = "⌘K";

  document.addEventListener("keydown", (event) => {
    const held = onMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    if (!held || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    event.preventDefault();
    if (dialog.open) dialog.close();
    else open();
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-jump]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open();
  });

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE_MS);
  });

  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const options = [...list.querySelectorAll("[role=option]")];
    if (!step || options.length === 0) return;
    event.preventDefault();
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    choose(options.at((at + step + options.length) % options.length));
  });

  input.form.addEventListener("submit", async (event) => {
    event.preventDefault();
    // What was typed a moment ago may not be answered yet.
    await look();
    list.querySelector('[aria-selected="true"]')?.click();
  });

  function open() {
    const sheet = document.querySelector("[popover]:popover-open");
    sheet?.hidePopover();
    input.value = "";
    asked = undefined;
    dialog.showModal();
    look();
  }

  /** Shows what is found for the words in the field, which are asked for once. */
  function look() {
    clearTimeout(timer);
    const q = input.value;
    if (asked?.q !== q) {
      asked?.stop.abort();
      const stop = new AbortController();
      asked = { q, stop, shown: ask(q, stop.signal) };
    }
    return asked.shown;
  }

  async function ask(q, signal) {
    const address = `?${new URLSearchParams({ q })}`;
    try {
      const answer = await fetch(`/jump.json${address}`, { signal });
      if (!answer.ok || answer.redirected) throw new Error("signed out meanwhile, or an error");
      show((await answer.json()).groups);
    } catch {
      // The page says what is the matter.
      if (!signal.aborted) location.assign(`/jump${address}`);
    }
  }

  function show(groups) {
    list.replaceChildren(...groups.map(section));
    const options = list.querySelectorAll("[role=option]");
    options.forEach((option, at) => (option.id = `jump-option-${at}`));
    list.hidden = options.length === 0;
    none.hidden = options.length > 0;
    input.setAttribute("aria-expanded", String(options.length > 0));
    status.textContent =
      options.length === 0 ? none.textContent : options.length === 1 ? "1 place" : `${options.length} places`;
    choose(options[0]);
  }

  function choose(option) {
    list.querySelector('[aria-selected="true"]')?.setAttribute("aria-selected", "false");
    if (!option) return input.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }
}

function section({ label, places }) {
  const group = element("div", { role: "group", "aria-label": label });
  const head = element("p", { class: "jump-group", "aria-hidden": "true" }, label);
  group.append(head, ...places.map(option));
  return group;
}

function option({ href, label, detail, icon }) {
  const link = element("a", { role: "option", href, class: "jump-place", tabindex: "-1", "aria-selected": "false" });
  link.append(drawing(icon), element("span", { class: "truncate" }, label));
  if (detail) link.append(element("span", { class: "soft small truncate" }, detail));
  return link;
}

function drawing(icon) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `/assets/icons.svg#${icon}`);
  svg.append(use);
  return svg;
}

function element(name, attributes, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
