/* Promises to the customer, "I will call at 16:00": made from the page or out of the words that are being written. */
import { closeDialog, openDialog } from "/static/core/dialog.js";
import { element, icon } from "/static/core/icons.js";
import { moment, serverNow } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { everybody } from "./handover.js";
import { makeMoments } from "./moments.js";
import { getJson, postJson } from "./net.js";
import { visible } from "./words.js";

const WILL = /\b(?:i|we)(?:['’]ll| will| shall|['’]m going to|['’]re going to)\b/i;
const CLOCK = /\b(?:at|by|before|until)\s+(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm|h\b|o['’]clock)?/i;

/** A sentence that promises something for a time of day: {text, hour, minute, tomorrow}, or null. Pure. */
export function promiseIn(words) {
  for (const sentence of words.split(/(?<=[.!?])\s+|\n+/)) {
    const clock = CLOCK.exec(sentence);
    if (!clock || !WILL.test(sentence)) continue;
    const [, hours, minutes, half] = clock;
    if (minutes === undefined && !half) continue;
    let hour = Number(hours);
    if (/pm/i.test(half ?? "") && hour < 12) hour += 12;
    if (/am/i.test(half ?? "") && hour === 12) hour = 0;
    if (hour > 23 || Number(minutes ?? 0) > 59) continue;
    return { text: sentence.trim().slice(0, 300), hour, minute: Number(minutes ?? 0), tomorrow: /\btomorrow\b/i.test(sentence) };
  }
  return null;
}

/** That time today on the reader's wall, or tomorrow when it says so or is over: "2026-11-24T16:00". */
export function nextOnWall({ hour, minute, tomorrow }, now = serverNow(), zone = document.documentElement.dataset.zone || undefined) {
  const wall = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const two = (number) => String(number).padStart(2, "0");
  const clock = `${two(hour)}:${two(minute)}`;
  const [today, time] = wall.format(now).split(" ");
  const day = clock > time && !tomorrow ? today : wall.format(now + 86400000).split(" ")[0];
  return `${day}T${clock}`;
}

export async function openPromise(ticket) {
  const found = promiseIn(ticket.composer.box.value);
  const form = document.querySelector("#promise form");
  const told = form.querySelector("[data-error]");
  const text = form.elements.text;
  let asked;
  try {
    asked = await getJson(`/desk/tickets/${ticket.id}/moments`);
  } catch (error) {
    return toast(error.message, { tone: "danger" });
  }
  form.reset();
  told.hidden = true;
  const moments = makeMoments(form.querySelector("[data-moments]"), asked.promise, asked.zone);
  if (found) {
    text.value = found.text;
    moments.other(nextOnWall(found));
  }
  owners(form.elements.owner_id);
  form.onsubmit = async (event) => {
    event.preventDefault();
    try {
      if (!text.value.trim()) throw new Error("Say what is promised.");
      if (!moments.value()) throw new Error("Choose a day and a time.");
      await postJson(`/desk/tickets/${ticket.id}/promises`, { text: text.value, due_at: moments.value(), owner_id: form.elements.owner_id.value });
      closeDialog("promise");
      toast("Promised. You are reminded a quarter of an hour before.", { tone: "success" });
      document.dispatchEvent(new CustomEvent("ticket-changed"));
    } catch (error) {
      told.textContent = error.message;
      told.hidden = false;
    }
  };
  form.onkeydown = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit();
  };
  openDialog("promise");
  if (found) form.querySelector("[type=submit]").focus();
  else text.focus();
}

/** Colleagues who may promise in my place, once they are known; until then it is me. */
async function owners(field) {
  while (field.options.length > 1) field.remove(1);
  try {
    for (const one of (await everybody()).people) field.add(new Option(visible(one.title), one.id));
  } catch {
    // Then it is mine.
  }
}

/** While something is written that promises a time, a way to make it one. */
export function makeSuggestion(place, box, run) {
  let shown = "";
  return function look(isReply) {
    const found = isReply ? promiseIn(box.value) : null;
    const word = found ? `Promise it: ${moment(wallToday(found))}` : "";
    if (word === shown) return;
    shown = word;
    place.hidden = !word;
    if (!word) return place.replaceChildren();
    const button = element("button", "btn btn-small", icon("handshake"), word);
    button.type = "button";
    button.addEventListener("click", run);
    place.replaceChildren(button);
  };
}

function wallToday(found) {
  const now = serverNow();
  const zone = document.documentElement.dataset.zone || undefined;
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(now);
  const [hour, minute] = today.split(":").map(Number);
  const ahead = (found.hour - hour) * 60 + found.minute - minute;
  return now + (ahead > 0 && !found.tomorrow ? ahead : ahead + 1440) * 60000;
}
