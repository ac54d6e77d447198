// Where this device keeps what the server has not acknowledged, and how it gets there: one file, because each costs a request. The log is
// encrypted with a key that the pages of its owner carry; the browser keeps the key where no script can read it, until its owner signs out or
// somebody else signs in.
const SYNC = "/api/v1/sync";
const heard = new Set();
const channel = globalThis.BroadcastChannel ? new BroadcastChannel("peduli-outbox") : null;
if (channel) channel.onmessage = () => tell(false);

// Open the outbox of the person to whom the page belongs; a page from this device's own store (offline) names nobody: then of the last one.
// Returns null when there is none to open. Without a secure connection browsers have no encryption; then it lasts as long as the tab.
export async function openOutbox({ user, key } = {}) {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return user ? box(user, tabStore(user)) : null;
  const base = await open();
  if (user) await own(base, user, key);
  const current = user || (await get(base, "keys", "current"));
  const secret = current && (await get(base, "keys", current));
  return secret ? box(current, deviceStore(base, current, secret)) : null;
}

// Take the keys away: what is still here can be read by nobody until its owner signs in again. Returns whose it is and how much was never
// acknowledged.
export async function lockOutbox() {
  const base = await open();
  const current = await get(base, "keys", "current");
  const mine = await openOutbox();
  const left = mine ? await mine.read((log) => log.state.ops.length + log.state.refused.length) : 0;
  await put(base, "keys", null, true);
  if (current && !left) await put(base, "logs", current, null);
  return { user: current, left };
}

// Remove what one person has on this device, for good. What others have locked here stays.
export async function emptyOutbox(user) {
  await put(await open(), "logs", user, null);
}

// Hear when something has changed, here or in another window.
export function listen(call) {
  heard.add(call);
}

function tell(others = true) {
  for (const call of heard) call();
  if (others && channel) channel.postMessage("");
}

function box(user, store) {
  let token = "";
  return { user, use, read, sync };

  // Change the log and store it. Throws when there is no room: then nothing has changed.
  function use(change) {
    return alone("peduli-outbox", async () => {
      const log = new Log(await store.load(), name);
      const result = change(log);
      log.forget(Date.now());
      await store.save(log.state);
      tell();
      return result;
    });
  }

  async function read(look) {
    return look(new Log(await store.load(), name));
  }

  // Send what waits. Returns done, offline, signed-out (another session is needed), other (somebody else is signed in) or busy.
  async function sync() {
    const told = await alone("peduli-sync", deliver, true);
    if (told === "offline") globalThis.navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("outbox")).catch(() => {});
    return told;
  }

  async function deliver(lock) {
    if (!lock) return "busy";
    let before = Infinity;
    let again = 0; // tries that are worth another at once
    for (;;) {
      const left = await read((log) => log.state.ops.length);
      if (!left || left >= before) return "done"; // the rest is for another time
      before = left;
      const met = await meet();
      if (met !== "met") return met;
      const batch = await use((log) => log.outgoing());
      const answer = await ask({ method: "POST", body: JSON.stringify({ user, now: Date.now(), ...batch }) });
      if (answer.status === 401) return "signed-out";
      if (!answer.ok) return "offline";
      const told = await answer.json();
      const renamed = await use((log) => log.answered(batch.device, told.answers, told, Date.now()));
      if (renamed && (again += 1) < 4) before = Infinity; // what has a new name goes at once
    }
  }

  // A small request first: what is given to a line that is dead counts as sent.
  async function meet() {
    const answer = await ask({});
    if (answer.status === 401) return "signed-out";
    if (!answer.ok) return "offline";
    const told = await answer.json();
    token = told.token;
    return told.user === user ? "met" : "other";
  }

  async function ask(options) {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": token };
    return fetch(SYNC, { ...options, headers, cache: "no-store" }).catch(() => ({ ok: false, status: 0 }));
  }
}

// -- storage ------------------------------------------------------------------------------------------------------------------------------

function deviceStore(base, user, key) {
  return {
    async load() {
      const kept = await get(base, "logs", user);
      if (!kept) return null;
      return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, key, kept.sealed)));
    },
    async save(state) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(state)));
      await put(base, "logs", user, { iv, sealed });
    },
  };
}

