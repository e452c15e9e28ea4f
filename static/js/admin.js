// Staff pages: mends what the frame's libraries draw without a name or without a way in by keyboard.
const CLICKABLE = ":is(span, a:not([href]), #nav-sidebar div.cursor-pointer)[x-on\\:click]";
const ICON_NAMES = { dock_to_right: "Show or hide the side bar", close: "Close the side bar" };

// select2 puts a box in place of a select: it takes the select's label. simplebar makes scrolling regions.
function nameParts() {
  for (const box of document.querySelectorAll(":is(.select2-selection, .select2-selection__rendered):not([aria-label])")) {
    const select = box.closest(".select2-container")?.previousElementSibling;
    const label = select?.labels?.[0]?.textContent ?? select?.getAttribute("aria-label") ?? select?.name;
    if (label) box.setAttribute("aria-label", label.trim());
    if (label) box.querySelector(".select2-search__field")?.setAttribute("aria-label", label.trim());
  }
  document.querySelector(".select2-search--dropdown .select2-search__field:not([aria-label])")?.setAttribute("aria-label", "Search");
  for (const heading of document.querySelectorAll(".tabular thead th:last-child")) {
    if (!heading.textContent.trim()) {
      const name = heading.appendChild(document.createElement("span"));
      name.className = "vh";
      name.textContent = "Delete";
    }
  }
  document.querySelectorAll(".simplebar-content-wrapper[aria-label='scrollable content']").forEach((part, index) => {
    part.setAttribute("aria-label", part.closest("nav") ? "Pages" : part.closest("#changelist-form") ? "List" : `Part ${index + 1}`);
  });
}

// Things that only a mouse could press become buttons.
function makeButtons() {
  for (const part of document.querySelectorAll(`${CLICKABLE}:not([role])`)) {
    part.setAttribute("role", "button");
    part.tabIndex = 0;
    const name = ICON_NAMES[part.textContent.trim()];
    if (name) part.setAttribute("aria-label", name);
  }
}

addEventListener("keydown", (event) => {
  if ((event.key === "Enter" || event.key === " ") && event.target.matches?.(`${CLICKABLE}[role=button]`)) {
    event.preventDefault();
    event.target.click();
  }
});

// The key "/" leads into the search of the header, from wherever nobody is typing; before the lists' own use of it.
addEventListener("keydown", (event) => {
  const field = document.querySelector("#find");
  const plain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!field || !plain || event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  field.focus();
  field.select();
}, { capture: true });

addEventListener("DOMContentLoaded", () => {
  nameParts();
  makeButtons();
  new MutationObserver(nameParts).observe(document.body, { childList: true, subtree: true });
});
