/* The form after a conversation: outcome, note, next step. Number keys choose the outcome. */
import { clearDraft } from "/static/core/drafts.js";
import { toast } from "/static/core/toast.js";
import { ask } from "./socket.js";
import { forget, go, reload } from "./navigation.js";

export function makeWrapUp(form, talk) {
  const error = form.querySelector("[data-wrap-up-error]");
  const say = (text) => {
    error.textContent = text;
    error.hidden = !text;
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const outcome = form.elements.outcome.value;
    if (!outcome) {
      say("Choose an outcome.");
      form.querySelector("[name=outcome]").focus();
      return;
    }
    say("");
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      await ask("wrapup.finish", {
        conversation_id: talk.id,
        outcome,
        note: form.elements.note.value,
        next_step: form.elements.next_step.value,
      });
      for (const field of form.querySelectorAll("[data-draft]")) clearDraft(field.dataset.draft);
      forget(`/desk/conversations/${talk.id}`);
      toast("Wrapped up", { tone: "success", seconds: 3 });
      go("/desk");
    } catch (refused) {
      say(refused.message);
      button.disabled = false;
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
    const writing = event.target.matches("textarea");
    const choice = form.querySelectorAll("[name=outcome]")[Number(event.key) - 1];
    if (!writing && choice && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      choice.checked = true;
      choice.focus();
      say("");
    }
  });
  form.addEventListener("countdown:end", () => setTimeout(() => reload().catch(() => {}), 1500));
}
