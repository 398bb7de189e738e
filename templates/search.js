{# search.js: the script of the search page, which asks Pagefind and shows what it finds; it builds no HTML out of text. Receives nothing. #}
const AT_ONCE = 20;
const WAIT = 150;
const base = new URL("../", import.meta.url).pathname;
const [form, status, list, more] = ["_search", "_status", "_stories", "_more"].map((id) => document.getElementById(id));
const years = [...form.elements.year.options].map((option) => option.value).filter(Boolean);
let index, found = [], shown = 0, turn = 0, waiting;

async function opened() {
  const [newest, ...older] = years.map((year) => [year, new URL(`pagefind/${year}/`, import.meta.url).pathname]);
  const { createInstance } = await import(`${newest[1]}pagefind.js`);
  const all = createInstance({ baseUrl: base, noWorker: true, mergeFilter: { year: newest[0] } });
  await Promise.all(older.map(([year, place]) => all.mergeIndex(place, { baseUrl: base, mergeFilter: { year } })));
  return all;
}

function load() {
  index ??= opened();
  return index;
}

// Pagefind leaves out a word that a year's index lacks, or takes a shorter one: such a year has nothing to say.
async function having(all, words) {
  const answers = await Promise.all(words.split(/\s+/).map((word) => all.search(`"${word}"`)));
  const known = answers.filter(({ results }) => results.length).map(({ filters }) => filters.year);
  return years.filter((year) => known.every((count) => count[year]));
}

async function answered({ q, theme, year }) {
  const all = await load();
  const among = (q ? await having(all, q) : years).filter((one) => !year || one === year);
  if (!among.length) return [];
  const filters = { year: { any: among }, ...(theme && { theme }) };
  return (await all.search(q ?? null, { filters, sort: q ? {} : { at: "desc" } })).results;
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
  const plain = (part) => part.replaceAll("&lt;", "<").replaceAll("&gt;", ">");
  words.className = "passage";
  words.dir = "auto";
  excerpt.split(/<mark>(.*?)<\/mark>/s).forEach((part, at) => words.append(at % 2 ? show("mark", plain(part)) : plain(part)));
  const shown = words.textContent.trim();
  if (!content.startsWith(shown)) words.prepend("… ");
  if (!content.endsWith(shown)) words.append(" …");
  return words;
}

function line(story) {
  const [row, heading, link, details] = ["li", "h3", "a", "p"].map((name) => document.createElement(name));
  const { title, said_by, day } = story.meta;
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
  if (number === 0) return "No story has all of this. Fewer words, or another theme or year, may find one.";
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
