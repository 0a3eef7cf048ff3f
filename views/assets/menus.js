/**
 * Menus are popovers, so Escape and a click outside already close them. This adds the arrow keys, closes a plain
 * `<details data-menu>` the same way, and places a menu beside its button where CSS cannot.
 */

const placedByStyle = CSS.supports("position-area", "block-end");

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeDetails();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const panel = event.target.closest?.(".menu-panel") ?? openedBy(event.target);
  if (!step || !panel) return;
  event.preventDefault();
  const items = [...panel.querySelectorAll(".menu-item")];
  const at = items.indexOf(document.activeElement);
  items.at(at < 0 && step < 0 ? -1 : (at + step) % items.length)?.focus();
});

document.addEventListener("click", (event) => closeDetails(event.target.closest?.("details[data-menu]")));

document.addEventListener(
  "toggle",
  (event) => {
    if (placedByStyle || event.newState !== "open" || !event.target.classList.contains("menu-panel")) return;
    place(event.target);
  },
  true,
);

function openedBy(element) {
  const id = element.getAttribute?.("popovertarget");
  const panel = id && document.getElementById(id);
  return panel && panel.matches(".menu-panel:popover-open") ? panel : null;
}

function closeDetails(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
}

function place(panel) {
  const button = document.querySelector(`[popovertarget="${CSS.escape(panel.id)}"]`);
  if (!button) return;
  const box = button.getBoundingClientRect();
  const below = box.bottom + panel.offsetHeight + 8 < innerHeight;
  panel.style.inset = "auto";
  panel.style.margin = "0";
  panel.style.top = `${below ? box.bottom + 4 : Math.max(8, box.top - panel.offsetHeight - 4)}px`;
  panel.style.left = `${Math.max(8, box.right - panel.offsetWidth)}px`;
}
