// The digest's pages by Eleventy. Stories have no page of their own; the collections below are what templates page through.
const newestFirst = (a, b) => b.date - a.date;

function grouped(stories, key) {
  const groups = new Map();
  for (const story of stories) {
    for (const name of [story.data[key]].flat()) {
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(story);
    }
  }
  return groups;
}

export default function (config) {
  const stories = (api) => api.getFilteredByGlob("content/2*/**/2*.md").sort(newestFirst);
  const texts = (api, glob, key) => new Map(api.getFilteredByGlob(glob).map((one) => [one.data[key], one]));
  config.addCollection("stories", stories);
  config.addCollection("weeks", (api) => {
    const letters = texts(api, "content/2*/**/letter.md", "week");
    const weeks = [...grouped(stories(api), "week")].sort(([a], [b]) => (a < b ? 1 : -1));
    return weeks.map(([folder, found], at) => {
      const [year, number] = folder.split("/w");
      const label = `Week ${Number(number)}, ${year}`;
      return { folder, label, stories: found, letter: letters.get(folder), newer: weeks[at - 1]?.[0], older: weeks[at + 1]?.[0] };
    });
  });
  config.addCollection("themes", (api) => {
    const introductions = texts(api, "content/themes/*.md", "theme");
    return [...grouped(stories(api), "themes")].sort().map(([id, found]) => {
      const introduction = introductions.get(id);
      return { id, title: introduction.data.title, introduction, stories: found };
    });
  });
  config.addCollection("themePages", (api) => {
    const pages = [];
    for (const [id, found] of grouped(stories(api), "themes")) {
      for (let at = 0; at < found.length; at += 100) {
        const number = at / 100 + 1;
        pages.push({ id, number, of: Math.ceil(found.length / 100), count: found.length, stories: found.slice(at, at + 100) });
      }
    }
    return pages;
  });
  config.addGlobalData("site", { title: "@TITLE@", url: "@URL@", base: new URL("@URL@").pathname });
  return { dir: { input: ".", output: "public" }, markdownTemplateEngine: false };
}
