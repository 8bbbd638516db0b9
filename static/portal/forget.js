// Whoever has signed out leaves no chat behind in this browser for the next one at it.
const OURS = /^helpdesk(-chat)?:hds_/;
const DRAFT = "helpdesk-request";

if (new URLSearchParams(location.search).get("note") === "signed_out") {
  try {
    sessionStorage.removeItem(DRAFT);
    for (const key of Object.keys(localStorage)) if (OURS.test(key)) localStorage.removeItem(key);
  } catch {
    // Storage may be shut off; then nothing was kept either.
  }
}
