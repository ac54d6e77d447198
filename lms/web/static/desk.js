// The desk: keys between lines and from one thing to the next, and answers that outlast a line that breaks. What is typed is kept on this device,
// locked; what is sent without a connection waits in the outbox. Without this script links and buttons do the same, one page at a time.
const OFF = "peduli.keys.off";
const QUEUED = "peduli.desk.queued"; // only that there is something; what it is lies in the outbox
const PREFIX = `peduli.desk.${document.querySelector("script[data-desk]").dataset.desk}.`;
const STORE = 250; // milliseconds after the last key
const PATIENCE = 5000;
const MOST = 60000;
const NOT_KEPT = new Set(["csrf_token", "answer", "seen", "version"]);
const form = document.querySelector("form[data-operation][data-vault]");

// Tell whether a key may act by itself: nobody is typing, and its owner has not switched this off.
export function single(event) {
  const typing = event.target.matches?.("textarea, select, input:not([type=radio], [type=checkbox])") || event.target.isContentEditable;
  return !typing && !event.ctrlKey && !event.altKey && !event.metaKey && !localStorage.getItem(OFF);
}

keys();
arrived();
if (form) write();
else if (localStorage.getItem(QUEUED)) deliver();

// -- keys -----------------------------------------------------------------------------------------------------------------------------------

function keys() {
  const list = document.querySelector("[data-keys]");
  if (list) {
    const single = list.querySelector("[data-single]");
    list.hidden = false;
    single.checked = !localStorage.getItem(OFF);
    single.addEventListener("change", () => { if (single.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, "1"); });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-send]"));
    } else if (event.target.closest?.("[data-lines]") && (event.key === "ArrowDown" || event.key === "ArrowUp")) step(event.key === "ArrowDown" ? 1 : -1, event);
    else if (single(event)) pressed(event, list);
  });
}

function pressed(event, list) {
  const key = event.key.toLowerCase();
  const around = document.querySelector("[data-around]");
  if (key === "j") step(1, event);
  else if (key === "k") step(-1, event);
  else if (key === "n") document.querySelector("a[rel=next]")?.click();
  else if (key === "p") document.querySelector("a[rel=prev]")?.click();
  else if (key === "u" && around) location.href = around.dataset.home;
  else if (key === "?" && list) {
    list.open = !list.open;
    list.querySelector("summary").focus();
  }
}

function step(by, event) {
  const lines = [...document.querySelectorAll("[data-lines] a")];
  if (!lines.length) return;
  event.preventDefault();
  const at = lines.indexOf(document.activeElement);
  lines[at < 0 ? 0 : Math.min(Math.max(at + by, 0), lines.length - 1)].focus();
}

// -- what was answered ------------------------------------------------------------------------------------------------------------------------

