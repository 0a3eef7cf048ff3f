/** Says a short sentence to a screen reader through the page's one polite live region. */
export function announce(sentence) {
  const region = document.getElementById("live");
  if (region) region.textContent = sentence;
}
