/* Brings the style guide's own examples to life; no other page loads it. */
import { toast } from "./toast.js";

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-demo-toast]")) return;
  toast("Chat moved to Billing", { undo: () => toast("Back with you", { tone: "success" }) });
});
