// Opens a part of the page as a dialog: <a href="#part" data-sheet="#part" data-sheet-title="..." data-sheet-class="drawer">.
// Without script the link just leads there. The part itself moves into the dialog and back, so what it holds is kept.
// The browser keeps the focus inside, closes on Escape and gives the focus back.
function open(link) {
  const part = document.querySelector(link.dataset.sheet);
  if (!part) return false;
  const place = document.createComment("sheet");
  const dialog = document.createElement("dialog");
  dialog.className = link.dataset.sheetClass || "modal";
  dialog.setAttribute("aria-label", link.dataset.sheetTitle);
  part.replaceWith(place);
  if (part.querySelector(":scope > header")) dialog.append(part);
  else frame(dialog, part, link.dataset.sheetTitle);
  document.body.append(dialog);
  dialog.addEventListener("click", (event) => {
    if (event.target !== dialog && !event.target.closest(".x")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    place.isConnected ? place.replaceWith(part) : part.remove();
    dialog.remove();
    link.isConnected && link.focus({ preventScroll: true });
  });
  document.addEventListener("swapped", () => dialog.close(), { once: true });
  dialog.showModal();
  return true;
}

// A part without a heading of its own gets one, with the button that closes.
function frame(dialog, part, title) {
  dialog.innerHTML = `<header><h2></h2><button type="button" class="x"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="m4 4 16 16M20 4 4 20"/></svg></button></header><div></div>`;
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("button").setAttribute("aria-label", `Close ${title.toLowerCase()}`);
  dialog.lastElementChild.append(part);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-sheet]");
  if (link && !event.metaKey && !event.ctrlKey && !event.button && open(link)) event.preventDefault();
});
