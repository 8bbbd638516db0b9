/* Keeps the app itself on the phone, so that it starts without a net. The day's data and what was done lie in
   IndexedDB (static/technician/store.js); nothing of them goes through here. */
const KEPT = "technician-{{ state }}";
const FILES = {{ files | tojson }};
const SHELL = "/tech/shell";

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (url.pathname === "/tech") event.respondWith(fromKept(SHELL, request));
    return;
  }
  const known = FILES.find((file) => file.split("?")[0] === url.pathname);
  if (known) event.respondWith(fromKept(known, request));
});

async function keepAll() {
  const cache = await caches.open(KEPT);
  await cache.addAll(FILES.map((file) => new Request(file, { cache: "reload", credentials: "omit" })));
}

async function forgetOthers() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("technician-") && name !== KEPT).map((name) => caches.delete(name)));
}

async function fromKept(file, request) {
  const cache = await caches.open(KEPT);
  return (await cache.match(file)) ?? fetch(request);
}
