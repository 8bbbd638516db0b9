/* What went wrong on the phone itself, said plainly: what happened, what is safe, what to do. */
import { say } from "./draw.js";
import { Full } from "./store.js";

export function complain(error) {
  if (error instanceof Full) {
    say("This phone is full, so this step was not kept. What was kept before is safe. Free some space, then do it again.");
    return;
  }
  console.warn(error);
  say("That was not kept. Do it again; if it happens again, restart the app. What was kept before is safe.");
}
