/* What is asked of the server: place, take out, lock, and back again. The server checks and settles by the
   versions that this page planned with; what it refuses springs back with its reason. */
import { closeDialog, openDialog } from "/static/core/dialog.js";
import { setServerNow } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { getJson, postJson } from "/static/agent/net.js";
import { day, stopsFor, takeFaults, takeRows, versionsOf } from "./day.js";
import { estimate } from "./fitting.js";
import { say } from "./placing.js";
import { clockOf } from "./scale.js";
import { blockOf, choose, redraw } from "./timeline.js";
import { numberOf } from "./words.js";

const KEPT = 20;
// The answer brings the rows of the days that are shown.
const asked = (path) => `${path}?day=${day.days[0].day}&days=${day.days.length}`;

const done = []; // what U takes back, newest last: {text, id, before}
const listeners = [];
/** `run()` after something went from the list into the plan or back. */
export function onMoved(run) {
  listeners.push(run);
}

/** A visit that was dropped: {visit, from, technician, at, dayAt}. */
export async function drop(carried) {
  const { visit, from, technician, at, dayAt } = carried;
  const crew = crewFor(visit, from, technician, at, dayAt);
  const pairs = [...stopsFor(visit.id).map((stop) => ({ technician: stop.technician, dayAt: stop.dayAt })), ...crew.map((id) => ({ technician: id, dayAt }))];
  const body = { technician_ids: crew, day: day.days[dayAt].day, at, versions: versionsOf(pairs) };
  pending(visit, true);
  try {
    await placed(visit, body, `${numberOf(visit)} to ${technician.name}, ${clockOf(at)}`, technician.id);
  } finally {
    pending(visit, false);
  }
}

async function placed(visit, body, text, technician) {
  try {
    took(await postJson(asked(`/dispatch/visits/${visit.id}/place`), body), text);
    const stop = stopsFor(visit.id).find((one) => one.technician === technician);
    if (stop) choose(stop);
    say(`Dropped. ${text}`);
  } catch (error) {
    if (error.code !== "promise_breaks") return refused(visit, error);
    if (await asksToMove(visit, error.message)) return placed(visit, { ...body, promise: "move" }, `${text}, the customer is told`, technician);
    springBack(visit);
    say("Nothing was changed.");
  }
}

/* Who goes: the rest of the crew stays, and a job for two finds the second one who can. */
function crewFor(visit, from, technician, at, dayAt) {
  const now = stopsFor(visit.id).map((stop) => stop.technician);
  if (now.includes(technician.id) && from === technician.id) return now;
  if (from && !now.includes(technician.id)) return now.map((id) => (id === from ? technician.id : id));
  const crew = now.length ? now : [technician.id];
  const others = day.technicians.filter((one) => !crew.includes(one.id)).map((one) => ({ id: one.id, ...estimate(visit, one, at, dayAt) }));
  const able = others.filter((one) => one.level === "fits").sort((a, b) => a.travel - b.travel);
  return [...crew, ...able.map((one) => one.id)].slice(0, Math.max(1, visit.crew));
}

function asksToMove(visit, reason) {
  const dialog = document.getElementById("ask-promise");
  dialog.querySelector("[data-reason]").textContent = reason;
  dialog.querySelector("[data-who]").textContent = visit.customer || "the customer";
  return openDialog(dialog).then((answer) => answer === "move");
}
document.getElementById("ask-promise")?.addEventListener("click", (event) => {
  if (event.target.closest("[data-move]")) closeDialog("ask-promise", "move");
});

export async function unplan(visit) {
  const versions = versionsOf(stopsFor(visit.id));
  await act(visit, "unplan", { versions }, `${numberOf(visit)} back to the list`);
}

/** Any other act on a visit: lock, unlock, details, split. */
export async function act(visit, name, body, text) {
  pending(visit, true);
  try {
    took(await postJson(asked(`/dispatch/visits/${visit.id}/${name}`), body), text);
    say(text);
    return true;
  } catch (error) {
    refused(visit, error);
    return false;
  } finally {
    pending(visit, false);
  }
}

export async function lockDay(technician, part, locked) {
  try {
    took(await postJson(asked("/dispatch/routes/lock"), { technician_id: technician.id, day: part.day, locked }), locked ? "Day locked" : "Day unlocked");
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

function took(answer, text) {
  setServerNow(answer.at);
  if (answer.before) {
    done.push({ text, before: answer.before });
    if (done.length > KEPT) done.shift();
  }
  takeRows(answer);
  takeFaults(answer.faults, answer.technicians.map((one) => one.id));
  listeners.forEach((run) => run());
  toast(text, answer.before ? { undo: () => undo() } : {});
}

function refused(visit, error) {
  springBack(visit);
  say(`Not moved. ${error.message}`);
  toast(error.message, { tone: "danger", seconds: 9 });
  if (error.status === 409 || error.status === 404) refresh(stopsFor(visit.id).map((stop) => stop.technician));
}

function springBack(visit) {
  for (const stop of stopsFor(visit.id)) {
    const made = blockOf(stop.technician, visit.id);
    made?.setAttribute("data-back", "");
    made?.addEventListener("animationend", () => made.removeAttribute("data-back"), { once: true });
  }
}

function pending(visit, is) {
  for (const stop of stopsFor(visit.id)) blockOf(stop.technician, visit.id)?.toggleAttribute("data-pending", is);
  document.querySelector(`[data-wait="${visit.id}"]`)?.toggleAttribute("data-pending", is);
}

/** Takes the last move of this page back, as long as nobody has changed those rows since. */
export async function undo() {
  const last = done.pop();
  if (!last) return say("There is nothing to take back.");
  try {
    const answer = await postJson(asked("/dispatch/undo"), { undo: last.before });
    takeRows(answer);
    takeFaults(answer.faults, answer.technicians.map((one) => one.id));
    listeners.forEach((run) => run());
    toast(`Taken back: ${last.text}`);
    say(`Taken back: ${last.text}`);
  } catch (error) {
    toast(error.message, { tone: "danger" });
    say(error.message);
  }
}

/** The rows of these technicians as they are now; null: everything. */
export async function refresh(technicians) {
  const ids = technicians.filter((id) => day.byId.has(id));
  if (!ids.length) return;
  const query = new URLSearchParams({ day: day.days[0].day, days: String(day.days.length), technicians: ids.join(",") });
  const answer = await getJson(`/dispatch/day?${query}`);
  setServerNow(answer.at);
  takeRows(answer);
  redraw(ids);
}
