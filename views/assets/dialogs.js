/** Opens and closes dialogs where the browser does not know `command` and `commandfor` yet; a click beside one closes it. */

const known = "command" in HTMLButtonElement.prototype;

document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement && event.target.open && beside(event)) event.target.close();
  const button = event.target.closest("button[commandfor]");
  if (known || !button) return;
  const dialog = document.getElementById(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "show-modal") dialog?.showModal();
  else dialog?.close();
});

function beside({ target, clientX: x, clientY: y }) {
  const box = target.getBoundingClientRect();
  return x < box.left || x > box.right || y < box.top || y > box.bottom;
}