function tabStore(user) {
  const at = `peduli.outbox.${user}`;
  return {
    async load() { return JSON.parse(sessionStorage.getItem(at) || "null"); },
    async save(state) { sessionStorage.setItem(at, JSON.stringify(state)); },
  };
}

async function own(base, user, text) {
  const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
  const current = await get(base, "keys", "current");
  if (current && current !== user) await put(base, "keys", null, true); // the one before can sign in again
  await put(base, "keys", user, key);
  await put(base, "keys", "current", user);
}

function name() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => "abcdefghijkmnpqrstuvwxyz23456789"[byte & 31]).join("");
}

async function alone(lock, work, ifAvailable = false) {
  if (navigator.locks) return navigator.locks.request(lock, { ifAvailable }, work);
  const before = turns.get(lock) || Promise.resolve();
  if (ifAvailable && turns.has(lock)) return work(null);
  const mine = before.catch(() => {}).then(() => work(true));
  turns.set(lock, mine);
  return mine.finally(() => { if (turns.get(lock) === mine) turns.delete(lock); });
}

const turns = new Map();

function open() {
  return asked(indexedDB.open("peduli-outbox", 1), (request) => {
    request.onupgradeneeded = () => { for (const store of ["logs", "keys"]) request.result.createObjectStore(store); };
  });
}

function get(base, store, key) {
  return asked(base.transaction(store).objectStore(store).get(key));
}

// Put a value; null removes it, and without a key everything.
function put(base, store, key, value) {
  const change = base.transaction(store, "readwrite", { durability: "strict" });
  const where = change.objectStore(store);
  if (key === null) where.clear();
  else if (value === null) where.delete(key);
  else where.put(value, key);
  return new Promise((done, failed) => {
    change.oncomplete = () => done();
    change.onabort = change.onerror = () => failed(change.error);
  });
}

