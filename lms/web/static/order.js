// Puts a list in order by dragging, for those who use a mouse: the names go into the form's hidden field, and "Save" keeps them. The buttons
// beside each row do the same without a script.
for (const list of document.querySelectorAll("[data-order]")) {
  const field = list.closest("form").elements[list.dataset.order];
  let held = null;
  for (const row of list.children) {
    row.draggable = true;
    row.addEventListener("pointerdown", (event) => { row.draggable = !event.target.closest("input, select, label"); });
    row.addEventListener("dragstart", (event) => {
      if (event.target !== row) return;
      held = row;
      event.dataTransfer.effectAllowed = "move";
    });
    row.addEventListener("dragover", (event) => {
      if (!held || held === row) return;
      event.preventDefault();
      const { top, height } = row.getBoundingClientRect();
      row[event.clientY < top + height / 2 ? "before" : "after"](held);
    });
    row.addEventListener("dragend", () => {
      held = null;
      field.value = [...list.children].map((one) => one.dataset.id).join(",");
    });
  }
}
