// Hearts on cards and product pages: saved without leaving the page. Without this file the same forms lead to the list.
const buttons = () => document.querySelectorAll("[data-wish]");
// On a card the button itself is the piece; on a product page it belongs to the form with the size.
const pieceOf = (button) => button.dataset.wish || button.value;
let saved = new Set();

function mark(button) {
  const on = saved.has(pieceOf(button));
  button.setAttribute("aria-pressed", on);
  const words = button.querySelector("[data-wish-words]");
  if (words) words.textContent = on ? "On your wish list" : "Save to wish list";
}

function say(text) {
  const status = document.querySelector("[data-said]");
  if (!status) return;
  status.textContent = "";
  setTimeout(() => { status.textContent = text; }, 100);
}

// me.js asks once for all that is personal, and hands it on.
document.addEventListener("me", (event) => {
  saved = new Set(event.detail.saved ?? []);
  for (const button of buttons()) mark(button);
});

// A part of the page that was drawn anew (another colour, more cards) has hearts that know nothing yet.
new MutationObserver((changes) => {
  if (changes.some((change) => [...change.addedNodes].some((node) => node.querySelector?.("[data-wish]")))) {
    for (const button of buttons()) if (!button.hasAttribute("aria-pressed")) mark(button);
  }
}).observe(document.body, { childList: true, subtree: true });

addEventListener("submit", async (event) => {
  const { submitter: button, target: form } = event;
  if (!button?.matches("[data-wish]") || event.defaultPrevented) return;
  event.preventDefault();
  if (button.ariaBusy === "true") return;
  const body = new FormData(form, button);
  const piece = pieceOf(button);
  if (saved.has(piece)) body.set("remove", "1");
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch("/wishlist/add/", { method: "POST", body, headers: { "X-Part": "wish" } });
    if (answer.status === 409) location.assign("/wishlist/?full=1");
    else if (!answer.ok) throw new Error(answer.status);
    else {
      const on = (await answer.json()).saved;
      saved[on ? "add" : "delete"](piece);
      for (const each of buttons()) mark(each);
      say(on ? "Saved to your wish list." : "Taken off your wish list.");
    }
  } catch {
    say("The shop did not answer, so nothing was saved. Please try again.");
  }
  button.removeAttribute("aria-busy");
});
