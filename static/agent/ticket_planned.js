/* Replies that wait on a ticket as lines of its log: planned ones with what can be done to them, those held back
   because the customer wrote meanwhile, those that could not be sent. */
import { element, icon } from "/static/core/icons.js";
import { moment } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { postJson } from "./net.js";
import { askWhen } from "./ticket_later.js";
import { visible } from "./words.js";

/** Lines for the log, the soonest first. */
export function plannedLines(ticket) {
  return ticket.pending.map((row) => ({
    client_msg_id: row.id,
    text: row.text,
    public: row.public,
    attachments: row.files,
    agent_id: row.user_id,
    from: "agent",
    at: row.kind === "scheduled" && row.state === "pending" ? row.send_at : row.at,
    state: "planned",
    planned: { ...row, mine: row.user_id === ticket.me, wrote: wroteSince(ticket, row) },
  }));
}

/** When the customer wrote after the author had looked at the ticket last; "" when not. */
function wroteSince(ticket, row) {
  if (row.kind !== "scheduled") return "";
  return [...ticket.messages.values()].reduce((at, one) => (one.from === "visitor" && one.at > row.seen_at && one.at > at ? one.at : at), "");
}

/** What stands beside the author's name. */
export function plannedHeading(line) {
  const { kind, state, send_at } = line.planned;
  if (kind !== "scheduled" || state !== "pending") return null;
  const when = element("time", "message-when", moment(Date.parse(send_at)));
  when.dateTime = send_at;
  return when;
}

/** Signs and buttons under a planned line. */
export function plannedMarks(line, talk) {
  const row = line.planned;
  const name = visible(talk.name);
  const parts = [];
  if (row.state === "failed") parts.push(sign("circle-alert", `Not sent. ${row.why}`, "delivery-wrong"));
  else if (row.kind === "undoable") parts.push(sign("clock", "Not sent yet"));
  else if (row.state === "held") parts.push(sign("triangle-alert", `Held back: ${name} wrote after this was planned.`, "planned-held"));
  else {
    parts.push(sign("calendar-clock", `Goes out ${moment(Date.parse(row.send_at))}`));
    if (row.wrote) parts.push(sign("triangle-alert", `${name} wrote since. It waits for your decision.`, "planned-held"));
  }
  for (const { name: field, word } of row.with) parts.push(sign(field.endsWith("_tags") ? "tag" : "arrow-right", visible(word)));
  if (!row.mine || (row.kind === "undoable" && row.state === "pending")) return parts;
  const stopped = row.state === "held" || row.wrote;
  const buttons = element("span", "planned-acts");
  if (row.state !== "failed") {
    if (stopped) buttons.append(button("Send it all the same", () => step(row, "stand_by")));
    else buttons.append(button("Send now", () => step(row, "now")));
  }
  buttons.append(button("Edit", () => edit(row, talk)));
  if (row.state !== "failed") {
    buttons.append(button("Another time", () => askWhen(talk, (at) => move(row, at), { title: "When shall it go out?", word: "Move it there" })));
    buttons.append(button("Cancel it", () => withdraw(row)));
  }
  return [...parts, buttons];
}

/** Changes when the line has to be drawn anew. */
export const plannedMark = ({ planned }) => (planned ? [planned.state, planned.send_at, planned.wrote, planned.why].join("|") : "");

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
  const { draft } = await postJson(`/desk/pending/${row.id}/undo`);
  if (draft && row.kind === "scheduled" && row.state === "pending") draft.then.at = row.send_at;
  talk.composer.bringBack(draft);
}

async function withdraw(row) {
  await step(row, "withdraw");
  toast("It will not be sent", { undo: () => step(row, "reinstate").catch((error) => toast(error.message, { tone: "danger" })) });
}
