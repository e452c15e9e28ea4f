// The bag beside the page. Without this file the same forms and links lead to the bag's own page.
const headers = { "X-Part": "drawer" };
const failed = `<dialog class="drawer" aria-labelledby="bag-title" data-bag-drawer><header><h2 id="bag-title" tabindex="-1">Your bag</h2>
  <form method="dialog"><button class="btn ghost slim">Close</button></form></header>
  <div class="empty"><p class="banner bad" role="alert">The shop did not answer, so we cannot show your bag here.</p>
  <a class="btn" href="/cart/">Open the bag page</a></div></dialog>`;
let open = null;

const page = (html) => new DOMParser().parseFromString(html, "text/html");
const drawerOf = (found) => document.adoptNode(found.querySelector("dialog[data-bag-drawer]"));

// Sends a request and returns the drawer of its answer. An answer that is another page (a size is missing) is opened.
async function ask(url, init = {}) {
  const trouble = drawerOf(page(failed));
  try {
    const answer = await fetch(url, { ...init, headers, keepalive: true });
    const found = page(await answer.text());
    if (answer.ok && found.querySelector("dialog[data-bag-drawer]")) return drawerOf(found);
    // The shop's own words of why not, where the page bears them.
    const reason = found.querySelector("[data-reason]");
    if (reason) trouble.querySelector("[role=alert]").textContent = reason.textContent;
    if (answer.ok && answer.redirected) {
      // What fetch() gives back has lost the part that leads to the missing choice.
      location.assign(answer.url.includes("missing=") ? `${answer.url}#size` : answer.url);
      return null;
    }
  } catch {
    // Told below, in the drawer's place.
  }
  return trouble;
}

function show(drawer, said) {
  if (open) {
    open.replaceChildren(...drawer.childNodes);
  } else {
    open = drawer;
    document.body.append(open);
    open.addEventListener("close", () => { open.remove(); open = null; });
    open.addEventListener("click", (event) => event.target === open && open.close());
    open.showModal();
    open.querySelector("h2").focus();
  }
  const status = open.querySelector("[data-bag-said]");
  // A status speaks of changes, so the words come after the element.
  if (status && said) setTimeout(() => { status.textContent = said; }, 100);
  document.dispatchEvent(new Event("bag-changed"));
}

async function send(form, submitter, said) {
  const body = new FormData(form, submitter);
  (submitter ?? form).setAttribute("aria-busy", "true");
  const drawer = await ask(form.action, { method: "POST", body });
  (submitter ?? form).removeAttribute("aria-busy");
  if (drawer) show(drawer, said);
}

async function changeLine(form, submitter) {
  const line = form.closest("li");
  const label = submitter.getAttribute("aria-label");
  line.setAttribute("aria-busy", "true");
  await send(form, submitter, "Your bag has changed.");
  // The pressed button was drawn anew: focus goes to its successor, or to the title when its line is gone.
  const again = [...(open?.querySelectorAll("button") ?? [])].find((button) => button.getAttribute("aria-label") === label);
  (again && !again.disabled ? again : open?.querySelector("h2"))?.focus();
}

addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented || event.submitter?.hasAttribute("formaction")) return;
  const { pathname } = new URL(form.action);
  if (pathname === "/cart/add/") {
    event.preventDefault();
    if (form.ariaBusy !== "true" && event.submitter?.ariaBusy !== "true") send(form, event.submitter, "Added to your bag.");
  } else if (form.matches("[data-bag-line]")) {
    event.preventDefault();
    if (!form.closest("[aria-busy=true]")) changeLine(form, event.submitter);
  }
});

addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-bag]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  if (location.pathname === "/cart/") return;
  event.preventDefault();
  const drawer = await ask(link.href);
  if (drawer) show(drawer);
});
