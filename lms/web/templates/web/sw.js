// The service worker. By itself it keeps the files of this version and the pages that are nobody's: /offline, /support, and those that
// plugins name (`Plugin.offline_page`). What else opens without a signal was put into a pack on purpose (static/packs.js). Pages that were made for one person are never kept, and what is
// posted is never touched.
const CACHE = "peduli:{{ config.STATIC_VERSION }}";
const FILES = "/static/{{ config.STATIC_VERSION }}/";
const LATER = ["operations.js", "outbox.js"].map((name) => `${FILES}lms/${name}`); // what /offline fetches by itself
const PAGES = {{ pages|tojson }};
const OFFLINE = "/offline";
const SUPPORT = "/support";
const PATIENCE = 4000; // milliseconds until a page of a pack is shown instead of the one that does not come

addEventListener("install", (event) => event.waitUntil(prepare()));
addEventListener("activate", (event) => event.waitUntil(tidy()));
addEventListener("sync", (event) => { if (event.tag === "outbox") event.waitUntil(sendOutbox()); });
addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (pathname.startsWith(FILES)) event.respondWith(file(event));
  else if (request.mode === "navigate") event.respondWith(page(request, pathname));
  else if (pathname.startsWith("/media/") || pathname.includes("/pack/static/")) event.respondWith(kept(pathname).then((found) => found || fetch(request)));
});

async function prepare() {
  await Promise.all([...PAGES.map((path) => keep(path, "same-origin")), keep(SUPPORT, "omit")]);
  const texts = await Promise.all(PAGES.map(async (path) => (await kept(path))?.text() || ""));
  const links = texts.flatMap((text) => [...text.matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map((match) => match[1]));
  await (await caches.open(CACHE)).addAll([...new Set([...links, ...LATER])]);
  await skipWaiting();
}

async function keep(path, credentials) {
  try {
    const answer = await fetch(path, { credentials });
    if (answer.ok && !answer.redirected) await (await caches.open(CACHE)).put(path, answer);
  } catch { /* there is none until the signal is back */ }
}

async function tidy() {
  for (const name of await caches.keys()) if (name.startsWith("peduli:") && name !== CACHE) await caches.delete(name);
  await clients.claim();
}

function kept(path) {
  return caches.match(path, { ignoreSearch: true, ignoreVary: true });
}

async function file(event) {
  const { request } = event;
  const found = await caches.match(request, { ignoreVary: true });
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone(); // before the page reads the answer: a body that was begun cannot be copied
    event.waitUntil(caches.open(CACHE).then((cache) => cache.put(request, copy)).catch(() => {}));
  }
  return answer;
}

async function page(request, path) {
  const found = await kept(path);
  const network = fetch(request);
  try {
    const answer = await (found ? Promise.race([network, new Promise((tell) => { setTimeout(tell, PATIENCE); })]) : network);
    if (answer?.ok && PAGES.includes(path)) await (await caches.open(CACHE)).put(path, answer.clone());
    if (answer && !(found && answer.status > 501)) return answer;
  } catch { /* no signal */ }
  network.catch(() => {});
  return found || (await kept(`${path}/offline`)) || (await kept(path.replace(/\w+$/, "offline"))) || (await kept(OFFLINE)) || Response.error();
}

// What was written on this device and waits to be sent. The browser tries again later when this fails.
async function sendOutbox() {
  const box = await outbox.openOutbox();
  if (box && (await box.sync()) === "offline") throw new Error("offline");
}

const outbox = (() => {
{{ outbox|safe }}
return { openOutbox };
})();
