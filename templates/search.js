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
// What belongs to a word that is marked: also the vowels and accents of its letters, and the signs of `C++`, `C#` and `$5bn`.
const PART = /[\p{L}\p{N}\p{M}\p{Sc}+#]/u;

// A word, and what is before and after its letters; by index, since a pattern for its end takes time that grows with the square of its length.
function parted(word, letter) {
  const signs = [...word];
  const start = signs.findIndex((sign) => letter.test(sign));
  if (start < 0) return [word, "", ""];
  let end = signs.length;
  while (!letter.test(signs[end - 1])) end -= 1;
  return [signs.slice(0, start), signs.slice(start, end), signs.slice(end)].map((part) => part.join(""));
}

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

const NOTE_END = "\u241e";
// In a text that is cut, its own spaces are marked: the index has one between all its letters.
const SPACE = "\u2420";
const uncut = (text) => text.replace(/\u241e\s?|[\u200a\u200b]/g, "");

// The index has words without symbols: `$5bn` stands there as `5bn`, `N+1` as `n1`. Such a word, and one with a digit, must be there as it is.
function terms(q) {
  const phrases = new Map(), plain = [];
  for (const [whole, quoted] of q.matchAll(/"([^"]*)"?|[^\s"]+/g)) {
    const bare = (quoted ?? whole).replace(/[\p{S}\p{C}]/gu, "");
    const words = cut(bare);
    if (!LETTER.test(words)) continue;
    if (quoted !== undefined || bare !== whole || /[ \p{N}]/u.test(words)) phrases.set(words, quoted ?? whole);
    else plain.push(words);
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
  lacking.push(...words.filter((_, at) => !rows[at].some(Boolean)));
  return years.filter((_, at) => rows.every((row) => row[at]));
}

