// The outline of a module: activities, and sections with all that is in them, move by dragging the dots or with the keyboard; what is ticked
// moves together. The server answers with the outline as it is then, so two people who arrange it at once see the same. Without this script
// the ticks, their buttons and the arrows do it all.
const form = document.getElementById("outline-form");
const { place, grip, more, lifted, now, dropped, back, failed, ticked } = form.dataset;
const list = form.querySelector("[data-list]");
const said = form.querySelector("[data-said]");
const bulk = form.querySelector(".bulk");
const [count] = bulk.querySelectorAll("summary span");
const title = count.textContent;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const keyOf = (row) => row?.querySelector("[name=keys]").value ?? "";
const nameOf = (row) => row.querySelector("a, h2, b").textContent.trim();
let lift = null; // {rows, home, name, section}: what is held, and every list as it was
let busy = false;

document.getElementById("outline-help").hidden = false;
form.classList.add("live");
equip();

function equip() {
  for (const row of list.querySelectorAll("[data-in] > li, [data-part] > .part")) {
    const button = form.querySelector("template").content.firstElementChild.cloneNode(true);
    button.setAttribute("aria-label", fill(grip, { title: nameOf(row) }));
    row.prepend(button);
  }
  tick();
}

function tick() {
  const number = list.querySelectorAll(":checked").length;
  bulk.hidden = !number;
  count.textContent = number ? fill(ticked, { count: number }) : title;
}

form.addEventListener("change", tick);

// -- holding ----------------------------------------------------------------

function hold(button) {
  const section = button.closest(".part")?.parentElement;
  const row = section ?? button.closest("li");
  const chosen = [...list.querySelectorAll("li")].filter((one) => one.querySelector(":checked"));
  const rows = !section && chosen.includes(row) ? chosen : [row];
  const name = rows.length > 1 ? fill(more, { title: nameOf(row), more: rows.length - 1 }) : nameOf(row);
  const lists = [list, ...list.querySelectorAll("[data-in]")];
  lift = { rows, row, name, section, button, home: lists.map((one) => [one, [...one.children]]) };
  rows.forEach((one) => one.classList.add("held"));
}

function letGo() {
  lift.rows.forEach((one) => one.classList.remove("held"));
  const done = lift;
  lift = null;
  return done;
}

function putBack(done) {
  for (const [parent, children] of done.home) parent.append(...children);
}

function put(where, before) {
  let next = before;
  while (lift.rows.includes(next)) next = next.nextElementSibling;
  for (const row of lift.rows) where.insertBefore(row, next);
}

function say() {
  const [where, all] = lift.section ? [form, sections()] : [lift.row.closest("[data-part]"), [...lift.row.parentElement.children]];
  const section = where === form ? document.querySelector("h1").textContent : where.querySelector("h2, b").textContent;
  said.textContent = fill(now, { place: all.indexOf(lift.row) + 1, count: all.length, section: section.trim() });
}

const sections = () => [...list.querySelectorAll("[data-part]")];
const places = () => [...list.querySelectorAll("[data-in]")].filter((one) => one.dataset.in);

// -- the keyboard -----------------------------------------------------------

form.addEventListener("keydown", (event) => {
  const button = event.target.closest(".grip");
  if (!button || busy) return;
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (event.key === " " || event.key === "Enter") {
    if (!lift) {
      hold(button);
      said.textContent = fill(lifted, { title: lift.name });
    } else send();
  } else if (lift && event.key === "Escape") {
    const done = letGo();
    putBack(done);
    said.textContent = fill(back, { title: done.name });
  } else if (lift && step) {
    move(step);
    say();
  } else return;
  event.preventDefault();
  button.focus();
});
form.addEventListener("focusout", (event) => {
  const held = lift;
  if (held && !held.pointer) setTimeout(() => { if (lift === held && document.activeElement !== held.button) putBack(letGo()); });
});

