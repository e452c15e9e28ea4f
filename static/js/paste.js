// The size and colour grid: a block copied from a spreadsheet fills the cells from the one it is pasted into.
const table = document.querySelector("table.variants");
const told = document.querySelector("[data-pasted]");

function fieldAt(row, column, kind) {
  return table.tBodies[0].rows[row]?.cells[column]?.querySelector(`input[name$="-${kind}"]:not(:disabled)`);
}

// Empty cells leave what is there, as where the rows are posted.
function fill(from, lines) {
  const kind = from.name.split("-").pop();
  const cell = from.closest("td");
  const top = cell.parentNode.sectionRowIndex;
  let filled = 0;
  let left = 0;
  lines.forEach((line, down) => line.forEach((value, across) => {
    if (!value) return;
    const field = fieldAt(top + down, cell.cellIndex + across, kind);
    if (!field) { left += 1; return; }
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    filled += 1;
  }));
  return { filled, left };
}

table?.addEventListener("paste", (event) => {
  const from = event.target.closest('input[type="text"]');
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").map((line) => line.split("\t").map((value) => value.trim()));
  if (!from || (lines.length === 1 && lines[0].length === 1)) return;
  event.preventDefault();
  const { filled, left } = fill(from, lines);
  told.textContent = `${filled} cells filled.${left ? ` ${left} did not fit and were left out.` : ""}`;
});
