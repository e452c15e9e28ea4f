// The checkout form: reshapes itself when the country changes, keeps the total in step with the delivery method.
const form = () => document.querySelector("form[data-checkout]");

async function reshape() {
  const body = new FormData(form());
  body.set("update", "1");
  const till = document.querySelector("#till");
  till.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form().action, { method: "POST", body });
    if (answer.status >= 500) throw new Error("no form to go on with: what was typed stays");
    const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#till");
    if (!next) return location.assign(answer.url);
    const { activeElement: at } = document;
    keepTyped(next);
    till.replaceWith(document.adoptNode(next));
    ready();
    returnTo(at);
  } catch {
    // The button does the same by the way of a full page.
    document.querySelector("[data-update]").hidden = false;
    till.removeAttribute("aria-busy");
  }
}

// The shop's answer shows the fields as they were when it was asked; what was typed since stays.
function keepTyped(next) {
  const typed = form().elements;
  for (const field of next.querySelectorAll("form[data-checkout] input")) {
    if (field.type === "checkbox") field.checked = typed[field.name]?.checked ?? field.checked;
    else if (field.type === "radio") field.checked ||= field.value === typed[field.name]?.value;
    else if (field.type !== "hidden") field.value = typed[field.name]?.value ?? field.value;
  }
}

// Puts the focus, and the caret, where they were before the form was drawn anew.
function returnTo(old) {
  // Still there: the page itself, where nothing had the focus (Safari gives none to a radio that is clicked), or
  // something beside the form.
  if (old.isConnected) return;
  const same = (field) => field.name === old.name && (field.type !== "radio" || field.value === old.value);
  const field = (old.name && [...form().elements].find(same)) || document.querySelector("#country");
  field.focus();
  if (old.selectionStart != null) field.setSelectionRange?.(old.selectionStart, old.selectionEnd);
}

function total(radio) {
  for (const place of document.querySelectorAll("[data-total]")) place.textContent = radio.dataset.sum;
  document.querySelector("[data-delivery-name]").textContent = radio.dataset.name;
  document.querySelector("[data-delivery-price]").textContent = radio.dataset.price;
  for (const place of document.querySelectorAll("[data-tax]")) place.textContent = radio.dataset.vat;
  // Another total may be paid in other ways, or need no payment: then the shop draws the form anew.
  if (radio.dataset.paying !== form().dataset.paying) reshape();
}

function ready() {
  document.querySelector("[data-update]").hidden = true;
  // A browser may restore another choice than the one the page was drawn with.
  const chosen = form().querySelector("[name=method]:checked");
  if (chosen) total(chosen);
}

addEventListener("change", ({ target }) => {
  if (target.form !== form()) return;
  if (target.name === "country") reshape();
  if (target.name === "method") total(target);
});
addEventListener("submit", (event) => {
  const button = form().querySelector("[data-pay]");
  // A second press waits for the first; the server would take it for the same order anyway.
  if (button.ariaBusy === "true") event.preventDefault();
  button.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => form().querySelector("[data-pay]").removeAttribute("aria-busy"));
ready();
document.querySelector("[data-focus]")?.focus();
