/* Keys of a headset: over the browser's media session, and over WebHID for headsets that have been
   allowed. They mute, answer and hang up. */
import { element, icon } from "/static/core/icons.js";
import { toast } from "/static/core/toast.js";

const TELEPHONY = 0x0b;
const HOOK = 0x000b0020;
const MUTE = 0x000b002f;
let does = { mute() {}, hook() {} };
const listening = new Set();

/** Which of the watched usages are on in a report: a Map of usage to boolean. Pure. */
export function usagesIn(collections, reportId, data) {
  const found = new Map();
  for (const report of collections.flatMap((one) => one.inputReports ?? []).filter((one) => one.reportId === reportId)) {
    let at = 0;
    for (const item of report.items) {
      for (let n = 0; n < item.reportCount; n += 1, at += item.reportSize) {
        const usage = item.isRange ? item.usageMinimum + n : item.usages?.[n];
        const byte = at >> 3;
        if ((usage === HOOK || usage === MUTE) && byte < data.byteLength) found.set(usage, Boolean((data.getUint8(byte) >> (at & 7)) & 1));
      }
    }
  }
  return found;
}

async function listen(device) {
  if (listening.has(device)) return;
  listening.add(device);
  if (!device.opened) await device.open();
  const was = new Map();
  device.addEventListener("inputreport", ({ reportId, data }) => {
    for (const [usage, on] of usagesIn(device.collections, reportId, data)) {
      const before = was.get(usage) ?? false;
      was.set(usage, on);
      if (usage === MUTE && on && !before) does.mute();
      if (usage === HOOK && on !== before) does.hook(on);
    }
  });
}

/** To let a headset's keys in; nothing where the browser knows no such devices. */
export function headsetButton() {
  if (!("hid" in navigator) || listening.size) return "";
  const made = element("button", "btn btn-quiet btn-small", icon("headset"), element("span", "", "Use a headset's keys"));
  made.type = "button";
  made.dataset.key = "headset";
  made.addEventListener("click", async () => {
    try {
      const chosen = await navigator.hid.requestDevice({ filters: [{ usagePage: TELEPHONY }] });
      for (const device of chosen) await listen(device);
      if (chosen.length) {
        made.remove();
        toast("Its keys answer, mute and hang up now.", { tone: "success" });
      }
    } catch {
      toast("The headset gives its keys to another program.", { tone: "danger" });
    }
  });
  return made;
}

/** `mute()`, `end()`, and `hook(lifted)` for a key that answers and hangs up. */
export function startHeadset({ mute, end, hook }) {
  does = { mute, hook };
  try {
    navigator.mediaSession?.setActionHandler("togglemicrophone", mute);
    navigator.mediaSession?.setActionHandler("hangup", end);
  } catch {
    // an older browser: its keys stay its own
  }
  navigator.hid
    ?.getDevices()
    .then((allowed) => allowed.filter((one) => one.collections.some((part) => part.usagePage === TELEPHONY)).forEach((one) => listen(one).catch(() => listening.delete(one))))
    .catch(() => {});
}
