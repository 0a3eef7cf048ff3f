/** Turns `<time datetime>` into "3 min ago", with the exact moment in the reader's own zone as its title. */

const STEPS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const EVERY_MS = 30_000;

const language = document.documentElement.lang;
const short = new Intl.RelativeTimeFormat(language, { style: "short" });
const long = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });

refresh();
setInterval(refresh, EVERY_MS);
document.addEventListener("signet:fresh", refresh);

function refresh() {
  for (const element of document.querySelectorAll("time[datetime]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    element.textContent = "exact" in element.dataset ? exact.format(at) : words(at);
    element.title = full.format(at);
  }
}

function words(at) {
  const seconds = (at.getTime() - Date.now()) / 1000;
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  if (unit === "second") return seconds > 0 ? "in a moment" : "just now";
  const count = Math.trunc(seconds / size);
  return size < 86_400 ? short.format(count, unit).replace(".", "") : long.format(count, unit);
}
