// Reloads the page when there is a newer build, at the same scroll position. A hidden page waits until it is visible.
(() => {
  const { build, events } = document.currentScript.dataset;
  const memory = "digest-preview " + location.pathname;
  const fault = document.getElementById("_digest-fault");
  const opened = () => [...document.querySelectorAll("details[data-digest]")];

  const keep = () => {
    const open = opened().filter((one) => one.open).map((one) => one.dataset.digest);
    try { sessionStorage.setItem(memory, JSON.stringify({ top: scrollY, open })); } catch { /* storage is disabled */ }
  };
  const recall = () => {
    try {
      const kept = JSON.parse(sessionStorage.getItem(memory));
      sessionStorage.removeItem(memory);
      return kept;
    } catch { return null; }
  };

  const kept = recall();
  if (kept) {
    const restore = () => scrollTo({ top: kept.top, behavior: "instant" });
    history.scrollRestoration = "manual";
    for (const one of opened()) one.open = kept.open.includes(one.dataset.digest);
    restore();
    addEventListener("load", () => {
      restore();
      requestAnimationFrame(() => { restore(); history.scrollRestoration = "auto"; });
    });
  }

  if (fault) {
    const hide = () => fault.remove();
    fault.querySelector("button").addEventListener("click", hide);
    addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  }

  let stream = null;
  const rest = () => { if (stream) stream.close(); stream = null; };
  const listen = () => {
    if (stream || document.hidden) return;
    stream = new EventSource(events);
    stream.onmessage = ({ data }) => { if (data !== build) { rest(); keep(); location.reload(); } };
    stream.onerror = () => { if (stream && stream.readyState === 2) { rest(); setTimeout(listen, 1000); } };
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) rest(); else listen(); });
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);
  listen();
})();
