// Staff pages: names the search boxes that select2 puts in place of a select by the select's own label.
function nameBoxes(root) {
  for (const box of root.querySelectorAll(":is(.select2-selection, .select2-selection__rendered):not([aria-label])")) {
    const select = box.closest(".select2-container")?.previousElementSibling;
    const label = select?.labels?.[0]?.textContent ?? select?.name;
    if (label) box.setAttribute("aria-label", label.trim());
  }
}

addEventListener("DOMContentLoaded", () => {
  nameBoxes(document);
  new MutationObserver(() => nameBoxes(document)).observe(document.body, { childList: true, subtree: true });
});
