/* Keeps every time on the page true: relative times, waits, deadlines, countdown rings. Says the same
   sentences as helpdesk/web/presenting.py, and goes by the server's clock, since a desk PC's may be wrong. */

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

let ahead = 0; // how far the server's clock is ahead of ours, in ms

/** Milliseconds since 1970 by the server's clock. */
export function serverNow() {
  return Date.now() + ahead;
}

/** Tell the server's time when a newer reading arrives (ISO string or ms). */
export function setServerNow(at) {
  const told = typeof at === "number" ? at : Date.parse(at);
  if (Number.isFinite(told)) ahead = told - Date.now();
}

export function duration(seconds) {
  const whole = Math.trunc(Math.abs(seconds));
  const sign = seconds <= -1 ? "\u2212" : "";
  if (whole < MINUTE) return `${sign}${whole} s`;
  if (whole < HOUR) return `${sign}${Math.floor(whole / MINUTE)} min`;
  if (whole < DAY) {
    const minutes = Math.floor((whole % HOUR) / MINUTE);
    const hours = Math.floor(whole / HOUR);
    return minutes ? `${sign}${hours} h ${String(minutes).padStart(2, "0")}` : `${sign}${hours} h`;
  }
  const hours = Math.floor((whole % DAY) / HOUR);
  const days = Math.floor(whole / DAY);
  return hours ? `${sign}${days} d ${hours} h` : `${sign}${days} d`;
}

/** When something is to be, by the reader's wall: "today, 16:00", "Tue 24 Nov, 08:00". */
export function moment(at, now = serverNow(), zone = readerZone()) {
  const then = parts(at, zone);
  const today = parts(now, zone);
  const clock = `${then.hour}:${then.minute}`;
  if (then.year === today.year && then.month === today.month && then.day === today.day) return `today, ${clock}`;
  const year = then.year === today.year ? "" : ` ${then.year}`;
  return `${then.weekday} ${Number(then.day)} ${MONTHS[then.month - 1]}${year}, ${clock}`;
}

export function leftText(seconds) {
  return `${duration(Math.abs(seconds))} ${seconds < 0 ? "late" : "left"}`;
}

export function ago(at, now = serverNow(), zone = readerZone()) {
  const seconds = (now - at) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 45) return "just now";
  if (distance >= 7 * DAY) return dateText(at, now, zone);
  const amount = coarse(distance);
  return seconds > 0 ? `${amount} ago` : `in ${amount}`;
}

/** For times that script puts on the page: "Sat 21 Nov 2026, 14:05:09 EET". */
export function exact(at, zone = readerZone()) {
  const part = parts(at, zone);
  const clock = `${part.hour}:${part.minute}:${part.second}`;
  return `${part.weekday} ${Number(part.day)} ${MONTHS[part.month - 1]} ${part.year}, ${clock} ${part.timeZoneName}`;
}

/** A <time> element that keeps ticking. */
export function timeElement(iso) {
  const made = document.createElement("time");
  made.dateTime = iso;
  made.dataset.ago = "";
  made.title = exact(Date.parse(iso));
  made.textContent = ago(Date.parse(iso));
  return made;
}

/** Redraws all times under `root` now; call it after putting a fragment on the page. */
export function refreshTimes(root = document) {
  const now = serverNow();
  for (const time of root.querySelectorAll("time[data-ago]")) {
    put(time, ago(Date.parse(time.dateTime), now));
  }
  for (const time of root.querySelectorAll("time[data-since]")) {
    put(time, duration(Math.max(0, (now - Date.parse(time.dateTime)) / 1000)));
  }
  for (const mark of root.querySelectorAll("[data-deadline]")) {
    const left = (Date.parse(mark.dataset.deadline) - now) / 1000;
    mark.dataset.state = left < 0 ? "late" : left <= Number(mark.dataset.soon) ? "soon" : "fine";
    put(mark.querySelector("[data-left]"), leftText(left));
  }
  for (const mark of root.querySelectorAll("time[data-until]")) {
    put(mark, duration(Math.max(0, Math.ceil((Date.parse(mark.dateTime) - now) / 1000))));
  }
  for (const ring of root.querySelectorAll("[data-countdown]")) drawRing(ring, now);
}

function drawRing(ring, now) {
  const total = Number(ring.dataset.total) || 1;
  const left = Math.max(0, (Date.parse(ring.dataset.countdown) - now) / 1000);
  ring.style.setProperty("--left", String(Math.min(1, left / total)));
  ring.dataset.state = left <= total * 0.2 ? "late" : left <= total * 0.5 ? "soon" : "fine";
  put(ring.querySelector("[data-seconds]"), left > 99 ? `${Math.ceil(left / 60)}m` : String(Math.ceil(left)));
  if (left === 0 && !("ended" in ring.dataset)) {
    ring.dataset.ended = "";
    ring.dispatchEvent(new CustomEvent("countdown:end", { bubbles: true }));
  }
}

function put(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}

function coarse(seconds) {
  if (seconds < HOUR) return `${Math.max(1, Math.floor(seconds / MINUTE))} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  const days = Math.floor(seconds / DAY);
  return `${days} day${days > 1 ? "s" : ""}`;
}

function dateText(at, now, zone) {
  const then = parts(at, zone);
  const day = `${Number(then.day)} ${MONTHS[then.month - 1]}`;
  return then.year === parts(now, zone).year ? day : `${day} ${then.year}`;
}

function readerZone() {
  return globalThis.document?.documentElement.dataset.zone || undefined;
}

function parts(at, zone) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    weekday: "short",
    day: "numeric",
    month: "numeric",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
}

if (globalThis.document) {
  setServerNow(document.documentElement.dataset.now);
  refreshTimes();
  setInterval(() => {
    if (!document.hidden) refreshTimes();
  }, 1000);
  document.addEventListener("visibilitychange", () => refreshTimes());
  document.addEventListener("htmx:afterSettle", () => refreshTimes());
}
