// Practice on a page of a pack: "Check" closes a question and opens its feedback, which is in the page already. What was ticked stays on this
// device until it is handed over to be sent: a phone may go out in between.
const form = document.getElementById("practice");
const key = `peduli.practice.${location.pathname}`;
if (form) start();

function start() {
  const kept = JSON.parse(localStorage.getItem(key) || "{}");
  const checked = new Set(kept.checked || []);
  restore(kept.fields || []);
  for (const part of parts()) {
    part.querySelector("[data-check]").addEventListener("click", () => check(part));
    if (checked.has(part.dataset.version)) check(part);
  }
  form.addEventListener("input", keep);
  form.addEventListener("kept", () => localStorage.removeItem(key)); // the outbox has it

  function keep() {
    const fields = parts().flatMap((part) => values(part));
    localStorage.setItem(key, JSON.stringify({ fields, checked: [...checked] }));
  }

  function check(part) {
    const given = values(part);
    const verdict = part.querySelector("[data-verdict]");
    if (!given.length) {
      verdict.textContent = form.dataset.first;
      return;
    }
    const shares = part.dataset.shares ? part.dataset.shares.split(" ").map(Number) : [];
    verdict.textContent = shares.length ? judge(part, shares, given) : form.dataset.compare;
    for (const [name, value] of given) part.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    part.querySelector("fieldset").disabled = true; // what is disabled is not sent: the hidden fields are
    part.querySelector("[data-check]").hidden = true;
    part.querySelector("[data-answer]").hidden = false;
    checked.add(part.dataset.version);
    keep();
  }
}

// How right the chosen options are; marks them in the feedback.
function judge(part, shares, given) {
  const chosen = given.map(([, value]) => "abcdefghijklmnopqrstuvwxyz".indexOf(value));
  const options = part.querySelectorAll("[data-answer] li.option");
  for (const place of chosen) {
    options[place].classList.add("chosen");
    options[place].querySelector(".verdict").prepend(Object.assign(document.createElement("span"), { className: "badge gold", textContent: form.dataset.mine }));
  }
  const several = part.querySelector("input[type=checkbox]");
  const right = several ? shares.every((share, place) => (share === 1) === chosen.includes(place)) : shares[chosen[0]] === 1;
  if (right) return form.dataset.right;
  return chosen.some((place) => shares[place] > 0) ? form.dataset.partly : form.dataset.not;
}

function parts() {
  return [...form.querySelectorAll("[data-slot]")];
}

function values(part) {
  return [...part.querySelectorAll("fieldset :is(input, select, textarea)")]
    .filter((field) => field.name && field.value && (!/^(radio|checkbox)$/.test(field.type) || field.checked))
    .map((field) => [field.name, field.value]);
}

function restore(fields) {
  for (const field of form.querySelectorAll("fieldset :is(input, select, textarea)")) {
    const mine = fields.filter(([name]) => name === field.name).map(([, value]) => value);
    if (/^(radio|checkbox)$/.test(field.type)) field.checked = mine.includes(field.value);
    else if (mine.length) [field.value] = mine;
  }
}
