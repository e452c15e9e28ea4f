// Fills in what is personal on a page that is the same for everybody: how much is in the bag, and who is signed in.
async function ask() {
  try {
    const answer = await fetch("/me/", { headers: { Accept: "application/json" } });
    if (answer.ok) show(await answer.json());
  } catch {
    // Without an answer the bag's link stays as it is, without a number.
  }
}

function show(answer) {
  const { bag = 0, name = "" } = answer;
  document.dispatchEvent(new CustomEvent("me", { detail: answer }));
  for (const link of document.querySelectorAll("[data-account]")) {
    link.setAttribute("aria-label", name ? `Account of ${name}` : "Account");
    link.title = name && `Signed in as ${name}`;
  }
  for (const link of document.querySelectorAll("[data-account-name]")) {
    link.textContent = name ? `Account of ${name}` : "Account";
  }
  for (const link of document.querySelectorAll("[data-bag]")) {
    const count = link.querySelector("[data-bag-count]");
    count.textContent = bag || "";
    count.hidden = !bag;
    link.setAttribute("aria-label", bag ? `Bag, ${bag} ${bag === 1 ? "item" : "items"}` : "Bag, empty");
  }
}

// Whoever changes the bag without leaving the page says so: document.dispatchEvent(new Event("bag-changed")).
document.addEventListener("bag-changed", ask);
addEventListener("pageshow", (event) => event.persisted && ask());
ask();
