// Check-in with both phones offline: the same functions as courses/visits/codes.py. A learner types the facilitator's code and shows the
// answer; the facilitator types it against the name. Pages with a signal bring the visit to this device, locked, and /visits/offline shows it
// from there. What is noted waits in the outbox. Without this script, or without a secure connection, the forms do the same with a signal.
import { bytes, number } from "../lms/codes.js";
import { listen, openOutbox } from "../lms/outbox.js";

export const STEP = 300;
export const SKEW = 2;
const PAGE = "/visits/offline";
const MOST = 60000; // milliseconds between two attempts to send

export function stepOf(moment) {
  return Math.floor(moment / 1000 / STEP);
}

export function codeAt(secret, visit, step) {
  return number(secret, `code/${visit}/${step}`, 6);
}

export function answerTo(key, visit, code) {
  return number(key, `answer/${visit}/${code}`, 4);
}

// The code that a member's answer belongs to among those that hold now, the present one first; an empty text for none.
export async function codeAnswered(secret, visit, key, answer, now) {
  for (const away of [0, -1, 1, -SKEW, SKEW]) {
    const code = await codeAt(secret, visit, stepOf(now) + away);
    if ((await answerTo(key, visit, code)) === answer) return code;
  }
  return "";
}

if (document.querySelector("[data-photo]")) import("./photo.js");
const carried = document.querySelector("[data-carried]");
const shelf = document.querySelector("[data-shelf]");
if (globalThis.crypto?.subtle && globalThis.indexedDB) {
  if (carried) online();
  if (shelf) offline();
} else if (shelf) part("none").hidden = false;

// -- a page with a signal ----------------------------------------------------------------------------------------------------------------

async function online() {
  const told = JSON.parse(carried.dataset.carried);
  const { bring } = await import("../lms/carry.js");
  const box = await bring(told);
  const form = document.querySelector("[data-check-in], [data-roll]");
  const { doc } = told.entries[0];
  if (form && (await box.read((log) => log.state.docs[doc]?.visit))) checkIn(box, doc, form); // of one that is long over nothing is kept
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.register("/sw.js").catch(() => {}); // a window that keeps nothing
  await navigator.serviceWorker.ready;
  carried.hidden = !(await caches.match(PAGE));
}

// -- the page of this device ---------------------------------------------------------------------------------------------------------------

async function offline() {
  addEventListener("hashchange", () => location.reload());
  const box = await openOutbox();
  const docs = box ? await box.read((log) => { log.forget(Date.now()); return log.state.docs; }) : {};
  if (box) box.use(() => {}).catch(() => {}); // what is over is dropped for good
  const visits = Object.entries(docs).filter(([, doc]) => doc.visit).sort(([, a], [, b]) => a.visit.starts - b.visit.starts);
  const wanted = decodeURIComponent(location.hash.slice(1));
  const chosen = visits.find(([, { visit }]) => visit.id === wanted || visit.activity === wanted) || (visits.length === 1 && visits[0]);
  part("none").hidden = visits.length > 0;
  part("list").hidden = visits.length < 2;
  part("list").append(...visits.map(([, doc]) => {
    const item = copy("row");
    const link = item.querySelector("a");
    link.href = doc.home;
    link.textContent = doc.title;
    if (chosen && doc === chosen[1]) link.setAttribute("aria-current", "page");
    item.querySelector("span").textContent = doc.visit.when;
    return item;
  }));
  part("head").hidden = Boolean(chosen);
  if (chosen) unfold(box, ...chosen);
}

function part(name, within = shelf) {
  return within.querySelector(`[data-${name}]`);
}

function copy(name) {
  return part(`make-${name}`).content.firstElementChild.cloneNode(true);
}

function unfold(box, key, { title, visit }) {
  part("visit").hidden = false;
  part("title").textContent = title;
  part("when").textContent = visit.when;
  part("online").href = visit.url;
  part("mine").textContent = visit.role || "";
  for (const name of ["numbers", "place"]) part(name).append(...visit[name].flatMap(line));
  for (const name of ["risks", "limits"]) {
    part(name).textContent = visit[name];
    part(name).closest("[data-if]").hidden = !visit[name];
  }
  people(visit.people || []);
  for (const [kind, sentences] of visit.consents || []) {
    const item = copy("consent");
    item.querySelector("summary").textContent = kind;
    item.querySelector("div").append(...sentences.map((text) => element("p", text)));
    part("consents").append(item);
  }
  part("consents").hidden = !visit.consents;
  const side = part(visit.secret ? "leads" : "goes");
  side.hidden = false;
  const form = side.querySelector("form");
  for (const member of visit.members || []) {
    const row = copy("member");
    const label = row.querySelector("label");
    row.dataset.member = member.id;
    label.htmlFor = row.querySelector("input").id = `answer-${member.id}`;
    label.prepend(member.name, " ");
    label.querySelector("span").textContent = member.role;
    if (member.there) row.querySelector("input").placeholder = "✓";
    form.querySelector("[data-said]").before(row);
  }
  checkIn(box, key, form);
}

function line([title, text, phone]) {
  const said = element("dd", text && phone ? `${text} · ` : text);
  if (phone) said.append(Object.assign(element("a", phone), { href: `tel:${phone.replaceAll(" ", "")}`, className: "nowrap" }));
  return [element("dt", title), said];
}

