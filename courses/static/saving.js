// Saves what is typed in the studio: a second after the last key and on leaving, only what differs. What is not acknowledged stays on this
// device, locked. Two people at once: different fields are joined by the server; of the same field both texts are shown, and one chooses.
// Without this script the buttons of the form do the same, one page at a time.
import { openDrawer } from "../lms/vault.js";

const form = document.querySelector("form[data-vault]");
const PAUSE = 1000; // milliseconds after the last key
const LONGEST = 30000;
const HERE = 20000;
const LONG = 200; // characters of a text of which only a part is sent
const MOST_LEAVING = 60000; // what a browser sends after the page has gone
const TAKEN = new Set([200, 412, 422]); // saved, or kept as unfinished
const NO_FIELDS = new Set(["csrf_token", "mark", "op"]);

if (form) start();

const outline = async (asked) => (await import("./outline.js")).arrange(asked);
document.querySelector("[data-arrange]")?.addEventListener("click", (event) => { event.preventDefault(); outline(true); });
if (document.querySelector("[data-arrange]") && sessionStorage.getItem("arrange")) outline(false);
document.querySelector("[data-show]")?.addEventListener("click", () => { document.getElementById("panel-preview").checked = true; });

async function start() {
  const words = form.dataset;
  const url = form.getAttribute("action");
  const state = form.querySelector("[data-saved-state]");
  const panel = document.querySelector("[data-clash]");
  const drawer = await openDrawer(words.vault, `peduli.studio.${words.user}.${url}.`);
  let base = { mark: form.elements.mark.value, values: "filled" in words ? null : read(form, false) }; // the last state that both sides know
  let unfinished = "filled" in words; // the server keeps something that is not saved
  let clash = null;
  let busy = false;
  let gone = false;
  let timer = 0;
  let wait = PAUSE;

  await takeBack();
  form.addEventListener("input", (event) => { if (event.target.name) { keep(); later(PAUSE); } });
  form.addEventListener("change", (event) => { if (event.target.name) { keep(); later(0); } });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (event.submitter?.name || event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    save();
  });
  form.addEventListener("moved", ({ detail: { section, marks } }) => { // in the outline, by oneself
    if (base.mark !== marks[0]) return;
    base = { mark: marks[1], values: base.values?.map(([name, value]) => [name, name === "section" ? section : value]) ?? null };
  });
  addEventListener("online", () => later(0));
  addEventListener("pagehide", () => save(true));
  addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(true); else here(); });
  setInterval(here, HERE);
  here();
  if (edits(read())) { keep(); later(0); } // also what was typed before this script was there

  // What this device kept and no server has acknowledged comes back into the form; what was typed before this script was there stays.
  async function takeBack() {
    const kept = "posted" in words ? drawer.found.filter(({ own }) => !own) : drawer.found; // what was posted is newer than what its window kept
    const [mine, ...others] = "posted" in words ? [null, ...kept] : kept;
    for (const { value, drop } of others) {
      const answer = await send(whole(value.values), value.mark).catch(() => null);
      if (TAKEN.has(answer?.status)) await drop();
    }
    if (!mine) return;
    put(mine.value.values, form);
    base = { mark: mine.value.mark, values: null };
    if (await keep() && !mine.own) await mine.drop();
  }

  function later(pause) {
    clearTimeout(timer);
    if (!gone) timer = setTimeout(save, pause);
  }

  function keep() {
    return drawer.put({ mark: base.mark, values: read() }).then(() => true, () => say("failed", words.full));
  }

  // -- what differs --------------------------------------------------------------------------------------------------------------

  function edits(values) {
    if (!base.values) return whole(values);
    const [before, now] = [grouped(base.values), grouped(values)];
    const groups = [...new Set([...before.keys(), ...now.keys()])].filter((group) => JSON.stringify(before.get(group)) !== JSON.stringify(now.get(group)));
    if (!groups.length) return unfinished ? whole(values) : null;
    const fields = [];
    const texts = {};
    for (const [name, value] of groups.flatMap((group) => now.get(group) || [])) {
      const old = base.values.filter(([other]) => other === name);
      if (old.length === 1 && old[0][1].length > LONG) texts[name] = splice(old[0][1], value);
      else fields.push([name, value]);
    }
    return { groups, fields, texts, whole: false };
  }

  async function save(leaving) {
    clearTimeout(timer);
    const values = read();
    const body = edits(values);
    if (busy || gone || clash || !body) return;
    busy = true;
    say("waiting", words.sending);
    try {
      await told(await send(body, base.mark, leaving === true), values);
      wait = PAUSE;
    } catch {
      wait = Math.min(wait * 2, LONGEST);
      say("waiting", words.offline);
      later(wait);
    } finally {
      busy = false;
    }
  }

  function send(body, mark, leaving) {
    const text = JSON.stringify(body);
    return fetch(url, { method: "POST", headers: headers({ "Content-Type": "application/json", "If-Match": `"${mark}"` }), body: text, keepalive: leaving && text.length < MOST_LEAVING });
  }

  function headers(more) {
    return { Accept: "application/json", "X-CSRF-Token": form.elements.csrf_token.value, ...more };
  }

  async function told(answer, sent) {
    const said = await answer.json().catch(() => ({}));
    const pending = () => JSON.stringify(read()) !== JSON.stringify(sent);
    if (answer.status === 409) { base.values = null; return later(0); }
    if (answer.status === 400) { if (await renew()) return later(0); return signedOut(); }
    if (answer.status === 401) return signedOut();
    if (answer.status === 403 || answer.status === 404) { gone = true; return say("failed", words.gone); }
    if (answer.status === 412) return choose(said);
    if (answer.status === 422) {
      unfinished = true;
      if (!pending()) await drawer.drop();
      say("waiting", words.unfinished.replace("{at}", said.at).replace("{why}", said.problems.join(" ")));
      return pending() ? later(PAUSE) : undefined;
    }
    if (!answer.ok) throw new Error(answer.status);
    unfinished = false;
    if (!said.joined) { // else the page does not know yet what others wrote: it goes on from the state before until it has seen that
      base = { mark: marked(answer), values: sent };
      form.elements.mark.value = base.mark;
    }
    if (!pending()) await drawer.drop();
    if (said.joined) await refresh(sent);
    if (pending() && edits(read())) later(PAUSE);
    say("saved", (said.joined ? words.joined : words.saved).replace("{at}", said.at));
    return undefined;
  }

  function marked(answer) {
    return answer.headers.get("ETag").replace(/^W\//, "").replaceAll('"', "");
  }

  function signedOut() {
    say("failed", words.signedOut);
    later(LONGEST);
  }

  // The page was open in a session that ended; signed in again elsewhere, a new token is all it needs.
  async function renew() {
    const found = (await page()).querySelector("form[data-vault] [name=csrf_token]");
    if (!found || found.value === form.elements.csrf_token.value) return false;
    for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = found.value;
    return true;
  }

  async function page() {
    const answer = await fetch(url, { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  // What others have saved comes into the form; what was typed since `sent` stays.
  async function refresh(sent) {
    const fresh = (await page()).querySelector("form[data-vault]");
    if (!fresh) throw new Error("another page");
    if ("filled" in fresh.dataset) return;
    const [before, now] = [named(sent), named(read())];
    const names = new Set([...before.keys(), ...now.keys()].filter((name) => JSON.stringify(before.get(name)) !== JSON.stringify(now.get(name))));
    const typed = read().filter(([name]) => names.has(name));
    const at = document.activeElement;
    const place = at?.form === form && "selectionStart" in at ? [at.name, at.selectionStart, at.selectionEnd] : null;
    if (shape(fresh) === shape(form)) {
      take(fresh, names);
    } else {
      form.replaceChildren(...[...fresh.childNodes].map((node) => document.adoptNode(node)));
      put(typed, form, names);
    }
    base = { mark: form.elements.mark.value, values: read(form, false) };
    if (place && document.activeElement?.name !== place[0] && form.elements[place[0]]?.focus) {
      form.elements[place[0]].focus();
      form.elements[place[0]].setSelectionRange?.(place[1], place[2]);
    }
    form.dispatchEvent(new Event("refreshed"));
  }

  function shape(some) {
    return fieldsOf(some).map((field) => `${field.name} ${field.type} ${/^(radio|checkbox)$/.test(field.type) ? field.value : ""}`).join("\n");
  }

  // The same fields: only what differs is touched, so that the caret stays and "undo" works.
  function take(fresh, names) {
    const theirs = fieldsOf(fresh);
    fieldsOf(form).forEach((field, index) => {
      const other = theirs[index];
      const mine = field.value;
      if (field.options) for (const [place, option] of [...field.options].entries()) option.defaultSelected = other.options[place]?.defaultSelected;
      else if (/^(radio|checkbox)$/.test(field.type)) field.defaultChecked = other.defaultChecked;
      else field.defaultValue = other.defaultValue;
      if (names.has(field.name)) return;
      if (field.options) for (const option of field.options) option.selected = option.defaultSelected;
      else if (/^(radio|checkbox)$/.test(field.type)) field.checked = field.defaultChecked;
      else if (mine.trim() !== other.defaultValue.trim()) field.value = other.defaultValue;
      else if (field.value !== mine) field.value = mine;
    });
    form.elements.mark.value = fresh.elements.mark.value;
  }

  // -- two texts -----------------------------------------------------------------------------------------------------------------

  function choose(said) {
    clash = said;
    panel.replaceChildren(...new DOMParser().parseFromString(said.panel, "text/html").body.childNodes);
    panel.querySelector("[data-settle]").addEventListener("click", settle);
    panel.hidden = false;
    panel.focus();
    say("waiting", words.saidClash);
  }

  async function settle() {
    const decided = Object.fromEntries([...panel.querySelectorAll("input:checked")].map((radio) => [radio.dataset.unit, radio.value]));
    const values = read();
    const { seen } = clash;
    clash = null;
    panel.hidden = true;
    busy = true;
    try {
      await told(await send({ ...edits(values), decided, seen }, base.mark), values);
      if (!clash) form.querySelector("textarea, input:not([type=hidden])").focus();
    } catch {
      say("waiting", words.offline);
      later(wait);
    } finally {
      busy = false;
    }
  }

  // -- who else is here ----------------------------------------------------------------------------------------------------------

  async function here() {
    if (document.visibilityState === "hidden" || gone) return;
    const answer = await fetch(`${url}/here`, { method: "POST", headers: headers() }).catch(() => null);
    if (!answer?.ok) return;
    const { others, mark } = await answer.json();
    const place = document.querySelector("[data-others]");
    place.textContent = others.length ? words.saidOthers.replace("{names}", others.join(", ")) : "";
    if (mark !== base.mark && base.values && !busy && !clash && !edits(read())) await refresh(read()).catch(() => {});
  }

  function say(name, text) {
    const place = form.querySelector("[data-saved-state]") || state;
    place.dataset.state = name;
    place.textContent = text;
  }
}

// -- fields ----------------------------------------------------------------------------------------------------------------------

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && !NO_FIELDS.has(field.name) && !/^(submit|button|file|fieldset)$/.test(field.type));
}

// [[name, text], …] as the form would be posted; with `now` false, as the page came.
function read(form = document.querySelector("form[data-vault]"), now = true) {
  const found = [];
  for (const field of fieldsOf(form)) {
    if (field.options) {
      const options = [...field.options];
      const chosen = options.filter((option) => (now ? option.selected : option.defaultSelected));
      if (!chosen.length && !field.multiple && options.length) chosen.push(options[0]);
      for (const option of chosen) found.push([field.name, option.value]);
    } else if (/^(radio|checkbox)$/.test(field.type)) {
      if (now ? field.checked : field.defaultChecked) found.push([field.name, field.value]);
    } else {
      found.push([field.name, now ? field.value : field.defaultValue]);
    }
  }
  return found;
}

// Fills in texts, except where something else was typed since the page came.
function put(values, form, names = new Set(values.map(([name]) => name))) {
  for (const field of fieldsOf(form)) {
    if (!names.has(field.name)) continue;
    const mine = values.filter(([name]) => name === field.name).map(([, value]) => value);
    if (field.options) { for (const option of field.options) option.selected = mine.includes(option.value); }
    else if (/^(radio|checkbox)$/.test(field.type)) { if (field.checked === field.defaultChecked) field.checked = mine.includes(field.value); }
    else if (mine.length && field.value === field.defaultValue) [field.value] = mine;
  }
  for (const list of form.querySelectorAll("[data-boxes]")) { // what was ticked among all, on a page that does not show all
    for (const [name, value] of values) if (name === list.dataset.boxes && !list.querySelector(`[value="${CSS.escape(value)}"]`)) list.append(ticked(name, value));
  }
}

function ticked(name, value) {
  const label = document.createElement("label");
  const words = document.createElement("span");
  label.className = "choice";
  words.textContent = value;
  label.append(Object.assign(document.createElement("input"), { type: "checkbox", name, value, checked: true }), words);
  return label;
}

function whole(values) {
  return { groups: [], fields: values, texts: {}, whole: true };
}

// {name: [text, …]}
function named(values) {
  const found = new Map();
  for (const [name, value] of values) found.set(name, [...(found.get(name) || []), value]);
  return found;
}

// A list is one field, and so is the rule: see courses/studio/merging.py.
function grouped(values) {
  const groups = new Map();
  for (const pair of values) {
    const group = pair[0].startsWith("rule_") ? "rule" : (/^(.+?)-\d+(?:-|$)/.exec(pair[0])?.[1] || pair[0]);
    groups.set(group, [...(groups.get(group) || []), pair]);
  }
  return groups;
}

// [start, removed, put, length of the old text] in characters, not in halves of them.
function splice(old, text) {
  const [one, other] = [[...old], [...text]];
  const least = Math.min(one.length, other.length);
  let start = 0;
  let end = 0;
  while (start < least && one[start] === other[start]) start += 1;
  while (end < least - start && one[one.length - 1 - end] === other[other.length - 1 - end]) end += 1;
  return [start, one.length - start - end, other.slice(start, other.length - end).join(""), one.length];
}
