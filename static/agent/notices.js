/* What the program has to tell this person: a short message as it comes, a bell that counts what is new. */
import { toast } from "/static/core/toast.js";
import { notify, sound } from "./alerts.js";
import { forget, go, where, reload } from "./navigation.js";
import { getJson, postJson } from "./net.js";
import { hear } from "./socket.js";
import { visible } from "./words.js";

const LIST = "/desk/notices";
const SECONDS = 12;
const bell = () => document.querySelector("[data-bell]");
let unread = 0;
let asked = 0;

function show(count) {
  unread = count;
  const place = bell()?.querySelector("[data-bell-count]");
  if (!place) return;
  place.textContent = count > 99 ? "99+" : String(count);
  place.hidden = count === 0;
  bell().setAttribute("aria-label", count ? `Notices, ${count > 99 ? "more than 99" : count} new` : "Notices");
}

function came(notice) {
  asked += 1; // answers on their way are older than this
  show(notice.unread);
  const number = notice.number ? ` (T-${notice.number})` : "";
  const path = notice.ticket_id ? `/desk/tickets/${notice.ticket_id}` : LIST;
  const isOpen = notice.ticket_id && document.querySelector("[data-ticket]")?.dataset.ticket === notice.ticket_id;
  const text = [notice.title, notice.text].filter(Boolean).map(visible).join(": ");
  toast(text.length > 220 ? `${text.slice(0, 219)}…${number}` : `${text}${number}`, { act: isOpen ? null : () => go(path), seconds: SECONDS });
  sound("message");
  notify(visible(notice.title), visible(notice.text), () => go(path));
  forget(LIST);
  if (where() === LIST) reload().catch(() => {});
  if (isOpen && !document.hidden) read({ ticket_id: notice.ticket_id });
}

/** Asks for the number anew: another window may have read some. */
export const countNotices = () => counted(getJson(`${LIST}/unread`));
const read = (which) => counted(postJson(`${LIST}/read`, which));

/** What was asked last is shown: answers may overtake each other. */
async function counted(answer) {
  const mine = (asked += 1);
  try {
    const told = await answer;
    if (mine === asked) show(told.unread);
  } catch {
    // The next notice, or the next connect, tells.
  }
}

hear("notice", came);

// Whoever has the ticket before their eyes has read what was told about it.
document.addEventListener("ticket-opened", (event) => {
  if (unread) read({ ticket_id: event.detail.id });
});
document.addEventListener("click", (event) => {
  const one = event.target.closest("[data-notice]");
  if (one && "new" in one.dataset) read({ id: one.dataset.notice });
  if (event.target.closest("[data-read-all]")) read({}).then(() => where() === LIST && reload());
});

unread = Number(bell()?.dataset.bell) || 0;
