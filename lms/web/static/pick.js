// Drags people into another group, for those who use a mouse: dropping ticks them, chooses the group and sends the form. All who are ticked go along.
const form = document.querySelector("[data-pick]");
for (const row of form?.querySelectorAll("li") ?? []) {
  row.draggable = true;
  row.addEventListener("dragstart", (event) => {
    row.querySelector("input").checked = true;
    event.dataTransfer.effectAllowed = "move";
  });
}
for (const place of form?.querySelectorAll("[data-group]") ?? []) {
  place.addEventListener("dragover", (event) => event.preventDefault());
  place.addEventListener("drop", (event) => {
    event.preventDefault();
    form.elements.group_id.value = place.dataset.group;
    form.requestSubmit();
  });
}
