// Has it counted that somebody looked, and nothing about who: without cookies, and not for those who asked not to be.
const mark = document.querySelector("meta[name=activity]")?.content;
if (mark && navigator.doNotTrack !== "1" && !navigator.globalPrivacyControl) {
  const body = new URLSearchParams({ mark });
  fetch("/activity/", { method: "POST", body, credentials: "omit", keepalive: true }).catch(() => {});
}
