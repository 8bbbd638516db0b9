/* The desk's beginning: wires the parts to the socket and to the screen. */
import { follow } from "/static/core/live.js";
import { startArticles } from "./articles.js";
import { dress, refreshCard } from "./card.js";
import { startCommands } from "./commands.js";
import "./composer_fold.js";
import { startDialling } from "./dialling.js";
import { catchUpFloor } from "./floor.js";
import "./handover.js";
import "./no_calls.js";
import { forget, go, layOut, onScreen, reload } from "./navigation.js";
import { countNotices } from "./notices.js";
import { dropOffer, showOffer, tally } from "./offers.js";
import { flush } from "./outbox.js";
import { catchUpCalls, startPhone } from "./phone.js";
import { refreshPresence } from "./presence.js";
import { showSettings } from "./settings.js";
import { hear, socket } from "./socket.js";
import { begin, catchUp, current } from "./talk.js";
import { beginTicket } from "./ticket.js";
import { startTickets } from "./ticket_forms.js";
import "./ticket_merged.js";
import { startVisits } from "./visit_booking.js";
import { startTicketList, ticketsChanged } from "./ticket-list.js";
import { refreshWork, rowSaid, settle } from "./work.js";

let searching = null;

async function everything() {
  await Promise.all([refreshWork(), refreshPresence(), catchUp()]);
  catchUpFloor();
  countNotices();
  catchUpCalls().catch(() => {});
  flush();
}

const quietly = (promise) => promise.catch(() => {}); // the next change or the next connect asks again

const CHANGED = {
  work: () => quietly(refreshWork()),
  presence: () => quietly(refreshPresence()),
  customer: (id) => {
    if (document.querySelector("[data-card]")?.dataset.card === id) quietly(refreshCard());
  },
  notices: () => countNotices(),
  ticket: () => {
    quietly(refreshWork());
    ticketsChanged();
  },
  conversation: (id) => {
    forget(`/desk/conversations/${id}`);
    quietly(refreshWork());
    if (current()?.id === id) quietly(reload());
  },
  all: () => quietly(everything().then(() => current() && reload())),
};

hear("offer", showOffer);
hear("offer.withdrawn", ({ offer_id, reason }) => dropOffer(offer_id, reason));
hear("message", rowSaid);
hear("changed", ({ subject, id }) => CHANGED[subject]?.(id));
document.addEventListener("conversation-changed", () => quietly(reload()));

// What is found as somebody types, on the pages that search.
document.addEventListener("input", (event) => {
  if (!("searchLive" in (event.target.dataset ?? {}))) return;
  clearTimeout(searching);
  const field = event.target;
  searching = setTimeout(async () => {
    const at = field.selectionStart;
    const asked = new URLSearchParams([...new FormData(field.form)].filter(([, value]) => value.trim())).toString();
    await go(`${field.form.getAttribute("action")}${asked ? `?${asked}` : ""}`, { push: false });
    const again = document.getElementById(field.id);
    if (!again) return;
    if (again !== field) again.value = field.value;
    again.focus();
    again.setSelectionRange(at, at);
  }, 180);
});

onScreen(() => dress(document.querySelector(".panes")));
onScreen(settle);

showSettings();
layOut();
dress();
startCommands();
startTickets();
startPhone();
startDialling();
startTicketList();
startArticles();
startVisits();
begin({ fresh: true });
beginTicket();
settle();
tally();
// Whoever reloaded in the middle of a sentence goes on writing; letters are no keys then.
const unsent = document.querySelector("[data-composer] textarea");
if (unsent?.value && document.activeElement === document.body) unsent.focus();
follow(socket, everything);
socket.connect();
document.documentElement.dataset.desk = "ready";
