/* How a ticket's words look: which way each came, what a mail hides, whether an answer has left. */
import { element, icon } from "/static/core/icons.js";
import { timeElement } from "/static/core/time.js";
import { toast } from "/static/core/toast.js";
import { formerly } from "./log.js";
import { getJson } from "./net.js";
import { plannedFoot, plannedMark, plannedMarks } from "./ticket_planned.js";
import { visible } from "./words.js";

const CHANNELS = { chat: ["message-circle", "Chat"], call: ["phone", "Call"], email: ["mail", "E-mail"], sms: ["smartphone", "Text message"], form: ["file-text", "Form"], portal: ["globe", "Portal"], web: ["globe", "Portal"] };
const DELIVERY = { queued: ["clock", "On its way"], waiting: ["clock", "Waits, because no mail server is set up. It goes"], sent: ["check", "Sent"], failed: ["circle-alert", "Not delivered"], bounced: ["circle-alert", "Came back"] };

export function guiseOf(talk, small) {
  return {
    order: (one, other) => Date.parse(one.at) - Date.parse(other.at) || (one.id ?? "~").localeCompare(other.id ?? "~"),

    heading(line) {
      // Words about a voice message lie in the thread that answers go by; it came by telephone.
      const channel = (line.attachments ?? []).some((file) => "seconds" in file) ? "call" : line.channel;
      const [picture, word] = channel === "call" && channel !== line.channel ? ["voicemail", "Voice message"] : (CHANNELS[channel] ?? ["inbox", channel ?? "Reply"]);
      const mark = element("span", `channel-mark channel-${channel ?? "portal"}`, icon(picture));
      mark.title = word;
      mark.setAttribute("role", "img");
      mark.setAttribute("aria-label", word);
      const who = element("strong", "", visible(line.from === "visitor" ? line.mail?.name || line.author : line.author));
      const parts = [mark, who];
      if (!line.mail?.name && formerly(line)) parts.push(formerly(line));
      if (line.mail?.address) parts.push(element("span", "clip", visible(line.mail.address)));
      return line.planned ? parts : [...parts, element("span", "message-when", timeElement(line.at))];
    },

    mark: plannedMark,
    foot: (line) => (line.planned ? plannedFoot(line, talk) : null),

    marks(line) {
      if (line.planned) return plannedMarks(line);
      if (line.state === "pending") return [mark("clock", "Sending")];
      if (line.state === "failed") {
        return [mark("circle-alert", `Not sent. ${line.failed} `), small("Try again", () => talk.again(line.client_msg_id)), small("Edit", () => talk.drop(line.client_msg_id))];
      }
      if (line.from !== "agent" || !line.public) return [];
      const [picture, word] = DELIVERY[line.mail?.state] ?? ["check", ""];
      const sign = mark(picture, line.mail?.to ? `${word} to ${visible(line.mail.to)}` : word);
      const wrong = line.mail?.state === "failed" || line.mail?.state === "bounced";
      if (wrong) sign.classList.add("delivery-wrong");
      if (wrong && line.mail.error) sign.title = visible(line.mail.error);
      return line.mail?.mend ? [sign, way(line.mail.mend, "Set one up")] : [sign];
    },

    adorn(node, line) {
      const mail = line.mail;
      if (!mail?.id) return;
      if (mail.doubt) node.prepend(element("div", "mail-doubt", icon("triangle-alert"), element("span", "", `Who wrote this is not proved: ${visible(mail.doubt)}`)));
      const ways = element("div", "mail-ways");
      if (mail.folded) ways.append(small("Show the quoted text", (event) => quoted(talk, mail, node, event.target)));
      if (mail.html) ways.append(small("As formatted", (event) => formatted(mail, node, event.target)));
      const whole = element("a", "btn btn-small btn-quiet", "Whole mail", icon("external-link"));
      whole.href = `/desk/mails/${mail.id}`;
      whole.target = "_blank";
      ways.append(whole);
      node.append(ways);
    },
  };
}

function mark(picture, word) {
  return element("span", "message-sign", icon(picture), word);
}

function way(href, words) {
  const link = element("a", "", words);
  link.href = href;
  return link;
}

/** The part of a mail that repeats older ones, folded until somebody wants it. */
async function quoted(talk, mail, node, button) {
  const there = node.querySelector(".mail-quoted");
  if (there) {
    there.hidden = !there.hidden;
    button.textContent = there.hidden ? "Show the quoted text" : "Hide the quoted text";
    return;
  }
  try {
    const told = await getJson(`/desk/tickets/${talk.id}/mails/${mail.id}`);
    const text = [told.quoted, told.signature].filter(Boolean).join("\n\n");
    const box = element("div", "mail-quoted", visible(text));
    box.dir = "auto";
    node.querySelector(".mail-ways").before(box);
    button.textContent = "Hide the quoted text";
  } catch (error) {
    toast(error.message, { tone: "danger" });
  }
}

/** The mail's own look, in a frame that can do nothing. */
function formatted(mail, node, button) {
  const there = node.querySelector(".mail-frame");
  if (there) {
    there.remove();
    button.textContent = "As formatted";
    return;
  }
  const frame = element("iframe", "mail-frame");
  frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
  frame.title = "The mail as it was formatted";
  frame.src = `/desk/mails/${mail.id}/shown`;
  node.querySelector(".mail-ways").before(frame);
  button.textContent = "As plain text";
}
