// The product page's choice of size: the address, the price and what is left follow it, and a missing size is asked
// for beside the sizes. Colours are links and sizes are radios, so without script all of it works by the server.
import { swap } from "./swap.js";

function address(form, extra = {}) {
  const url = new URL(location.href.split("#")[0]);
  const chosen = form.elements.size?.value;
  url.search = new URLSearchParams({ colour: form.elements.colour.value, ...(chosen && { size: chosen }), ...extra });
  return url;
}

const inPage = (element) => !element.closest("dialog") && element.closest("[data-picker]");

document.addEventListener("change", (event) => {
  if (event.target.name === "size" && inPage(event.target)) {
    swap(address(event.target.form), "#buy", { history: "replace" });
  }
});

document.addEventListener(
  "submit",
  async (event) => {
    const form = event.target;
    if (!inPage(form) || !form.elements.size || form.elements.size.value) return;
    event.preventDefault();
    event.stopPropagation();
    await swap(address(form, { missing: "size" }), "#buy", { history: "" });
    document.querySelector("#size input")?.focus();
  },
  { capture: true },
);
