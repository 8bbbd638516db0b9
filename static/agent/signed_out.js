/* The session is gone: one plain bar says so, and nothing is asked of the server any more. What was being written
   stays in this browser, so signing in leads back to this very page. */
import { element, icon } from "/static/core/icons.js";

const WORDS = "You are signed out. Sign in again; your drafts are kept.";
let gone = false;

export const isSignedOut = () => gone;

export function signedOut() {
  if (gone) return;
  gone = true;
  const link = element("a", "btn btn-small", "Sign in");
  link.dataset.leaveDesk = "";
  const aim = () => (link.href = `/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
  aim();
  for (const when of ["pointerdown", "focus", "click"]) link.addEventListener(when, aim);
  const bar = element("div", "signed-out", icon("log-out"), element("span", "signed-out-words", WORDS), link);
  bar.setAttribute("role", "alert");
  document.querySelector(".desk > .bar").after(bar);
  document.dispatchEvent(new CustomEvent("signed-out"));
}