// The server leads on with the name of what it has taken: nothing of it needs to stay here.
function arrived() {
  const [, name] = location.hash.match(/^#answered=([\w-]+)$/) || [];
  if (!name) return;
  forget(`desk/${name}`);
  history.replaceState(history.state, "", location.pathname + location.search);
}

function forget(doc) {
  for (const key of Object.keys(localStorage)) if (key.startsWith(`${PREFIX}${doc}.`)) localStorage.removeItem(key);
}

// What waits in the outbox goes as soon as there is a line; the page "On this device" lists what cannot.
async function deliver() {
  const { openOutbox } = await import("./outbox.js");
  const box = await openOutbox();
  const left = () => box.read(({ state: { ops, refused } }) => [...ops, ...refused].filter((each) => (each.doc || each.body.doc).startsWith("desk/")).length);
  const note = document.querySelector("[data-queued]");
  const show = async () => {
    const number = await left();
    if (!number) localStorage.removeItem(QUEUED);
    if (note) note.hidden = !number;
  };
  if (!box) return;
  await show();
  await box.sync();
  await show();
}

// -- writing ----------------------------------------------------------------------------------------------------------------------------------

function write() {
  const { operation, doc, vault, title } = form.dataset;
  const [item, contact, words] = [form.dataset.item, form.dataset.contact, form.dataset.words].map((text) => JSON.parse(text));
  const seen = Date.now();
  const standing = form.querySelector("[data-standing]");
  let drawer = null;
  let timer = 0;
  let wait = 1000;
  let going = false; // on its way by the form itself
  let busy = false;

  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, STORE); });
  form.addEventListener("kept", async () => { clearTimeout(timer); await (await open()).drop(); say("", ""); }); // the server has it
  form.addEventListener("submit", submit);
  addEventListener("pagehide", () => { if (timer) keep(); });
  addEventListener("pageshow", () => { going = false; busy = false; });
  addEventListener("online", () => { if (form.inert) send(); });
  begin();

  async function begin() {
    if (localStorage.getItem(QUEUED) && (await held())) return stand();
    if (Object.keys(localStorage).some((key) => key.startsWith(`${PREFIX}${doc}.`))) await restore();
  }

  function stand() {
    form.inert = true;
    return send();
  }

  // What keeps and sends is fetched with the first key, while there is a line.
  async function open() {
    drawer ||= import("./vault.js").then(({ openDrawer }) => openDrawer(vault, `${PREFIX}${doc}.`));
    import("./outbox.js").catch(() => {});
    return drawer;
  }

  function values() {
    return [...new FormData(form)].filter(([name]) => !NOT_KEPT.has(name));
  }

  async function keep() {
    clearTimeout(timer);
    timer = 0;
    try {
      await (await open()).put(values());
      if (!form.dataset.keep) say("waiting", words.device);
      return true;
    } catch {
      return say("failed", words.full);
    }
  }

  // What this device kept comes back into the form; nothing that stands there is overwritten by something shorter.
  async function restore() {
    const { found } = await open();
    const before = JSON.stringify(values());
    for (const { value: kept } of found) for (const [name, value] of kept) put(form.elements[name], value);
    if (JSON.stringify(values()) === before) return;
    if (await keep()) {
      for (const { own, drop } of found) if (!own) await drop();
      say("waiting", words.back);
    }
    form.dispatchEvent(new Event("input"));
  }

  function put(field, value) {
    if (!field || !value) return;
    if (field instanceof HTMLTextAreaElement) field.value = joined(field.value, value);
    else if (field instanceof RadioNodeList || field.type !== "hidden") field.value = value;
  }

  async function submit(event) {
    const button = event.submitter;
    if (going || !button?.hasAttribute("data-send")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (busy) return;
    busy = true;
    await keep();
    say("waiting", words.checking);
    const line = await meet();
    busy = false;
    if (line === "lost") return say("failed", words.signedOut);
    if (line === "offline") return queue(button);
    going = true;
    form.requestSubmit(button);
  }

  // A small request first: what is given to a line that is dead would be gone from the page.
  async function meet() {
    if (navigator.onLine === false) return "offline";
    const late = new AbortController();
    const alarm = setTimeout(() => late.abort(), PATIENCE);
    try {
      const answer = await fetch("/api/v1/sync", { headers: { Accept: "application/json" }, cache: "no-store", signal: late.signal });
      if (answer.status === 401) return "lost";
      if (!answer.ok) return "offline";
      return (await answer.json()).user === contact.user ? "met" : "lost";
    } catch {
      return "offline";
    } finally {
      clearTimeout(alarm);
    }
  }

  async function outbox() {
    const { openOutbox } = await import("./outbox.js");
    return openOutbox({ user: contact.user, key: vault });
  }

  async function held() {
    const box = await outbox();
    return box.read(({ state }) => state.ops.some((op) => op.body.doc === doc));
  }

  async function queue(button) {
    const fields = Object.fromEntries([...values(), ...(button.name ? [[button.name, button.value]] : [])]);
    const texts = Object.fromEntries([...form.querySelectorAll("textarea")].map((area) => [area.name, area.value]));
    try {
      const box = await outbox();
      await box.use((log) => {
        log.contact(contact, seen);
        Object.assign(log.doc(doc), { title, home: location.pathname });
        log.state.refused = log.state.refused.filter((each) => each.doc !== doc);
        log.add(operation, { doc, ...item, fields }, Date.now()).texts = texts;
      });
      localStorage.setItem(QUEUED, "1");
    } catch {
      return say("failed", words.full);
    }
    await stand();
  }

  // What waits here goes as soon as there is a line; then on to the next, or back into the form with what stands in the way.
  async function send() {
    const box = await outbox();
    say("waiting", words.queued);
    const line = await box.sync().catch(() => "offline");
    const { waits, refused } = await box.read(({ state }) => ({
      waits: state.ops.some((op) => op.body.doc === doc),
      refused: state.refused.find((each) => each.doc === doc),
    }));
    if (refused) {
      form.inert = false;
      await restore();
      return say("failed", `${words.refused} ${refused.why}`);
    }
    if (!waits) {
      say("saved", words.sent);
      forget(doc);
      location.href = document.querySelector("[data-around] a[rel=next], a[rel=next]")?.href || document.querySelector("[data-around]").dataset.home;
      return;
    }
    if (line === "signed-out" || line === "other") return say("failed", words.signedOut);
    wait = Math.min(2 * wait, MOST);
    setTimeout(send, wait);
  }

  function say(state, text) {
    standing.hidden = !text;
    standing.dataset.state = state;
    standing.textContent = text;
  }
}

// Two texts of one field: one of them when it holds the other, else both.
function joined(there, kept) {
  if (kept.includes(there)) return kept;
  return there.includes(kept) ? there : `${there}\n\n${kept}`;
}
