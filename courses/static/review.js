// Before a text is shared: what in it could tell who a citizen is, each in its sentence, with a mask to take its place. All of it happens on
// this device; the dialog and its words stand in the page (writing.html).
import { find, mask } from "./citizens.js";

const BETWEEN = "\n\n\n"; // one text for all fields: the same person has the same letter everywhere

/** What was found in the fields, with its field and its place in it. */
export function search(areas) {
  const marks = find(areas.map((area) => area.value).join(BETWEEN));
  let from = 0;
  return areas.flatMap((area) => {
    const at = from;
    from += area.value.length + BETWEEN.length;
    return marks.filter((mark) => mark.start >= at && mark.end <= from).map((mark) => ({ ...mark, area, start: mark.start - at, end: mark.end - at }));
  });
}

/**
 * Show what was found and let its author mask it. Resolves "go" (hand in) or "stay" (write on). Nothing found: "go" at once, unless
 * `asked`: then the author wanted to look, and is told; there is nothing to hand in from there.
 */
export function review(form, areas, asked = false) {
  const dialog = document.getElementById("review");
  const part = (name) => dialog.querySelector(`[data-${name}]`);
  const undo = [];
  let boxes = [];

  if (!search(areas).length && !asked) return Promise.resolve("go");
  draw("");
  part("send").hidden = asked;
  part("mask").onclick = cover;
  part("undo").onclick = () => { write(undo.pop()); draw(dialog.dataset.undone); };
  part("back").onclick = () => dialog.close("stay");
  part("send").onclick = () => dialog.close("go");
  dialog.returnValue = "stay";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "go" ? "go" : "stay"), { once: true });
  });

  function draw(said) {
    const findings = search(areas);
    const list = part("found");
    list.replaceChildren();
    boxes = [];
    for (const area of new Set(findings.map((finding) => finding.area))) {
      const group = document.createElement("fieldset");
      const title = document.createElement("legend");
      title.textContent = form.querySelector(`label[for="${area.id}"]`).textContent;
      group.append(title, ...findings.filter((finding) => finding.area === area).map(row));
      list.append(group);
    }
    const left = findings.length;
    part("some").hidden = part("mask").hidden = !left;
    part("none").hidden = part("plain-send").hidden = Boolean(left);
    part("risky-send").hidden = part("warning").hidden = !left || asked;
    part("undo").hidden = !undo.length;
    part("send").classList.toggle("quiet", left > 0);
    part("said").textContent = said;
    part("title").focus();
  }

  function row(finding) {
    const item = dialog.querySelector("template").content.firstElementChild.cloneNode(true);
    const fill = (name, text) => { item.querySelector(`[data-${name}]`).textContent = text; };
    const { value } = finding.area;
    const before = value.slice(Math.max(0, finding.start - 90), finding.start);
    const after = value.slice(finding.end, finding.end + 90);
    fill("kind", dialog.dataset[finding.kind]);
    fill("before", before.slice(Math.max(before.search(/[^.!?\n]*$/), before.length < 90 ? 0 : before.indexOf(" ") + 1)).trimStart());
    fill("words", value.slice(finding.start, finding.end));
    fill("after", after.slice(0, (after.search(/[.!?\n]/) + 1) || after.lastIndexOf(" ")));
    fill("becomes", finding.mask);
    boxes.push({ box: item.querySelector("input"), finding });
    return item;
  }

  function cover() {
    const chosen = boxes.filter(({ box }) => box.checked).map(({ finding }) => finding);
    if (!chosen.length) return;
    undo.push(new Map(areas.map((area) => [area, area.value])));
    write(new Map(areas.map((area) => [area, mask(area.value, chosen.filter((finding) => finding.area === area))])));
    draw(dialog.dataset.masked.replace("{n}", chosen.length));
  }

  function write(texts) {
    for (const [area, text] of texts) {
      if (area.value === text) continue;
      area.value = text;
      area.dispatchEvent(new Event("input", { bubbles: true })); // so it is saved
    }
  }
}
