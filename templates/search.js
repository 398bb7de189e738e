{# search.js: the script of the search page, which asks Pagefind and shows what it finds; it builds no HTML out of text. Receives nothing. #}
const AT_ONCE = 20;
const WAIT = 150;
const base = new URL("../", import.meta.url).pathname;
const [form, status, list, more] = ["_search", "_status", "_stories", "_more"].map((id) => document.getElementById(id));
const years = [...form.elements.year.options].map((option) => option.value).filter(Boolean);
const { program } = form.dataset;
const fetched = window.fetch;
let index, found = [], shown = 0, turn = 0, lacking = [], waiting;

// Pagefind fetches the other half of its program itself, which must be of the same version.
window.fetch = (address, ...rest) => fetched(/\/wasm\.[^/?]+$/.test(address) ? `${address}?v=${program}` : address, ...rest);

async function opened() {
  const [newest, ...older] = years.map((year) => [year, new URL(`pagefind/${year}/`, import.meta.url).pathname]);
  const { createInstance } = await import(`${newest[1]}pagefind.js?v=${program}`);
  const all = createInstance({ baseUrl: base, noWorker: true, mergeFilter: { year: newest[0] } });
  await Promise.all(older.map(([year, place]) => all.mergeIndex(place, { baseUrl: base, mergeFilter: { year } })));
  return all;
}

function load() {
  index ??= opened();
  return index;
}

// Letters of scripts without spaces between words: each stands alone in the index, so they are asked for as a phrase.
const UNSPACED = /(?=[\p{L}\p{N}])[\u0e01-\u0e5b\u0e81-\u0edf\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9f\u{20000}-\u{3ffff}]/u;
const LETTER = /[\p{L}\p{N}]/u;

function cut(words) {
  let parts = "", last = "";
  for (const sign of words.normalize("NFC")) {
    if (LETTER.test(sign)) {
      if (last && (UNSPACED.test(last) || UNSPACED.test(sign))) parts += " ";
      last = sign;
    } else if (/\s/.test(sign)) last = "";
    parts += sign;
  }
  return parts;
}

const uncut = (text) => text.replace(/[\u200a\u200b]/g, "");

// The index has words without symbols: `$5bn` stands there as `5bn`, `N+1` as `n1`; such a word, and a number, is asked for as a whole.
function terms(q) {
  const phrases = [], plain = [];
  for (const [whole, quoted] of q.matchAll(/"([^"]*)"?|[^\s"]+/g)) {
    const bare = (quoted ?? whole).replace(/[\p{S}\p{C}]/gu, "");
    const words = cut(bare);
    if (!LETTER.test(words)) continue;
    (quoted !== undefined || bare !== whole || words.includes(" ") || /^\p{N}+$/u.test(words) ? phrases : plain).push(words);
  }
  return { phrases, plain };
}

// Where no word begins with the one asked for, Pagefind takes a shorter one. It counts only if it shares four letters and
// three quarters of the word.
const fold = (word) => word.normalize("NFD").replace(/[^\p{L}\p{N}]/gu, "").toLowerCase();

function near(word, other) {
  const [one, two] = [[...fold(word)], fold(other)];
  const different = one.findIndex((letter, at) => letter !== two[at]);
  return different < 0 || different >= Math.max(4, Math.ceil(one.length * 0.75));
}

async function hasLike(all, word, year) {
  const [best] = (await all.search(word, { filters: { year } })).results;
  const marked = best ? [...(await best.data()).excerpt.matchAll(/<mark>(.*?)<\/mark>/gs)] : [];
  return marked.some(([, other]) => near(word, other));
}

// Which years have all words, and which words no year has: Pagefind would leave these out.
async function having(all, words) {
  const rows = await Promise.all(words.map(async (word) => {
    const exact = await all.search(`"${word}"`);
    const counts = exact.results.length ? exact.filters.year : {};
    return Promise.all(years.map((year) => counts[year] || hasLike(all, word, year)));
  }));
  lacking = words.filter((_, at) => !rows[at].some(Boolean));
  return years.filter((_, at) => rows.every((row) => row[at]));
}

