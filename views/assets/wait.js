/** `<div data-wait="5">` asks for the page's own address as JSON every so many seconds, and goes where the answer leads. */

const waiting = document.querySelector("[data-wait]");
if (waiting) look(Number(waiting.dataset.wait));

function look(seconds) {
  setTimeout(async () => {
    const { to, seconds: next = seconds } = await ask();
    if (to === undefined) look(next);
    else location.assign(to);
  }, seconds * 1000);
}

async function ask() {
  try {
    const answer = await fetch(`${location.pathname}?as=json`);
    // What went wrong is told by the page itself.
    return answer.ok ? await answer.json() : { to: location.pathname };
  } catch {
    // No network for a moment.
    return {};
  }
}
