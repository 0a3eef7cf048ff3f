/** A refused form: the first field to correct has the focus, and the summary's links open what a field is folded into. */

const summary = document.querySelector(".problem-summary");
const first = summary && document.querySelector('[aria-invalid="true"]');
if (first) lead(first);

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('.problem-summary a[href^="#"]');
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  lead(field);
});

function lead(field) {
  for (let at = field.closest("details"); at; at = at.parentElement.closest("details")) at.open = true;
  field.focus();
  field.scrollIntoView({ block: "center" });
}