function move(step) {
  const { rows, section } = lift;
  const beside = step < 0 ? rows[0].previousElementSibling : rows.at(-1).nextElementSibling;
  if (section) {
    if (beside?.dataset.part) put(list, step < 0 ? beside : beside.nextElementSibling);
  } else if (rows.some((row) => row.parentElement !== rows[0].parentElement)) {
    put(lift.row.parentElement, lift.row);
  } else if (beside) {
    put(beside.parentElement, step < 0 ? beside : beside.nextElementSibling);
  } else {
    const all = places();
    const next = all[all.indexOf(rows[0].parentElement) + step];
    if (next) put(next, step < 0 ? null : next.firstElementChild);
  }
}

// -- the pointer ------------------------------------------------------------

form.addEventListener("pointerdown", (event) => {
  const button = event.target.closest(".grip");
  if (!button || busy || lift || event.button) return;
  hold(button);
  lift.pointer = event.pointerId;
  const stop = new AbortController();
  const on = (name, call) => document.addEventListener(name, call, { signal: stop.signal });
  on("pointermove", (moved) => aim(moved.clientX, moved.clientY));
  on("pointerup", () => { stop.abort(); release(); });
  on("pointercancel", () => { stop.abort(); unmark(); letGo(); });
  on("keydown", (pressed) => { if (pressed.key === "Escape") { stop.abort(); unmark(); letGo(); } });
});

function aim(x, y) {
  const edge = y < 70 ? -14 : y > innerHeight - 70 ? 14 : 0;
  if (edge) (list.closest(".rail") ?? window).scrollBy(0, edge);
  const under = document.elementFromPoint(x, y);
  const target = under?.closest(lift.section ? "[data-part]" : "[data-in] > li, [data-part]");
  unmark();
  if (!target || !list.contains(target) || lift.rows.includes(target)) return;
  const { top, height } = target.getBoundingClientRect();
  const onRow = target.matches("li");
  const after = onRow || lift.section ? y > top + height / 2 : !under.closest(".part");
  if (onRow && !target.parentElement.dataset.in) return;
  lift.aim = [target, after];
  target.classList.add(after ? "drop-after" : "drop-before");
}

function unmark() {
  lift.aim?.[0].classList.remove("drop-after", "drop-before");
  lift.aim = null;
}

function release() {
  const [target, after] = lift.aim ?? [];
  unmark();
  if (!target) return void letGo();
  if (lift.section || target.matches("li")) put(target.parentElement, after ? target.nextElementSibling : target);
  else put(target.querySelector("ol"), after ? null : target.querySelector("li"));
  send();
}

// -- the server -------------------------------------------------------------

async function send() {
  const done = letGo();
  const { rows, row, section, name } = done;
  if (done.home.every(([parent, children]) => children.every((child, at) => parent.children[at] === child))) {
    said.textContent = fill(back, { title: name });
    return;
  }
  const body = new FormData(form);
  body.delete("keys");
  for (const one of section ? [] : rows) body.append("keys", keyOf(one));
  const after = rows.at(-1).nextElementSibling;
  if (section) body.set("part", row.dataset.part);
  body.set("target", section ? after?.dataset.part ?? "" : `${row.parentElement.dataset.in}:${keyOf(after)}`);
  busy = true;
  try {
    const answer = await fetch(place, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(body) });
    const now = await answer.json();
    if (!answer.ok) throw new Error(now.message);
    const same = section ? (one) => one.dataset.part === row.dataset.part : (one) => keyOf(one) === keyOf(row);
    list.innerHTML = now.page;
    equip();
    [...list.querySelectorAll(section ? "[data-part]" : "li")].find(same)?.querySelector(".grip").focus();
    tell(now);
    said.textContent = fill(dropped, { title: name });
  } catch (error) {
    putBack(done);
    done.button.focus();
    said.textContent = error instanceof TypeError ? failed : error.message;
  }
  busy = false;
}

// The editor beside the outline: its activity may stand in another section now. That is no change of somebody else.
function tell({ section, marks }) {
  const fields = document.getElementById("editor")?.elements;
  if (!section || !fields) return;
  if (fields.section) fields.section.value = section;
  if (fields.mark?.value === marks[0]) fields.mark.value = marks[1];
  document.getElementById("editor").dispatchEvent(new CustomEvent("moved", { detail: { section, marks } }));
}
