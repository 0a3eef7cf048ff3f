/** A form that has been sent shows it on the button that sent it, and is not sent twice. */

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute("method") !== "post" || form.dataset.busy === "off") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  const button = event.submitter ?? form.querySelector("button:not([type=button])");
  // aria-disabled instead of disabled: a disabled button would not send its own name and value.
  button?.setAttribute("aria-busy", "true");
  button?.setAttribute("aria-disabled", "true");
});

// The page may come back from the back/forward cache exactly as it was left.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy=true]")) {
      button.removeAttribute("aria-busy");
      button.removeAttribute("aria-disabled");
    }
  }
});
