/** `data-when="name=value"` is shown while the field of that name in the same form has that value. */

function look(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const at = part.dataset.when.indexOf("=");
    const control = form.elements[part.dataset.when.slice(0, at)];
    if (control) part.hidden = control.value !== part.dataset.when.slice(at + 1);
  }
}

document.addEventListener("change", (event) => event.target.form && look(event.target.form));
addEventListener("pageshow", () => {
  for (const form of document.forms) look(form);
});
for (const form of document.forms) look(form);
