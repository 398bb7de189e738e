// The desk's keys, saving in place, and showing what changes on the disk. Without it every form works by itself.
(() => {
  "use strict";
  const one = (what, within = document) => within.querySelector(what);
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const stories = () => all("main article");
  const boxes = (within) => all("[data-box]", within);
  const isText = (node) => node.matches("input:not([type=checkbox]), textarea, select");
  const showMessage = (words, isWarning = false) => {
    one("#message").textContent = words;
    one("#message").classList.toggle("warning", isWarning);
  };

  // What is typed and not saved yet outlives a reload of the page, with the file's hash when it was
  // typed: a save then notices that the file has changed since.
  const unsaved = (box) => box.form.hasAttribute("data-whole") || box.value !== box.defaultValue;
  const key = (box) => `digest-desk ${(box.closest("article") || document.body).id} ${one("[name=at]").value} ${box.dataset.box}`;
  const seen = (box) => box.form.elements.seen;
  const keep = (box) => {
    try {
      if (unsaved(box)) sessionStorage.setItem(key(box), JSON.stringify([box.value, seen(box).value]));
      else sessionStorage.removeItem(key(box));
    } catch { /* storage is disabled */ }
  };
  const recall = (box) => {
    try {
      const [typed, at] = JSON.parse(sessionStorage.getItem(key(box))) || [box.value];
      if (typed === box.value) return;
      box.value = typed;
      seen(box).value = at;
      for (const unused of all("fieldset", box.form)) unused.hidden = unused.disabled = false;
    } catch { /* storage is disabled */ }
  };

  // What the server gave last of each story and of the letter, and the mark of the file that it shows.
  const served = new Map();
  const given = (node) => node.matches("aside") ? node.innerHTML.trim() : node.outerHTML;
  const mark = (node) => (one("[name=seen]", node) || {}).value;
  const note = (node) => served.set(node.id, { html: given(node), mark: mark(node) });

  // Replaces a story or the letter by its new HTML; what was typed since it was sent stays.
  const replace = (old, html, sent) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    const fresh = old.matches("aside") ? old.cloneNode(false) : holder.content.firstElementChild;
    if (fresh !== holder.content.firstElementChild) fresh.append(holder.content);
    note(fresh);
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const again = active && active !== old && (active.id ? `[id="${active.id}"]`
      : active.dataset.digit ? `[data-digit="${active.dataset.digit}"]` : active.dataset.act ? `[data-act="${active.dataset.act}"]` : "");
    const span = active && isText(active) && active.selectionStart !== undefined ? [active.selectionStart, active.selectionEnd] : null;
    for (const open of all("details[open]", old)) {
      const same = one(`details.${open.className}`, fresh);
      if (same) same.open = true;
    }
    old.replaceWith(fresh);
    for (const box of boxes(old)) {
      const next = one(`[data-box="${box.dataset.box}"]`, fresh);
      if (!next || !unsaved(box) || box.value === sent[box.name]) continue;
      next.value = box.value;
      // Another hand's words came with this card: as they were not seen, saving shows both.
      if (!(box.name in sent) && next.defaultValue !== box.defaultValue) seen(next).value = seen(box).value;
    }
    boxes(fresh).forEach(keep);
    fresh.classList.toggle("current", old.classList.contains("current"));
    if (active) {
      const target = (again && one(again, fresh)) || fresh;
      target.focus({ preventScroll: true });
      if (span && isText(target)) target.setSelectionRange(...span);
    }
  };

  const returning = new Set(); // stories that a save of this page brought back
  const show = (reply, sent, id) => {
    for (const [name, html] of Object.entries(reply.cards || {})) {
      const old = document.getElementById(name);
      if (!old && html) returning.add(name);
      if (!old) later(0);
      else if (html) replace(old, html, name === id ? sent : {});
      else remove(old);
    }
    if (reply.letter !== undefined) replace(one("#letter"), reply.letter, sent);
    if (reply.progress) one("#progress").textContent = reply.progress;
    if (reply.message) showMessage(reply.message, reply.refused);
    const node = document.getElementById(id), why = node && one("[role=alert]", node);
    if (why && node.contains(document.activeElement)) why.scrollIntoView({ block: "nearest" }); // it is above the buttons
  };

  const remove = (story) => {
    if (story === chosen()) {
      const found = stories(), at = found.indexOf(story);
      choose(found[at + 1] || found[at - 1]);
    }
    story.remove();
  };

  // Shows what has changed on the disk, by another program or a pull. Where someone is typing, nothing is moved or replaced.
  const isTyping = (node) => node.contains(document.activeElement) && isText(document.activeElement);
  // Both versions are shown already, or what is typed would have no box any more.
  const stays = (old, node) => Boolean(one("form[data-whole]", old)) || boxes(old).some((box) => unsaved(box) && !one(`[data-box="${box.dataset.box}"]`, node));
  const title = (story) => one("h3", story).textContent;
  const many = (names, words) => names.length === 1 ? `${words}: ${names[0]}` : names.length ? `${words}: ${names.length} stories` : "";
  let waits = 0, asked = 0, begun = 0, isLate = false;
  const later = (after) => { clearTimeout(waits); waits = setTimeout(refresh, after); };
  const refresh = async () => {
    if (saving) { later(300); return; }
    const before = begun, own = ++asked;
    const answer = await fetch(`/_desk/?week=${one("[name=at]").value}`)
      .then(async (response) => ({ status: response.status, html: await response.text() })).catch(() => ({ status: 0 }));
    if (own !== asked) return; // a later answer is newer
    if (answer.status === 403) { showMessage("The preview was started again: open the address that it has printed, in this tab. What you typed stays in it.", true); return; }
    if (answer.status !== 200) { later(1000); return; }
    if (saving || begun !== before) { later(300); return; }
    const page = new DOMParser().parseFromString(answer.html, "text/html");
    const added = [], changed = [], gone = [];
    let next = null;
    isLate = false;
    for (const node of [one("#letter", page), ...all("main article", page).reverse()]) {
      const old = document.getElementById(node.id), was = served.get(node.id);
      if (old && was.html !== given(node)) {
        const isOther = was.mark !== mark(node);
        if (isOther) changed.push(old.matches("aside") ? "the letter" : title(old));
        if (isTyping(old)) isLate = true;
        if (isTyping(old) || stays(old, node)) was.mark = mark(node);
        else replace(old, node.matches("aside") ? node.innerHTML : node.outerHTML, {});
      }
      if (!old) {
        if (!returning.delete(node.id)) added.push(title(node));
        const fresh = document.importNode(node, true);
        note(fresh);
        const section = one("#todo").parentNode;
        for (const empty of all(".empty", section)) empty.remove();
        if (next) next.before(fresh); else section.append(fresh);
      }
      if (node.matches("article")) next = document.getElementById(node.id);
    }
    for (const old of stories()) {
      if (page.getElementById(old.id)) continue;
      gone.push(title(old));
      if (!boxes(old).some(unsaved)) remove(old);
    }
    for (const id of ["progress", "broken", "week"]) {
      const old = document.getElementById(id), now = page.getElementById(id);
      if (old.innerHTML !== now.innerHTML && old !== document.activeElement) old.innerHTML = now.innerHTML;
    }
    const words = [many(added, "New"), many(changed, "Changed on the disk"), many(gone, "No longer there")].filter(Boolean).join(" · ");
    if (words) showMessage(words + (isLate ? ". What you are typing stays" : ""));
  };

  // Saves one after the other: each sees the file as the one before has left it.
  let queue = Promise.resolve(), saving = 0;
  const save = (form, set = "") => {
    const id = (form.closest("article, aside") || {}).id;
    document.body.dataset.saving = ++saving;
    begun++;
    queue = queue.then(async () => {
      const own = id ? one("form", document.getElementById(id) || document.createElement("p")) : form;
      if (!own) return;
      const sent = {};
      for (const [name, value] of new FormData(own)) {
        const box = own.elements[name];
        if (!box.dataset || !box.dataset.box || unsaved(box)) sent[name] = value.replaceAll("\r\n", "\n");
      }
      if (set) sent.set = set;
      try {
        const response = await fetch(form.getAttribute("action"), {
          method: "POST", body: new URLSearchParams(sent), headers: { Accept: "application/json" },
        });
        show(await response.json(), sent, id);
      } catch (error) {
        showMessage("Not saved: the preview does not answer. What you typed stays here.", true);
      }
    }).finally(() => { if (!--saving) delete document.body.dataset.saving; });
  };

  let current = null;
  const place = () => { if (current) history.replaceState(null, "", `#${current}`); }; // a reload comes back here
  const choose = (story, focus = true) => {
    if (!story) return;
    for (const other of all(".current")) other.classList.remove("current");
    current = story.id;
    story.classList.add("current");
    if (document.readyState === "complete") place();
    if (!focus) return;
    story.focus({ preventScroll: true });
    story.scrollIntoView({ block: "start" });
  };
  const chosen = () => (current && document.getElementById(current)) || null;
  const go = (by) => {
    const found = stories(), at = found.indexOf(chosen());
    choose(found[at < 0 ? 0 : Math.min(Math.max(at + by, 0), found.length - 1)]);
  };

  const press = (story, what) => {
    const button = story && one(what, story);
    if (button) save(button.form, button.value);
    return button;
  };
  const write = (story, what) => {
    const box = story && one(`[data-box="${what}"]`, story);
    if (!box) return;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  };
  const digit = (event, story, number) => {
    const button = story && one(`[data-digit="${number}"]`, story);
    if (button) save(button.form, event.shiftKey ? `main=${button.value.slice("theme=+".length)}` : button.value);
  };
  const actions = {
    j: (story) => {
      if (story && !story.matches(".done")) press(story, '[data-act="reviewed"]');
      go(1);
    },
    k: () => go(-1),
    n: (story) => write(story, "note"),
    t: (story) => write(story, "theme"),
    l: (story) => press(story, '[data-act="lead"]'),
    h: (story) => {
      const button = press(story, '[data-act="hide"]');
      if (button && button.value === "hide=true") go(1);
    },
    d: (story) => press(story, '[data-act="draft"]'),
    a: (story) => {
      if (!press(story, '[data-act="also"]')) showMessage("No story seems to report the same event. You can name its file under “Headline, corrections, same event, week”");
    },
    o: (story) => { const link = story && one("a.source", story); if (link) link.click(); },
    u: () => save(one("#undo").form),
    "?": () => { one("#keys").open = !one("#keys").open; },
  };

  addEventListener("keydown", (event) => {
    const story = chosen(), typing = isText(event.target);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && typing && event.target.closest("[data-save]")) {
      event.preventDefault();
      save(event.target.form);
      if (event.target.closest("article")) go(1);
      return;
    }
    if (event.key === "Escape") {
      one("#keys").open = false;
      if (typing) (event.target.closest("article") || document.body).focus({ preventScroll: true });
      if (typing) event.target.blur();
      return;
    }
    if (typing || !one("#keys-on").checked || event.ctrlKey || event.metaKey || event.altKey) return;
    // The row of digits by its keys: on some keyboards, such as AZERTY, it types digits only with Shift.
    const number = (/^(?:Digit)?([1-9])$/.exec(/^Digit/.test(event.code) ? event.code : event.key) || [])[1];
    if (!number && !actions[event.key]) return;
    event.preventDefault();
    if (number) digit(event, story, number); else actions[event.key](story);
  });

  addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (!form.matches("[data-save]")) return;
    event.preventDefault();
    const body = one("#letter-body");
    if (button && button.dataset.link && body && !body.matches(":disabled")) {
      body.setRangeText(button.dataset.link, body.selectionStart, body.selectionEnd, "end");
      body.dispatchEvent(new Event("input", { bubbles: true }));
      showMessage("The link is in the letter, which is not saved yet");
      return;
    }
    const box = document.activeElement;
    if (box && box.matches('[data-box="theme"]')) form.closest("article").focus({ preventScroll: true });
    save(form, button ? button.value : "");
  });

  let waiting = 0;
  addEventListener("input", (event) => {
    const box = event.target;
    if (!box.dataset || !box.dataset.box) return;
    keep(box);
    if (box.id !== "letter-body") return;
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const values = { token: one("[name=token]").value, at: one("[name=at]").value, body: box.value };
      const response = await fetch("/_desk/preview", { method: "POST", body: new URLSearchParams(values), headers: { Accept: "application/json" } }).catch(() => null);
      const reply = response && response.ok ? await response.json() : null;
      if (reply && one("#letter .preview")) one("#letter .preview").innerHTML = reply.html;
    }, 400);
  });
  addEventListener("focusout", () => { if (isLate) later(300); });
  addEventListener("focusin", (event) => {
    const story = event.target.closest && event.target.closest("article");
    if (story && story.id !== current) choose(story, false);
  });
  addEventListener("beforeunload", (event) => { if (boxes(document).some(unsaved)) event.preventDefault(); });

  // Speech input types single letters, too: so the keys can be turned off.
  const isOn = one("#keys-on");
  try { isOn.checked = localStorage.getItem("digest-desk keys") !== "off"; } catch { /* storage is disabled */ }
  isOn.addEventListener("change", () => { try { localStorage.setItem("digest-desk keys", isOn.checked ? "on" : "off"); } catch { /* same */ } });

  addEventListener("load", () => setTimeout(place)); // earlier, the browser would scroll there

  // Listens to the builds of the preview, as its pages do; a hidden page does not, since a browser has few connections.
  let stream = null, build = "";
  const rest = () => { if (stream) stream.close(); stream = null; };
  const listen = () => {
    if (stream || document.hidden) return;
    stream = new EventSource(document.body.dataset.events);
    stream.onmessage = ({ data }) => { if (data !== build) later(300); build = data; };
    stream.onerror = () => { if (stream && stream.readyState === 2) { rest(); setTimeout(listen, 1000); } };
  };
  document.addEventListener("visibilitychange", () => { if (document.hidden) rest(); else listen(); });
  addEventListener("pagehide", rest);
  addEventListener("pageshow", listen);

  [...stories(), one("#letter")].forEach(note);
  boxes(document).forEach(recall);
  const named = document.getElementById(location.hash.slice(1));
  choose(named || stories()[0], Boolean(named));
})();
