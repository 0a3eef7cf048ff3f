/** Rows of names and values: another one appears as soon as the last is used, or when its button is pressed. */

document.addEventListener("input", (event) => {
  const rows = event.target.closest?.("[data-rows]");
  const last = rows?.lastElementChild;
  if (last && last.contains(event.target) && event.target.value !== "") addRow(rows);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-add-row]");
  const rows = button?.closest("fieldset").querySelector("[data-rows]");
  if (!rows) return;
  event.preventDefault();
  const empty = [...rows.children].find((row) => [...row.querySelectorAll("input")].every(({ value }) => value === ""));
  (empty ?? addRow(rows)).querySelector("input").focus();
});

function addRow(rows) {
  const row = rows.lastElementChild.cloneNode(true);
  row.querySelector(".pair-note")?.remove();
  const number = rows.children.length + 1;
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.removeAttribute("id");
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, String(number)));
  }
  rows.append(row);
  return row;
}
