/* Replies that wait on a ticket as lines of its log: planned ones with what can be done to them, those held back
   because the customer wrote meanwhile, those that could not be sent. */
import { element, icon } from "/static/core/icons.js";
import { moment } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { postJson } from "./net.js";
import { askWhen } from "./ticket_later.js";
import { visible } from "./words.js";

const isBack = (state) => state === "failed" || state === "stopped";

/** Lines for the log, the soonest first. */
export function plannedLines(ticket) {
  const shown = ticket.pending.filter((row) => row.state !== "stopped" || row.user_id === ticket.me);
  return shown.map((row) => ({
    client_msg_id: row.id,
    text: row.text,
    public: row.public,
    attachments: row.files,
    agent_id: row.user_id,
    from: "agent",
    at: row.kind === "scheduled" && row.state === "pending" ? row.send_at : row.at,
    state: "planned",
    planned: { ...row, mine: row.user_id === ticket.me, mayStop: mayStop(ticket, row), wrote: wroteSince(ticket, row) },
  }));
}

/** A colleague's planned reply may be stopped by the ticket's owner and by supervisors. */
function mayStop(ticket, row) {
  const isOurs = ticket.isMine || document.body.dataset.role !== "agent";
  return isOurs && row.user_id !== ticket.me && row.kind === "scheduled" && (row.state === "pending" || row.state === "held");
}

/** When the customer wrote after the author had looked at the ticket last; "" when not. */
function wroteSince(ticket, row) {
  if (row.kind !== "scheduled") return "";
  return [...ticket.messages.values()].reduce((at, one) => (one.from === "visitor" && one.at > row.seen_at && one.at > at ? one.at : at), "");
}

/** What stands beside the author's name: when it goes out, or that it does not. */
export function plannedMarks(line) {
  const { kind, state, send_at } = line.planned;
  const [picture, word] = isBack(state) ? ["circle-alert", "Not sent"] : state === "held" ? ["circle-pause", "Held back"] : kind === "undoable" ? ["clock", "Not sent yet"] : ["calendar-clock", `Goes out ${moment(Date.parse(send_at))}`];
  return [sign(picture, word, "message-when")];
}

/** Beneath the words: what goes with them, why they are held back, and what can be done. */
export function plannedFoot(line, talk) {
  const row = line.planned;
  const name = visible(talk.name);
  const parts = [];
  if (isBack(row.state)) parts.push(sign("circle-alert", row.why, "delivery-wrong"));
  if (row.state === "held") parts.push(sign("triangle-alert", `${name} wrote after this was planned. Does it still fit?`, "planned-held"));
  else if (row.wrote) parts.push(sign("triangle-alert", `${name} wrote since. It will wait for you, unless you say otherwise.`, "planned-held"));
  const more = row.with.map(({ name: field, word }) => sign(field.endsWith("_tags") ? "tag" : "arrow-right", visible(word)));
  if (more.length) parts.push(element("span", "planned-with", ...more));
  if (row.mine && !(row.kind === "undoable" && row.state === "pending")) parts.push(acts(row, talk));
  if (row.mayStop) parts.push(element("span", "planned-acts", button("Stop it", () => withdraw(row))));
  return parts.length ? element("div", "message-foot", ...parts) : null;
}

function acts(row, talk) {
  const made = element("span", "planned-acts");
  const stopped = row.state === "held" || row.wrote;
  if (isBack(row.state)) made.append(button("Edit", () => edit(row, talk)));
  else {
    made.append(
      stopped ? button("Send it all the same", () => step(row, "stand_by")) : button("Send now", () => step(row, "now")),
      button("Edit", () => edit(row, talk)),
      button("Another time", () => askWhen(talk, (at) => move(row, at), { title: "When shall it go out?", word: "Move it there" })),
      button("Cancel it", () => withdraw(row)),
    );
  }
  return made;
}

/** Changes when the line has to be drawn anew. */
export const plannedMark = ({ planned }) => (planned ? [planned.state, planned.send_at, planned.wrote, planned.why, planned.mayStop].join("|") : "");

function sign(picture, word, more = "") {
  return element("span", `message-sign ${more}`.trim(), icon(picture), word);
}

function button(word, run) {
  const made = element("button", "btn btn-small", word);
  made.type = "button";
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await run();
    } catch (error) {
      toast(error.message, { tone: "danger" });
    } finally {
      made.disabled = false;
      document.dispatchEvent(new CustomEvent("ticket-changed"));
    }
  });
  return made;
}

const step = (row, what) => postJson(`/desk/pending/${row.id}/step`, { what });
const move = async (row, at) => {
  await postJson(`/desk/pending/${row.id}/at`, { at });
  document.dispatchEvent(new CustomEvent("ticket-changed"));
};

async function edit(row, talk) {
  const { draft, as_of: asOf } = await postJson(`/desk/pending/${row.id}/undo`);
  if (draft && row.kind === "scheduled" && row.state === "pending") draft.then.at = row.send_at;
  // At once, and for good: it must not stand beside its new wording, nor come back with an older answer.
  if (asOf > talk.asOf) talk.asOf = asOf;
  talk.pending = talk.pending.filter((one) => one.id !== row.id);
  talk.composer.bringBack(draft);
  talk.log.draw();
}

async function withdraw(row) {
  await step(row, "withdraw");
  toast("It will not be sent", { undo: () => step(row, "reinstate").catch((error) => toast(error.message, { tone: "danger" })) });
}