async function answered({ q, theme, year }) {
  const all = await load();
  const ask = async (words, some, sort = {}) =>
    some.length ? (await all.search(words, { filters: { year: { any: some }, ...(theme && { theme }) }, sort })).results : [];
  const among = years.filter((one) => !year || one === year);
  if (!q) return ask(null, among, { at: "desc" });
  const { phrases, plain } = terms(q);
  lacking = [];
  const questions = phrases.map((words) => ask(`"${words}"`, among));
  if (plain.length) {
    const known = await having(all, plain);
    questions.unshift(ask(plain.join(" "), among.filter((one) => known.includes(one))));
  }
  const [first = [], ...others] = await Promise.all(questions);
  const ids = others.map((results) => new Set(results.map(({ id }) => id)));
  return first.filter(({ id }) => ids.every((one) => one.has(id)));
}

function asked() {
  const filled = [...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value);
  return new Map(filled);
}

function show(element, words) {
  const made = document.createElement(element);
  made.append(words);
  return made;
}

function passage({ excerpt, content }) {
  const words = document.createElement("p");
  const plain = (part) => uncut(part).replaceAll("&lt;", "<").replaceAll("&gt;", ">");
  words.className = "passage";
  words.dir = "auto";
  excerpt.split(/<mark>(.*?)<\/mark>/s).forEach((part, at) => words.append(at % 2 ? show("mark", plain(part)) : plain(part)));
  const shown = words.textContent.trim();
  const whole = uncut(content);
  if (!whole.startsWith(shown)) words.prepend("… ");
  if (!whole.endsWith(shown)) words.append(" …");
  return words;
}

function line(story) {
  const [row, heading, link, details] = ["li", "h3", "a", "p"].map((name) => document.createElement(name));
  const { said_by, day } = story.meta;
  const title = uncut(story.meta.title);
  link.href = story.url;
  link.append(title);
  heading.dir = "auto";
  heading.append(link);
  details.className = "details";
  details.append(show("span", said_by), " ", show("span", day));
  row.append(heading, details);
  const words = passage(story);
  if (words.textContent.trim() !== title) row.append(words);
  return row;
}

async function continued() {
  const mine = turn;
  const next = found.slice(shown, shown + AT_ONCE);
  const stories = await Promise.all(next.map((result) => result.data()));
  if (mine !== turn) return null;
  const rows = stories.map(line);
  if (!shown) list.replaceChildren();
  list.append(...rows);
  shown += rows.length;
  more.hidden = shown >= found.length;
  return rows[0];
}

function said(number, any) {
  if (!any) return "";
  if (number === 0 && lacking.length) return `Nothing has ${lacking.map((word) => `“${word}”`).join(" or ")}. Check the spelling, or browse the archive and the themes.`;
  if (number === 0) return "No story matches all of this. Try fewer words, or another theme or year.";
  return number === 1 ? "1 story" : `${number.toLocaleString("en")} stories`;
}

async function search() {
  const mine = ++turn;
  const any = asked().size > 0;
  try {
    const results = any ? await answered(Object.fromEntries(asked())) : [];
    if (mine !== turn) return;
    [found, shown] = [results, 0];
    if (found.length) await continued();
    else list.replaceChildren();
    if (mine !== turn) return;
    more.hidden = shown >= found.length;
    status.textContent = said(found.length, any);
  } catch {
    index = undefined;
    list.replaceChildren();
    more.hidden = true;
    status.textContent = "Search could not be loaded. Reload this page, or look through the archive.";
    
  }
}

function remembered() {
  const words = new URLSearchParams(location.search);
  for (const field of form.elements) if (field.name) field.value = words.get(field.name) ?? "";
  for (const field of form.elements) if (field.tagName === "SELECT" && field.selectedIndex < 0) field.value = "";
  search();
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const words = new URLSearchParams([...asked()]).toString();
    history.replaceState(null, "", words ? `?${words}` : location.pathname);
    search();
  }, WAIT);
}

form.addEventListener("input", soon);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  soon();
});
form.addEventListener("focusin", () => load().catch(() => {}), { once: true });
more.addEventListener("click", async () => (await continued())?.querySelector("a").focus());
addEventListener("popstate", remembered);
remembered();