function people(rows) {
  part("people").append(...rows.map(([name, role]) => {
    const item = element("li", "");
    item.append(element("strong", name), ` · ${role}`);
    return item;
  }));
}

function element(name, text) {
  return Object.assign(document.createElement(name), { textContent: text });
}

// -- checking in ---------------------------------------------------------------------------------------------------------------------------

// Let a form check in: that of a learner, or the roster of who leads. What is noted is stored first, then sent when there is a line.
async function checkIn(box, key, form) {
  const words = JSON.parse(form.dataset.words);
  const said = form.querySelector("[data-said]");
  const { visit } = await box.read((log) => log.doc(key));
  const [listens, shows] = visit.secret ? [facilitator, showRoster] : [learner, showAnswer];
  let wait = 1000;
  let timer = 0;

  listens();
  listen(show);
  addEventListener("online", send);
  await show();
  send();

  function say(text, state = "waiting") {
    said.textContent = text;
    said.dataset.state = state;
  }

  async function note(change) {
    try {
      await box.use(change);
    } catch {
      return say(words.full, "failed");
    }
    send();
  }

  async function send() {
    const told = await box.sync();
    clearTimeout(timer);
    if (told === "offline" || told === "busy") timer = setTimeout(send, wait = Math.min(wait * 2, MOST));
    else wait = 1000;
    if (told === "signed-out" || told === "other") say(words.signedOut, "failed");
  }

  async function show() {
    const known = await box.read((log) => ({
      doc: log.doc(key),
      standing: log.standing(key),
      ops: log.state.ops.filter((op) => op.body.doc === key),
      refused: log.state.refused.filter((each) => each.doc === key),
    }));
    const why = shows(known);
    if (form.querySelector("[aria-invalid=true]")) return;
    if (why) say(why, "failed");
    else if (known.ops.length) say(words[known.standing]);
    else if (known.doc.code) say(received(known.doc), "saved");
  }

  function received({ at, code }) {
    return words.received.replace("{at}", at).replace("{code}", code);
  }

  function learner() {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const code = form.elements.code.value.replace(/\D/g, "");
      if (code.length !== 6) return say(words.digits, "failed");
      const response = await answerTo(bytes(visit.key), visit.id, code);
      await note((log) => {
        const doc = log.doc(key);
        const again = log.state.refused.filter((each) => each.doc !== key);
        if (doc.said?.code === code && again.length === log.state.refused.length) return;
        log.state.refused = again;
        doc.said = { code, response, at: Date.now() };
        log.add("courses:check_in", { doc: key, visit: visit.id, code, response }, doc.said.at);
      });
    });
  }

  // What was typed last counts: what is refused of an earlier code says nothing.
  function showAnswer({ doc, refused }) {
    if (!doc.said) return "";
    const box = document.querySelector("[data-answer]");
    box.hidden = false;
    box.querySelector("code").textContent = doc.said.response;
    return refused.find((each) => each.at === doc.said.at)?.why;
  }

  function facilitator() {
    const secret = bytes(visit.secret);
    const shown = document.querySelector("[data-code]");
    const left = document.querySelector("[data-left]");
    let ahead = 0; // this phone's clock may be wrong; the server's time, when it was last heard, is what codes go by
    const now = () => Date.now() + ahead;
    async function tick() {
      shown.textContent = await codeAt(secret, visit.id, stepOf(now()));
      left.textContent = words.seconds.replace("{n}", STEP - (Math.floor(now() / 1000) % STEP));
    }
    box.read((log) => { ahead = log.doc(key).ahead || 0; }).then(tick);
    setInterval(tick, 1000);
    for (const row of form.querySelectorAll("[data-member]")) row.addEventListener("input", () => mark(row, secret, now()));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send();
    });
  }

  async function mark(row, secret, now) {
    const field = row.querySelector("input");
    const state = row.querySelector("[data-state]");
    const { id, key: own } = visit.members.find((each) => each.id === row.dataset.member);
    const response = field.value.replace(/\D/g, "");
    if (field.getAttribute("aria-invalid") === "true") state.textContent = "";
    field.removeAttribute("aria-invalid");
    if (response.length !== 4) return;
    const code = await codeAnswered(secret, visit.id, bytes(own), response, now);
    if (field.value.replace(/\D/g, "") !== response) return; // somebody types on
    field.setAttribute("aria-invalid", String(!code));
    if (!code) {
      state.textContent = words.wrong;
      return say(words.unfit, "failed");
    }
    field.value = "";
    await note((log) => {
      const marks = (log.doc(key).marks ||= {});
      if (marks[id]?.code === code && !log.state.refused.some((each) => each.at === marks[id].at)) return;
      log.state.refused = log.state.refused.filter((each) => each.doc !== key || each.at !== marks[id]?.at);
      marks[id] = { code, at: Date.now() };
      log.add("courses:roll", { doc: key, visit: visit.id, member: id, code, response }, marks[id].at);
    });
  }

  function showRoster({ doc, ops, refused }) {
    let last = "";
    for (const row of form.querySelectorAll("[data-member]")) {
      const made = doc.marks?.[row.dataset.member];
      if (!made) continue;
      const why = refused.find((each) => each.at === made.at)?.why;
      if (!why && !shelf && !ops.some((op) => op.body.member === row.dataset.member)) continue; // the server's page knows better
      row.querySelector("input").placeholder = why ? "" : "✓";
      row.querySelector("[data-state]").textContent = why || words.fits;
      last ||= why;
    }
    return last;
  }
}