function asked(request, prepare = () => {}) {
  prepare(request);
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

// -- the log ------------------------------------------------------------------------------------------------------------------------------

// What was done on this device and not yet acknowledged, in order. Pure: no storage, no network, no clock; tests run it against the server.
//
// An operation has a name for ever, `device.number`. One that has not left the device yet takes up what follows it in the same text; one that
// may have left never changes. What is not acknowledged is sent again; the server knows each by its name and takes it once.
export class Log {
  // kept: what `state` was, or null; name: a new name for a device, 8 to 16 small letters and digits.
  constructor(kept, name) {
    this.name = name;
    this.state = kept || { device: name(), next: 1, tick: "", seen: 0, docs: {}, ops: [], refused: [] };
  }

  // A document: what the server has of its texts, and what pages keep beside them; `home` is the address of its page, if that is another than
  // the activity's, and from `until` on (milliseconds) nobody needs it any more.
  doc(key) {
    return (this.state.docs[key] ||= { heads: [], others: [], texts: {}, stamp: 0 });
  }

  // The texts of a document are these now. Returns whether that changed anything.
  write(key, type, texts, now) {
    const doc = this.doc(key);
    const clean = wellFormed(texts);
    if (same(clean, doc.texts)) return false;
    let op = this.state.ops.filter((each) => each.body.doc === key).pop();
    if (!op || op.sent || op.kind !== "courses:write") op = this.add("courses:write", {}, now, { heads: doc.heads, texts: doc.texts });
    this.fill(op, key, type, clean, now);
    return true;
  }

  // Join what was edited in two places: these texts take the place of both.
  join(key, type, texts, now) {
    const doc = this.doc(key);
    const op = this.add("courses:write", {}, now, { heads: [...doc.heads, ...doc.others], texts: doc.texts });
    doc.others = [];
    this.fill(op, key, type, wellFormed(texts), now);
  }

  fill(op, key, type, texts, now) {
    const doc = this.doc(key);
    op.at = now;
    op.texts = texts;
    op.body = { doc: key, type, on: op.before.heads, cuts: cuts(op.before.texts, texts), check: checksum(texts) };
    doc.heads = [this.id(op)];
    doc.texts = texts;
  }

  // Hand in the text as it stands.
  handIn(key, type, now) {
    const [on] = this.doc(key).heads;
    return this.add("courses:hand_in", { audience: this.chosen(key), doc: key, type, on }, now);
  }

  // Which points of a checklist are ticked now, and on which day it happened.
  tick(key, type, tick, day, now) {
    Object.assign(this.doc(key), { ticks: tick, day });
    const last = this.state.ops.filter((op) => op.body.doc === key).pop();
    const body = { doc: key, type, tick, happened_on: day };
    if (last?.kind === "courses:tick" && !last.sent) Object.assign(last, { body, at: now });
    else this.add("courses:tick", body, now);
  }

  // Who may read a section: { "audience-KEY": who }, as it was chosen here just now.
  choose(key, type, audience, now) {
    const doc = this.doc(key);
    doc.audiences = { ...doc.audiences, ...audience };
    this.add("courses:audience", { doc: key, type, audience }, now);
  }

  // What was chosen here and the server has not acknowledged yet.
  chosen(key) {
    return Object.assign({}, ...this.state.ops.filter((op) => op.body.doc === key).map((op) => op.body.audience));
  }

  add(kind, body, now, before) {
    const op = { n: this.state.next, at: now, kind, body, sent: false };
    if (before) op.before = before;
    this.state.next += 1;
    this.state.ops.push(op);
    return op;
  }

  id(op) {
    return `${this.state.device}.${op.n}`;
  }

  // device: something is only here; sent: on its way; received: the server has everything.
  standing(key) {
    const mine = this.state.ops.filter((op) => !key || op.body.doc === key);
    return mine.some((op) => !op.sent) ? "device" : mine.length ? "sent" : "received";
  }

  // What to send now, or null. From here on these operations may have left the device: store the log before sending.
  outgoing(most = 100) {
    const ops = [...this.state.ops.filter((op) => !op.later), ...this.state.ops.filter((op) => op.later)].slice(0, most);
    if (!ops.length) return null;
    for (const op of ops) op.sent = true;
    const { device, tick, seen } = this.state;
    return { device, tick, seen, ops: ops.map(({ n, at, kind, body }) => ({ n, at, kind, body })) };
  }

  // The server has answered a batch. contact: its { tick, time in words, stamp in seconds }. Returns whether operations have new names.
  answered(device, answers, contact, now) {
    if (device !== this.state.device) return false; // an answer to a name that this device does not bear any more
    let renamed = false;
    const whole = new Set();
    for (const op of [...this.state.ops]) {
      const answer = answers[op.n];
      if (answer?.state === "taken") this.taken(op, answer, contact);
      else if (answer?.state === "refused") this.refuse(op, answer.why);
      else if (answer?.state === "later") op.later = true; // others go first
      else if (answer?.state === "clash") renamed = true;
      else if (answer?.state === "whole") whole.add(op.body.doc);
    }
    if (renamed) this.reissue(() => true, true);
    else if (whole.size) this.reissue((op) => whole.has(op.body.doc), false);
    this.contact(contact, now);
    return renamed || whole.size > 0;
  }

  taken(op, answer, contact) {
    this.state.ops = this.state.ops.filter((other) => other !== op);
    const doc = this.state.docs[op.body.doc];
    if (!doc) return;
    Object.assign(doc, { stamp: contact.stamp, code: answer.receipt || answer.code, at: contact.time, beside: answer.beside || false });
    if (op.kind === "courses:hand_in") doc.handedIn = true; // until the page has said so
    if (op.kind === "courses:hand_in" && this.standing(op.body.doc) === "received") Object.assign(doc, { heads: [], texts: {} });
  }

  refuse(op, why) {
    this.state.ops = this.state.ops.filter((other) => other !== op);
    this.state.refused.push({ kind: op.kind, doc: op.body.doc, texts: op.texts, at: op.at, why });
  }

  // Give operations new names: what they build on is not there (then the first of each text is sent as a whole), or another has their name.
  reissue(chosen, device) {
    const names = {};
    const began = new Set();
    const before = this.state.device;
    if (device) Object.assign(this.state, { device: this.name(), next: 1 });
    this.state.ops = this.state.ops.map((op) => {
      if (!chosen(op)) return op;
      const fresh = { ...op, n: this.state.next, sent: false, body: { ...op.body } };
      this.state.next += 1;
      names[`${before}.${op.n}`] = this.id(fresh);
      if (op.kind === "courses:write") {
        const known = op.body.on.filter((parent) => names[parent] || device || began.has(op.body.doc)).map((parent) => names[parent] || parent);
        fresh.before = { ...op.before, heads: known };
        fresh.body.on = known;
        if (!known.length || known.length < op.body.on.length) Object.assign(fresh.body, { on: known, cuts: [], whole: op.texts });
        began.add(op.body.doc);
      } else if (op.body.on) fresh.body.on = names[op.body.on] || op.body.on;
      return fresh;
    });
    this.state.ops.sort((a, b) => a.n - b.n);
    for (const doc of Object.values(this.state.docs)) doc.heads = doc.heads.map((head) => names[head] || head);
  }

  // The server has been heard. What waits was made after the contact before, and is judged by that one; a page that is shown once more is none.
  contact({ tick, stamp }, now) {
    if (!this.state.ops.length && !(stamp <= this.state.stamp)) Object.assign(this.state, { tick, stamp, seen: now });
  }

  // Drop what nobody needs any more, unless something of it waits.
  forget(now) {
    for (const [key, doc] of Object.entries(this.state.docs)) {
      if (!(doc.until < now + (doc.ahead || 0)) || this.standing(key) !== "received") continue;
      delete this.state.docs[key];
      this.state.refused = this.state.refused.filter((each) => each.doc !== key);
    }
  }

  // The server shows a document: { id, texts } for each head, latest first, as it was at the contact. Returns "stale" when this device knows
  // better, "mine" when it has something that the server does not have, else "theirs".
  pull(key, heads, contact, now) {
    const doc = this.doc(key);
    const { stamp } = contact;
    this.contact(contact, now);
    if (this.state.ops.some((op) => op.body.doc === key)) return "mine";
    if (doc.stamp > stamp) return "stale";
    const first = heads.find((head) => doc.heads.includes(head.id)) || heads[0];
    const equal = heads.filter((head) => first && same(head.texts, first.texts));
    doc.heads = first ? [first.id, ...equal.filter((head) => head !== first).map((head) => head.id)] : [];
    doc.texts = first ? first.texts : {};
    doc.others = heads.filter((head) => !equal.includes(head)).map((head) => head.id);
    doc.stamp = stamp;
    return "theirs";
  }
}

function same(a, b) {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => (a[name] || "") === (b[name] || ""));
}