function plainly(text) {
  const known = uncut(text).normalize("NFD").replace(/[\p{M}\p{S}\p{C}]/gu, "").toLowerCase();
  const words = known.replace(/[’']s(?!\p{L})/gu, "").replace(/[\p{Pd}/]/gu, " ").split(/\s+/);
  return words.map((word) => parted(word, LETTER)[1]).filter(Boolean).join(" ");
}

function has({ content, meta: { title, said_by } }, words) {
  const texts = [content, title, said_by].map(plainly);
  if (UNSPACED.test(words)) return texts.some((text) => text.replaceAll(" ", "").includes(plainly(words).replaceAll(" ", "")));
  return texts.some((text) => ` ${text} `.includes(` ${plainly(words)} `));
}

async function answered({ q, theme, year }) {
  const all = await load();
  // Pages have no year, and only stories have days by which they can be listed.
  const kind = { any: q ? ["story", "letter", ...(year ? [] : ["page"])] : ["story"] };
  const ask = async (words, some, sort = {}) =>
    some.length ? (await all.search(words, { filters: { kind, year: { any: some }, ...(theme && { theme }) }, sort })).results : [];
  const among = years.filter((one) => !year || one === year);
  if (!q) return ask(null, among, { at: "desc" });
  const { phrases, plain } = terms(q);
  lacking = [];
  const questions = [...phrases.keys()].map((words) => ask(`"${words}"`, among));
  for (const [at, [words, typed]] of [...phrases].entries()) {
    if (!(await questions[at]).length && !(await all.search(`"${words}"`)).results.length) lacking.push(typed);
  }
  if (plain.length) {
    const known = await having(all, plain);
    questions.unshift(ask(plain.join(" "), among.filter((one) => known.includes(one))));
  }
  const [first = [], ...others] = await Promise.all(questions);
  const ids = others.map((results) => new Set(results.map(({ id }) => id)));
  const results = first.filter(({ id }) => ids.every((one) => one.has(id)));
  if (!phrases.size) return results;
  // Pagefind takes other forms of a word, and `200` for a part of `H200`.
  const stories = await Promise.all(results.map((result) => result.data()));
  return results.filter((_, at) => [...phrases.keys()].every((words) => has(stories[at], words)));
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

// The index has a word with the signs around it, such as `Nvidia,` and `“chips”`.
function highlighted(word) {
  const [before, letters, after] = parted(word, PART);
  return letters ? [before, show("mark", letters), after] : [show("mark", word)];
}

function passage(parts) {
  const words = document.createElement("p");
  words.className = "passage";
  words.dir = "auto";
  words.append(...parts);
  return words;
}

// The note, whole; and if none of the words are in it, what Pagefind has cut out around them.
function passages({ excerpt, content, locations, filters: { kind: [kind] } }) {
  const isCut = UNSPACED.test(content);
  const readable = (text) => (isCut ? uncut(text).replace(/\s+/g, "").replaceAll(SPACE, " ") : uncut(text));
  const all = content.split(/\s+/);
  const end = all.findIndex((word) => word.includes(NOTE_END));
  const note = kind === "story" ? all.slice(0, end < 0 ? all.length : end) : [];
  const hits = new Set(locations);
  const parts = note.flatMap((word, at) => [at && !isCut ? " " : "", ...(hits.has(at) ? highlighted(readable(word)) : [readable(word)])]);
  const whole = note.length ? [passage(parts)] : [];
  if (note.length && (!hits.size || locations.some((at) => at < note.length))) return whole;
  const plain = (part) => readable(part).replaceAll("&lt;", "<").replaceAll("&gt;", ">");
  const words = passage(excerpt.split(/<mark>(.*?)<\/mark>/s).flatMap((part, at) => (at % 2 ? highlighted(plain(part)) : [plain(part)])));
  const shown = words.textContent.trim();
  if (!readable(content).trim().startsWith(shown)) words.prepend("… ");
  if (!readable(content).trim().endsWith(shown)) words.append(" …");
  return [...whole, words];
}

// A theme's title has its colour, as on every other page.
function themes(ids) {
  const chips = document.createElement("ul");
  chips.className = "chips";
  for (const id of ids) {
    const option = [...form.elements.theme?.options ?? []].find(({ value }) => value === id);
    if (!option) continue;
    const [item, link] = [document.createElement("li"), show("a", option.textContent)];
    link.className = option.className;
    link.href = `${base}themes/${encodeURIComponent(id)}/`;
    item.append(link);
    chips.append(item);
  }
  return chips;
}

function line(story) {
  const [row, heading, link, details] = ["li", "h3", "a", "p"].map((name) => document.createElement(name));
  const { said_by, day } = story.meta;
  const [, ...date] = /^(\d{4})(\d\d)(\d\d)$/.exec(day) ?? [];
  const written = date.length ? new Date(date.join("-")).toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" }) : "";
  const title = uncut(story.meta.title).replaceAll(SPACE, "");
  link.href = story.url;
  link.append(title);
  heading.dir = "auto";
  heading.append(link);
  details.className = "details";
  details.append(show("span", said_by));
  if (written) {
    const when = show("time", written);
    when.dateTime = date.join("-");
    details.append(" ", when);
  }
  row.append(heading, details);
  row.append(...passages(story).filter((words) => words.textContent.trim() !== title));
  if (story.filters.theme && !story.filters.kind.includes("page")) row.append(themes(story.filters.theme));
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

function said(number) {
  const { q } = Object.fromEntries(asked());
  if (number === 0 && lacking.length) return `Nothing has ${lacking.map((word) => `“${word}”`).join(" or ")}. Check the spelling, or browse the archive and the themes.`;
  if (number === 0) return "Nothing matches all of this. Try fewer words, or another theme or year.";
  const [one, many] = q ? ["result", "results"] : ["story", "stories"];
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

async function search() {
  const mine = ++turn;
  const any = asked().size > 0;
  if (any && !index) status.textContent = "Searching …";
  try {
    const results = any ? await answered(Object.fromEntries(asked())) : [];
    if (mine !== turn) return;
    [found, shown] = [results, 0];
    if (found.length) await continued();
    else list.replaceChildren();
    if (mine !== turn) return;
    more.hidden = shown >= found.length;
    status.textContent = any ? said(found.length) : "";
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
