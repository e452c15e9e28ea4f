// Staff pages: names what libraries draw without a name, for people who listen to the page.
// select2 puts a box in place of a select: it takes the select's label. simplebar makes scrolling regions.
function nameParts() {
  for (const box of document.querySelectorAll(":is(.select2-selection, .select2-selection__rendered):not([aria-label])")) {
    const select = box.closest(".select2-container")?.previousElementSibling;
    const label = select?.labels?.[0]?.textContent ?? select?.getAttribute("aria-label") ?? select?.name;
    if (label) box.setAttribute("aria-label", label.trim());
  }
  document.querySelectorAll(".simplebar-content-wrapper[aria-label='scrollable content']").forEach((part, index) => {
    part.setAttribute("aria-label", part.closest("nav") ? "Pages" : part.closest("#changelist-form") ? "List" : `Part ${index + 1}`);
  });
}

addEventListener("DOMContentLoaded", () => {
  nameParts();
  new MutationObserver(nameParts).observe(document.body, { childList: true, subtree: true });
});