// The smallest change of each field, counted in characters (not in UTF-16 units: the server counts characters).
function cuts(before, after) {
  const found = [];
  for (const name of Object.keys(after)) {
    const a = [...(before[name] || "")];
    const b = [...after[name]];
    let start = 0;
    while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
    let end = 0;
    while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
    if (start < a.length || start < b.length) found.push([name, start, a.length - start - end, b.slice(start, b.length - end).join("")]);
  }
  return found;
}

// Half a character (a lone surrogate) is nothing that a server could store.
function wellFormed(texts) {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, [...text].map((letter) => (/^[\ud800-\udfff]$/.test(letter) ? "\ufffd" : letter)).join("")]));
}

// CRC-32 over the fields by name, as the server computes it.
function checksum(texts) {
  let sum = -1;
  const names = Object.keys(texts).filter((name) => texts[name]).sort();
  for (const letter of names.map((name) => `${name}\0${texts[name]}\n`).join("")) for (const byte of utf8(letter.codePointAt(0))) sum = (sum >>> 8) ^ TABLE[(sum ^ byte) & 255];
  return (sum ^ -1) >>> 0;
}

const TABLE = Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function utf8(code) {
  if (code < 0x80) return [code];
  if (code < 0x800) return [0xc0 | (code >> 6), 0x80 | (code & 63)];
  if (code < 0x10000) return [0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
  return [0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63)];
}
